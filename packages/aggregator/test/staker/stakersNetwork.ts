/**
 * The contracts on anvil with three nodes, and agents over HTTP that are right about them: payable roots, claims that
 * the nodes sign. For tests of what stakers do. The agents' servers end with `stopServers`.
 */
import { RewardsContract as Rewards, type RewardsContract } from "@quorate/client";
import {
  type Address,
  type Bundle,
  buildBundle,
  buildRewardsTree,
  type ClaimView,
  digestOf,
  parseAddress,
  Signers,
} from "@quorate/common";
import { send, signAsOne, type TestNetwork } from "@quorate/contracts/testing";
import { HDNodeWallet } from "ethers";
import type { ProofAnswer } from "../../src/driver/ports.ts";
import { startAnvilNetwork } from "../support/anvilNetwork.ts";
import type { TestChain } from "../support/chain.ts";
import { READY, serve, type TestAgent, testAgent } from "../support/httpServer.ts";

const MNEMONIC = "test test test test test test test test test test test junk";
const EPOCH_SECONDS = 3_600;
const NODES = 3;

/** Somebody else in every tree. */
export const OTHER: Address = parseAddress(`0x${"55".repeat(20)}`);

/** Anvil's account `index`; 0 owns the contracts, 1 operates the nodes. */
export const walletOf = (index: number): HDNodeWallet =>
  HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`);

export const addressOf = (index: number): Address => parseAddress(walletOf(index).address);

/** What an agent is made to answer about one recipient. */
export interface Answers {
  readonly proof?: ProofAnswer | null;
  readonly claim?: ClaimView | null;
  readonly earned?: bigint;
}

export class StakersNetwork {
  readonly chain: TestChain;
  readonly network: TestNetwork;
  readonly contract: RewardsContract;
  #nextRoot = 0;

  private constructor(chain: TestChain, network: TestNetwork, contract: RewardsContract) {
    this.chain = chain;
    this.network = network;
    this.contract = contract;
  }

  static async start(): Promise<StakersNetwork> {
    const { chain, network } = await startAnvilNetwork(NODES);
    const contract = await Rewards.connect(chain.url, parseAddress(network.deployment.rewards));
    return new StakersNetwork(chain, network, contract);
  }

  async stop(): Promise<void> {
    this.contract.close();
    await this.chain.stop();
  }

  get rewards(): Address {
    return this.contract.domain.verifyingContract;
  }

  /** Atomic units of the token. */
  balanceOf(address: Address): Promise<bigint> {
    return this.network.token.getFunction("balanceOf")(address);
  }

  async now(): Promise<number> {
    const { timestamp } = (await this.chain.rpc("eth_getBlockByNumber", "latest", false)) as { timestamp: string };
    return Number(timestamp);
  }

  async passTime(seconds: number): Promise<void> {
    await this.chain.rpc("evm_setNextBlockTimestamp", (await this.now()) + seconds);
    await this.chain.mine(1);
  }

  /**
   * Lets the running epoch end and records its root, signed by all: it becomes payable. What an honest agent answers
   * about it.
   */
  async record(recipient: Address, amount: bigint): Promise<ProofAnswer> {
    await this.passTime(EPOCH_SECONDS);
    const { rewards, domain, scheme, nodes } = this.network;
    const tree = buildRewardsTree([
      [recipient, amount],
      [OTHER, 1n],
    ]);
    const genesis = Number(await rewards.getFunction("genesis")());
    const epoch = Math.floor(((await this.now()) - genesis) / EPOCH_SECONDS) - 1;
    const report = { epoch, rewardsRoot: tree.root, totalOwed: amount + 1n, activate: [], decommission: [] };
    await send(
      rewards,
      "reportEpoch",
      report,
      signAsOne(scheme, nodes, digestOf(domain, "EpochReport", report)),
      [],
      [],
    );
    const proved = tree.proofOf(recipient);
    if (proved === null) throw new Error("the recipient is in the tree");
    return { recipient, epoch, rootIndex: this.#nextRoot++, rewardsRoot: tree.root, ...proved, distributor: OTHER };
  }

  /** A ready claim whose bundle the nodes have signed; of `signedAmount`, where the bundle is to lie. */
  async signed(recipient: Address, amount: bigint, signedAmount: bigint = amount): Promise<ClaimView> {
    const { scheme, nodes } = this.network;
    const message = { recipient, amount };
    const digest = digestOf(this.contract.domain, "RewardClaim", { recipient, amount: signedAmount });
    const { nodes: views, block } = await this.contract.nodeSet();
    const bundle: Bundle = buildBundle({
      domain: this.contract.domain,
      epoch: READY.epoch,
      message,
      signature: scheme.aggregateSignatures(nodes.map((node) => scheme.sign(node.blsSecret, digest))),
      signers: Signers.of(nodes.map((_, i) => i + 1)),
      nodes: views,
      block,
    });
    return { ...READY, recipient, amount, bundle };
  }

  /** An agent that answers this about the recipient; null: it has nothing. */
  agent(recipient: Address, { proof = null, claim = null, earned }: Answers): TestAgent {
    const agent = testAgent();
    const { chainId, verifyingContract } = this.contract.domain;
    const amount = earned ?? claim?.amount ?? proof?.amount;
    Object.assign(agent.api, {
      network: { chainId: String(chainId), contract: verifyingContract },
      proof: async () => proof,
      owed: (asked: Address) => (asked === recipient && amount !== undefined ? { epoch: 3, amount } : null),
      claim: () => claim,
    });
    if (claim !== null) agent.reply = { ok: true, claim };
    return agent;
  }

  /** The URL of such an agent. */
  serve(recipient: Address, answers: Answers): Promise<string> {
    return serve(this.agent(recipient, answers));
  }
}
