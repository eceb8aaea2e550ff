/**
 * What commands read from the contracts and send to them: the node set, `verify`, registration, reward updates, claims.
 * Enters: a provider, addresses, and for sending an account. Leaves: checked values and receipts; a revert becomes TRANSACTION_REVERTED with the contract's own
 * error, before any gas is spent (every call is simulated first). Not its job: following events (follower.ts).
 */
import {
  type Address,
  deriveIdLists,
  digestOf,
  type ErrorCode,
  fromHex,
  g1FromEip2537,
  g1Struct,
  g2Struct,
  type Hex,
  type IdLists,
  isQuorateError,
  type NodeId,
  type NodeState,
  type NodeView,
  type Possession,
  parseAddress,
  quorateError,
  type RewardClaim,
  rewardsDistributorAbi,
  type SignedStake,
  type Signers,
  type SigningDomain,
  serviceNodeRewardsAbi,
  sessionTokenAbi,
  stakeSigned,
  toHex,
} from "@quorate/common";
import {
  Contract,
  type ContractTransactionReceipt,
  concat,
  FetchRequest,
  isError,
  JsonRpcProvider,
  type Signer,
  Wallet,
} from "ethers";
import { parseRevert, revertText } from "./reverts.ts";

/** Node records asked for at once; ethers sends them as one batch. */
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

/** A claim as it stands on chain, lists derived from the node set just read. */
export interface VerifiedClaim {
  readonly block: ChainBlock;
  readonly lists: IdLists;
  readonly stake: SignedStake;
}

export interface RegistrationRequest {
  readonly possession: Possession;
  readonly beneficiary: Address;
  readonly feeBps: number;
}

export class RewardsContract {
  readonly domain: SigningDomain;
  readonly #provider: JsonRpcProvider;
  readonly #contract: Contract;

  private constructor(domain: SigningDomain, provider: JsonRpcProvider) {
    this.domain = domain;
    this.#provider = provider;
    this.#contract = new Contract(domain.verifyingContract, serviceNodeRewardsAbi, provider);
  }

  /** @throws CHAIN_PROVIDER_FAILED, CHAIN_NO_CONTRACT */
  static async connect(rpcUrl: string, address: Address, timeoutMs = 10_000): Promise<RewardsContract> {
    const request = new FetchRequest(rpcUrl);
    request.timeout = timeoutMs;
    const provider = new JsonRpcProvider(request, undefined, { staticNetwork: true, cacheTimeout: -1 });
    try {
      const { chainId } = await withTimeout(provider.getNetwork(), timeoutMs);
      if ((await provider.getCode(address)) === "0x") throw quorateError("CHAIN_NO_CONTRACT", { address, chainId });
      return new RewardsContract({ chainId, verifyingContract: address }, provider);
    } catch (cause) {
      provider.destroy();
      if (isQuorateError(cause)) throw cause;
      throw quorateError(
        "CHAIN_PROVIDER_FAILED",
        { provider: new URL(rpcUrl).host, reason: reasonOf(cause) },
        { cause },
      );
    }
  }

  close(): void {
    this.#provider.destroy();
  }

