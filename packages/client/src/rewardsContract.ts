/**
 * What commands read from the contracts: the node set, `verify`, what a bundle or a proof would pay now.
 * Enters: providers and an address. Leaves: checked values, all of one block where they belong together; a revert
 * becomes TRANSACTION_REVERTED with the contract's own error, and only data of a revert is one (P-106). Not its job:
 * following events (follower.ts), registration (registration.ts).
 */
import {
  type Address,
  deriveIdLists,
  digestOf,
  distributorInterface,
  fromHex,
  g1FromEip2537,
  g2Struct,
  type Hex,
  type IdLists,
  type NodeId,
  type NodeState,
  type NodeView,
  type ProofContent,
  parseAddress,
  quorateError,
  type RewardClaim,
  rewardsDistributorAbi,
  type SignedStake,
  type Signers,
  type SigningDomain,
  serviceNodeRewardsAbi,
  stakeSigned,
} from "@quorate/common";
import {
  Account,
  type AccountOptions,
  type ChainProviders,
  type ChainProvidersOptions,
  coded,
  parseRevert,
  revertMeaning,
  revertText,
} from "@quorate/common/chain";
import { Contract, concat, type TransactionReceipt } from "ethers";
import { type ChainSource, connectChain } from "./chainSource.ts";
import { claimRewardsCall, proofCall, type ReadyCall } from "./readyCall.ts";
import { type Refusal, refusalOf } from "./refusal.ts";
import { type Registered, type RegistrationRequest, register } from "./registration.ts";
import { send } from "./sending.ts";

export type { Refusal } from "./refusal.ts";
export type { Registered, RegistrationRequest } from "./registration.ts";

/**
 * Node records in one answer: about a kilobyte each, and 20,000 gas of a call that providers bound at tens of
 * millions.
 */
const NODES_AT_ONCE = 64;

/** Order of the contract's `NodeState`. */
const NODE_STATES: readonly (NodeState | null)[] = [null, "pending", "active", "decommissioned", "exited"];

export interface ChainBlock {
  readonly number: number;
  readonly hash: Hex;
}

/** The node set at one block, with that block. */
export interface NodeSet {
  readonly block: ChainBlock;
  readonly nodes: readonly NodeView[];
}

/** What the chain has for a recipient, and what it would do now. Amounts in atomic units. */
export interface Standing {
  readonly lifetime: bigint;
  readonly claimed: bigint;
  /** Whether the amount could be recorded now: by `updateRewardsBalance`, or by `claimWithProof`, which also pays. */
  readonly refusal: Refusal | null;
  /** Whether the recipient could have all of it paid in the same call. */
  readonly payoutRefusal: Refusal | null;
}

/** A claim as it stands on chain at one block, lists derived from the node set just read. */
export interface VerifiedClaim extends Standing {
  readonly block: ChainBlock;
  readonly lists: IdLists;
  readonly stake: SignedStake;
}

/** What all claims together may take, and until when (P-29). Amounts in atomic units. */
export interface ClaimLimit {
  readonly limit: bigint;
  /** Of it, what claims of the running cycle have not taken. */
  readonly left: bigint;
  readonly cycleSeconds: number;
  /** Seconds since 1970, by the chain's clock, from which all of it is free again. */
  readonly resetsAt: number;
}

export type ConnectOptions = Omit<ChainProvidersOptions, "urls">;

export class RewardsContract {
  readonly domain: SigningDomain;
  readonly chain: ChainProviders;
  readonly #contract: Contract;
  #distributor: Address | null = null;

  private constructor(domain: SigningDomain, chain: ChainProviders) {
    this.domain = domain;
    this.chain = chain;
    this.#contract = new Contract(domain.verifyingContract, serviceNodeRewardsAbi, chain);
  }

  /** @throws FLAG_INVALID, CHAIN_PROVIDER_FAILED, CHAIN_WRONG_ID, CHAIN_NO_CONTRACT */
  static async connect(source: ChainSource, address: Address, options: ConnectOptions = {}): Promise<RewardsContract> {
    const chain = await connectChain(source, options);
    const { chainId } = chain;
    try {
      const code = await chain.getCode(address);
      if (code === "0x") throw quorateError("CHAIN_NO_CONTRACT", { address, chainId });
      return new RewardsContract({ chainId, verifyingContract: address }, chain);
    } catch (error) {
      chain.destroy();
      throw error;
    }
  }