  /** The account of a private key (32 bytes of hex), for the sending functions. */
  account(privateKey: string): Signer {
    return new Wallet(privateKey, this.#provider);
  }

  /** Every node that ever registered, at the latest block: what id lists are derived from (P-102). */
  async nodeSet(): Promise<NodeSet> {
    const latest = await this.#provider.getBlock("latest");
    if (latest?.hash == null) throw quorateError("CHAIN_PROVIDER_FAILED", { reason: "no latest block" });
    const blockTag = latest.number;
    const nextId = Number(await this.#read("nextId", { blockTag }));
    const nodes: NodeView[] = [];
    for (let first = 1; first < nextId; first += NODES_AT_ONCE) {
      const count = Math.min(NODES_AT_ONCE, nextId - first);
      nodes.push(...(await Promise.all(Array.from({ length: count }, (_, i) => this.#node(first + i, blockTag)))));
    }
    return { block: { number: latest.number, hash: latest.hash as Hex }, nodes };
  }

  /** Asks the contract's `verify` with lists derived anew (P-101). @throws TRANSACTION_REVERTED when the signature does not hold */
  async verifyClaim(message: RewardClaim, signature: Uint8Array, signers: Signers): Promise<VerifiedClaim> {
    const { block, nodes } = await this.nodeSet();
    const lists = deriveIdLists(signers, nodes);
    const digest = digestOf(this.domain, "RewardClaim", message);
    const overrides = { blockTag: block.number };
    await this.#read("verify", digest, g2Struct(signature), lists.nonSigners, lists.extraSigners, overrides);
    return { block, lists, stake: stakeSigned(signers, nodes) };
  }

  /** Registers a node with the account's own tokens, approving them first. Returns its id. */
  async register(
    account: Signer,
    request: RegistrationRequest,
  ): Promise<{ readonly id: NodeId; readonly receipt: ContractTransactionReceipt }> {
    const operator = parseAddress(await account.getAddress());
    const stake = (await this.#read("stakingRequirement")) as bigint;
    await this.#approve(account, stake);
    const { blsKey, proofOfPossession, identityKey, identitySignature } = request.possession;
    const registration = {
      blsKey: g1Struct(blsKey),
      proofOfPossession: g2Struct(proofOfPossession),
      identityKey: toHex(identityKey),
      identitySignature: [toHex(identitySignature.slice(0, 32)), toHex(identitySignature.slice(32))],
      feeBps: request.feeBps,
    };
    const contributors = [{ addr: operator, beneficiary: request.beneficiary, stake }];
    const receipt = await this.#send(account, "addBLSPublicKey", registration, contributors);
    const id = Number(await this.#read("nodeIdOf", registration.blsKey));
    return { id, receipt };
  }

  /** Submits a claim with lists derived right now, whatever block the bundle was made at. */
  async updateRewardsBalance(
    account: Signer,
    message: RewardClaim,
    signature: Uint8Array,
    signers: Signers,
  ): Promise<ContractTransactionReceipt> {
    const lists = deriveIdLists(signers, (await this.nodeSet()).nodes);
    return this.#send(
      account,
      "updateRewardsBalance",
      message.recipient,
      message.amount,
      g2Struct(signature),
      lists.nonSigners,
      lists.extraSigners,
    );
  }

  /** Pays the account what it may claim, by the distributor: to ask the rewards contract to ask it would cost more. */
  async claimRewards(account: Signer): Promise<ContractTransactionReceipt> {
    return send(new Contract(await this.distributor(), rewardsDistributorAbi, account), "claimRewards()", []);
  }

  /** Where rewards are paid from; it never changes. */
  async distributor(): Promise<Address> {
    return parseAddress((await this.#read("distributor")) as string);
  }

  /** A payable root by its number (P-40). @throws TRANSACTION_REVERTED with RootNotValid when it is not one of the last 8 */
  async payableRoot(rootIndex: number): Promise<Hex> {
    const contract = new Contract(await this.distributor(), rewardsDistributorAbi, this.#provider);
    return (await coded(() => contract.getFunction("payableRoot")(rootIndex))) as Hex;
  }

  /** The reward pool that this contract is paid from. */
  async pool(): Promise<Address> {
    return parseAddress((await this.#read("pool")) as string);
  }

  /** What a recipient has earned so far as the chain knows, by signature or by proof, and what of it was paid. */
  async recipient(address: Address): Promise<{ readonly lifetime: bigint; readonly claimed: bigint }> {
    const [lifetime, claimed] = (await this.#read("recipients", address)) as [bigint, bigint];
    return { lifetime, claimed };
  }

  async #approve(account: Signer, stake: bigint): Promise<void> {
    const token = new Contract((await this.#read("token")) as string, sessionTokenAbi, account);
    const spender = this.domain.verifyingContract;
    const allowance = (await coded(() => token.getFunction("allowance")(account.getAddress(), spender))) as bigint;
    if (allowance >= stake) return;
    await send(token, "approve", [spender, stake]);
  }

  async #node(id: NodeId, blockTag: number): Promise<NodeView> {
    const record = (await this.#read("node", id, { blockTag })) as {
      state: bigint;
      silent: boolean;
      stake: bigint;
      blsKey: [string, string, string, string];
    };
    const state = NODE_STATES[Number(record.state)] ?? null;
    if (state === null) throw quorateError("CHAIN_EVENT_INVALID", { node: id, state: record.state });
    const { silent, stake, blsKey } = record;
    return { id, state, silent, stake, blsKey: g1FromEip2537(fromHex(concat(blsKey))) };
  }

  #read(name: string, ...args: unknown[]): Promise<unknown> {
    return coded(() => this.#contract.getFunction(name)(...args));
  }

  #send(account: Signer, name: string, ...args: unknown[]): Promise<ContractTransactionReceipt> {
    return send(this.#contract.connect(account) as Contract, name, args);
  }
}

/** Simulates, sends, waits. @throws TRANSACTION_REVERTED, TRANSACTION_FAILED */
async function send(contract: Contract, name: string, args: readonly unknown[]): Promise<ContractTransactionReceipt> {
  const call = contract.getFunction(name);
  return coded(async () => {
    await call.staticCall(...args);
    const response = await call.send(...args);
    const receipt = (await response.wait()) as ContractTransactionReceipt | null;
    if (receipt === null) throw quorateError("TRANSACTION_FAILED", { call: name, reason: "no receipt" });
    return receipt;
  });
}

/** ethers' errors as coded ones: a revert with the contract's own error and its values, anything else with ethers' short message. */
async function coded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isQuorateError(cause)) throw cause;
    if (isError(cause, "CALL_EXCEPTION")) {
      const error = revertText(cause.revert ?? parseRevert(cause.data));
      throw quorateError("TRANSACTION_REVERTED", { error, reason: cause.reason ?? undefined }, { cause });
    }
    const code: ErrorCode =
      isError(cause, "NETWORK_ERROR") || isError(cause, "TIMEOUT") ? "CHAIN_PROVIDER_FAILED" : "TRANSACTION_FAILED";
    throw quorateError(code, { reason: reasonOf(cause) }, { cause });
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Error && "shortMessage" in cause) return String(cause.shortMessage);
  return cause instanceof Error ? cause.message : String(cause);
}

/** ethers looks for a network for ever; a command does not. */
function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