  close(): void {
    this.chain.destroy();
  }

  /** The account of a private key (32 bytes of hex), for the sending functions. */
  account(privateKey: string, options: AccountOptions = {}): Account {
    return new Account(this.chain, privateKey, options);
  }

  /** Every node that ever registered, at the latest block: what id lists are derived from (P-102). */
  async nodeSet(): Promise<NodeSet> {
    const latest = await this.chain.getBlock("latest");
    if (latest?.hash == null) throw quorateError("CHAIN_PROVIDER_FAILED", { reason: "no latest block" });
    const at = { blockTag: latest.number };
    const nextId = Number(await this.read("nextId", at));
    const nodes: NodeView[] = [];
    while (nodes.length + 1 < nextId) {
      const first = nodes.length + 1;
      const page = (await this.read("nodes(uint64,uint64)", first, NODES_AT_ONCE, at)) as readonly NodeRecord[];
      if (page.length === 0) throw quorateError("CHAIN_EVENT_INVALID", { node: first, reason: "no record", nextId });
      nodes.push(...page.map((record, i) => nodeOf(first + i, record)));
    }
    return { block: { number: latest.number, hash: latest.hash as Hex }, nodes };
  }

  /**
   * Asks the contract's `verify` with lists derived anew (P-101), and what it would do now if the recipient sent it
   * (P-107). @throws TRANSACTION_REVERTED when the signature does not hold
   */
  async verifyClaim(message: RewardClaim, signature: Uint8Array, signers: Signers): Promise<VerifiedClaim> {
    const { block, nodes } = await this.nodeSet();
    const lists = deriveIdLists(signers, nodes);
    const digest = digestOf(this.domain, "RewardClaim", message);
    const parts = [g2Struct(signature), lists.nonSigners, lists.extraSigners] as const;
    const at = { blockTag: block.number };
    await this.read("verify", digest, ...parts, at);
    const { lifetime, claimed } = await this.recipient(message.recipient, block.number);
    const asRecipient = { ...at, from: message.recipient };
    const refusal = await refusalOf(() =>
      this.read("updateRewardsBalance", message.recipient, message.amount, ...parts, asRecipient),
    );
    const payoutRefusal = await refusalOf(() => this.read("updateAndClaim", message.amount, ...parts, asRecipient));
    return { block, lists, stake: stakeSigned(signers, nodes), lifetime, claimed, refusal, payoutRefusal };
  }

  /** What a proof would do now if the recipient sent it (P-107). */
  async proofStanding(content: ProofContent): Promise<Standing> {
    return this.#callStanding(content.recipient, proofCall(await this.distributor(), content));
  }

  /** What `claimRewards()` would do now if the recipient sent it: it pays what the chain has recorded (P-107). */
  async recordedStanding(recipient: Address): Promise<Standing> {
    return this.#callStanding(recipient, claimRewardsCall(await this.distributor(), recipient));
  }

  async #callStanding(recipient: Address, call: ReadyCall): Promise<Standing> {
    const blockTag = await this.chain.getBlockNumber();
    const { lifetime, claimed } = await this.recipient(recipient, blockTag);
    const refusal = await this.refusal(recipient, call, blockTag);
    return { lifetime, claimed, refusal, payoutRefusal: refusal };
  }

  /** Why a call would be refused if `from` sent it; null where it would not. @throws CHAIN_PROVIDER_FAILED */
  refusal(from: Address, call: ReadyCall, blockTag: number | "latest" = "latest"): Promise<Refusal | null> {
    const { to, data, what } = call;
    return refusalOf(() => coded(() => this.chain.call({ from, to, data, blockTag }), what));
  }

  /** Registers a node with the account's own tokens, approving them first. Returns its id. */
  register(account: Account, request: RegistrationRequest): Promise<Registered> {
    return register(this, account, request);
  }

  /** Submits a claim with lists derived right now, whatever block the bundle was made at. */
  async updateRewardsBalance(
    account: Account,
    message: RewardClaim,
    signature: Uint8Array,
    signers: Signers,
  ): Promise<TransactionReceipt> {
    const lists = deriveIdLists(signers, (await this.nodeSet()).nodes);
    const args = [message.recipient, message.amount, g2Struct(signature), lists.nonSigners, lists.extraSigners];
    return this.send(account, "updateRewardsBalance", args);
  }

  /** Pays the account what it may claim, by the distributor: to ask the rewards contract to ask it would cost more. */
  async claimRewards(account: Account): Promise<TransactionReceipt> {
    return send(new Contract(await this.distributor(), rewardsDistributorAbi, account), "claimRewards()", []);
  }

  /** Where rewards are paid from; it never changes. */
  async distributor(): Promise<Address> {
    this.#distributor ??= parseAddress((await this.read("distributor")) as string);
    return this.#distributor;
  }

  /**
   * A payable root by its number (P-40). @throws TRANSACTION_REVERTED with RootNotValid when it is not one of the
   * last 8
   */
  async payableRoot(rootIndex: number): Promise<Hex> {
    return (await this.#readDistributor("payableRoot", rootIndex)) as Hex;
  }

  /** How many roots have become payable; the last 8 are taken (P-40). */
  async payableRootCount(): Promise<number> {
    return Number(await this.#readDistributor("payableRootCount"));
  }

  /** What stands in the way of a payout of an amount now: a pause, or the limit of the cycle (P-26, P-29). */
  async payoutObstacle(amount: bigint): Promise<Refusal | null> {
    const [isPaused, until, { left }] = await Promise.all([
      this.#readDistributor("paused"),
      this.#readDistributor("pausedUntil"),
      this.claimLimit(),
    ]);
    if (isPaused === true) return describeRefusal("EnforcedPause", [until]);
    return amount > left ? describeRefusal("ClaimLimitExceeded", [amount, left]) : null;
  }

  /** How much of the cycle's limit is left, and when the next cycle begins (P-29). */
  async claimLimit(): Promise<ClaimLimit> {
    const [cycle, block] = await Promise.all([
      this.#readDistributor("claimCycle") as Promise<[bigint, bigint, bigint]>,
      coded(() => this.chain.getBlock("latest"), "eth_getBlockByNumber"),
    ]);
    const [limit, claimed, seconds] = cycle;
    const cycleSeconds = Number(seconds);
    const resetsAt = (Math.floor((block?.timestamp ?? 0) / cycleSeconds) + 1) * cycleSeconds;
    return { limit, left: limit > claimed ? limit - claimed : 0n, cycleSeconds, resetsAt };
  }

  async #readDistributor(name: string, ...args: unknown[]): Promise<unknown> {
    const contract = new Contract(await this.distributor(), rewardsDistributorAbi, this.chain);
    return coded(() => contract.getFunction(name).staticCall(...args), name);
  }

  /** The reward pool that this contract is paid from. */
  async pool(): Promise<Address> {
    return parseAddress((await this.read("pool")) as string);
  }

  /** What a recipient has earned so far as the chain knows, by signature or by proof, and what of it was paid. */
  async recipient(
    address: Address,
    blockTag: number | "latest" = "latest",
  ): Promise<{ readonly lifetime: bigint; readonly claimed: bigint }> {
    const [lifetime, claimed] = (await this.read("recipients", address, { blockTag })) as [bigint, bigint];
    return { lifetime, claimed };
  }

  /** A call that changes nothing. @throws TRANSACTION_REVERTED, CHAIN_PROVIDER_FAILED */
  read(name: string, ...args: unknown[]): Promise<unknown> {
    return coded(() => this.#contract.getFunction(name).staticCall(...args), name);
  }

  /** Sends a call and waits for its receipt. @throws as `send` */
  send(account: Account, name: string, args: readonly unknown[]): Promise<TransactionReceipt> {
    return send(this.#contract.connect(account) as Contract, name, args);
  }
}

interface NodeRecord {
  readonly state: bigint;
  readonly silent: boolean;
  readonly stake: bigint;
  readonly blsKey: readonly string[];
}

function nodeOf(id: NodeId, { state: order, silent, stake, blsKey }: NodeRecord): NodeView {
  const state = NODE_STATES[Number(order)] ?? null;
  if (state === null) throw quorateError("CHAIN_EVENT_INVALID", { node: id, state: order });
  return { id, state, silent, stake, blsKey: g1FromEip2537(fromHex(concat([...blsKey]))) };
}

/** What the distributor would say. */
function describeRefusal(name: string, args: readonly unknown[]): Refusal {
  const revert = parseRevert(distributorInterface().encodeErrorResult(name, [...args]));
  return { error: revertText(revert), meaning: revertMeaning(revert) ?? null };
}
