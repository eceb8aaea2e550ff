/**
 * A handful of real agents in one process for the core's tests: the production `handle`, real BLS and Ed25519,
 * virtual time, gossip by hand. Enters: how many nodes. Leaves: agents, their effects carried out, and what they
 * sent. Faults are the tests' own doing.
 */
import {
  type Address,
  type ChainHead,
  type ClaimReply,
  type ClaimView,
  decodeGossip,
  digestOf,
  encodeGossip,
  type Hex,
  identityKeyOf,
  type NodeId,
  provePossession,
  type Share,
  type SignedClaimRequest,
  type SigningDomain,
  signIdentity,
  toHex,
  verifyIdentity,
} from "@quorate/common";
import { loadNativeScheme, type NativeScheme } from "@quorate/common/bls/native";
import { RewardsTree } from "@quorate/common/rewards-tree";
import { createVerifier } from "../../src/adapters/bls/bls.ts";
import { createAgent } from "../../src/core/agent.ts";
import type { SubmitRules } from "../../src/core/context.ts";
import type { Agent, Effect, Input, PersistRecord, RestoredState } from "../../src/core/io.ts";
import type { ChainEvent } from "../../src/core/ledger/events.ts";

export const GENESIS = 1_700_000_000;
export const EPOCH_SECONDS = 100;
export const STAKE = 25_000n * 10n ** 9n;
export const DOMAIN: SigningDomain = { chainId: 31_337, verifyingContract: `0x${"c0".repeat(20)}` };
export const NOTHING_RESTORED: RestoredState = { ledger: null, signings: [], claims: [], bundles: [] };

export const scheme: NativeScheme = await loadNativeScheme();

export interface TestNode {
  readonly id: NodeId;
  readonly blsSecret: Uint8Array;
  readonly blsKey: Uint8Array;
  readonly identitySecret: Uint8Array;
  readonly identityKey: Hex;
  readonly beneficiary: Address;
  readonly registered: ChainEvent;
}

/** Node `id` with keys that follow from it. */
export function testNode(id: NodeId, seeded = true): TestNode {
  const blsSecret = new Uint8Array(32).fill(0);
  new DataView(blsSecret.buffer).setUint32(28, 1_000 + id);
  const identitySecret = new Uint8Array(32).fill(id);
  const operator: Address = `0x${id.toString(16).padStart(40, "0")}`;
  const possession = provePossession(scheme, DOMAIN, { blsSecret, identitySecret, operator });
  const registered: ChainEvent = {
    type: "node-registered",
    blockNumber: 1,
    logIndex: id,
    timestamp: GENESIS - 10,
    id,
    operator,
    seeded,
    blsKey: toHex(possession.blsKey),
    identityKey: toHex(possession.identityKey),
    identitySignature: toHex(possession.identitySignature),
    feeBps: 0,
    contributors: [{ addr: operator, beneficiary: operator, stake: STAKE }],
  };
  const identityKey = toHex(identityKeyOf(identitySecret));
  return { id, blsSecret, blsKey: possession.blsKey, identitySecret, identityKey, beneficiary: operator, registered };
}

export const pool: ChainEvent = {
  type: "pool-settled",
  blockNumber: 2,
  logIndex: 0,
  timestamp: GENESIS,
  balance: 40_000_000n * 10n ** 9n,
  time: GENESIS,
  totalReleased: 0n,
};
export const started: ChainEvent = {
  type: "started",
  blockNumber: 2,
  logIndex: 1,
  timestamp: GENESIS,
  genesis: GENESIS,
  epochSeconds: EPOCH_SECONDS,
};

/** A head `epochs` closed epochs after genesis. */
export function headAfter(epochs: number): ChainHead {
  const number = 100 + epochs;
  return { number, hash: `0x${number.toString(16).padStart(64, "0")}`, timestamp: GENESIS + epochs * EPOCH_SECONDS };
}

/** What an agent of a test does beyond claims. */
export interface TestAgentWays {
  /** Builds rewards trees, so that it signs epoch reports. */
  readonly trees?: boolean;
  readonly submits?: SubmitRules;
  /** Subnets above so many nodes (P-134). */
  readonly floodMax?: number;
  /** What it expects of its own registration. */
  readonly expects?: { readonly identityKey: Hex; readonly operator?: Address };
}

/** One agent with what it did. Verification and signing are carried out at once; everything else is recorded. */
export class TestAgent {
  readonly node: TestNode;
  readonly effects: Effect[] = [];
  readonly records: PersistRecord[] = [];
  readonly #agent: Agent;
  nowMs = 0;
  #handle = 0;
  readonly #verifier = createVerifier(scheme);

  readonly #withTrees: boolean;
  #trees = new RewardsTree();

  constructor(node: TestNode, restored: RestoredState = NOTHING_RESTORED, ways: TestAgentWays = {}) {
    this.node = node;
    this.#withTrees = ways.trees === true;
    this.#agent = createAgent(
      {
        ...{ domain: DOMAIN, blsKey: node.blsKey, claimDeadlineMs: 10_000, submits: ways.submits ?? null },
        ...(ways.floodMax === undefined ? {} : { floodMax: ways.floodMax }),
        ...ways.expects,
      },
      { scheme, signIdentity: (digest) => signIdentity(node.identitySecret, digest), verifyIdentity },
      restored,
    );
  }

  /** Feeds an input and, in order, everything that follows from it. Returns the effects of all of it. */
  async feed(input: Input): Promise<Effect[]> {
    const all: Effect[] = [];
    const queue: Input[] = [input];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const effect of this.#agent.handle(next, this.nowMs)) {
        all.push(effect);
        if (effect.type === "persist") this.records.push(...effect.records);
        if (effect.type === "sign") {
          queue.push({ type: "signed", job: effect.job, signature: scheme.sign(this.node.blsSecret, effect.digest) });
        }
        if (effect.type === "verify") {
          queue.push({ type: "verified", job: effect.job, results: await this.#verifier.verify(effect.groups) });
        }
        if (effect.type === "build-tree" && this.#withTrees) {
          if (effect.first) this.#trees = new RewardsTree();
          queue.push({ type: "tree-built", epoch: effect.epoch, ...this.#trees.apply(effect.epoch, effect.changes) });
        }
        if (effect.type === "set-timer" && effect.timer === "verify") queue.push({ type: "timer", timer: "verify" });
      }
    }
    this.effects.push(...all);
    return all;
  }

  /** Healthy, started, and at the head that `epochs` closed epochs have passed. */
  async boot(nodes: readonly TestNode[], epochs: number): Promise<this> {
    await this.feed({ type: "started" });
    await this.feed({ type: "chain-health", health: { healthy: true } });
    await this.feed({
      type: "chain",
      events: [...nodes.map(({ registered }) => registered), pool, started],
      head: headAfter(epochs),
    });
    return this;
  }

  async gossip(data: Uint8Array, from: Hex = `0x${"fe".repeat(32)}`): Promise<Extract<Effect, { type: "verdict" }>> {
    const handle = ++this.#handle;
    const effects = await this.feed({ type: "gossip", handle, from, data });
    const verdict = effects.find((effect) => effect.type === "verdict" && effect.handle === handle);
    if (verdict?.type !== "verdict") throw new Error("a gossip message always gets a verdict");
    return verdict;
  }

  async ask(recipient: Address, epoch: number | null = null): Promise<{ reply: ClaimReply; effects: Effect[] }> {
    const effects = await this.feed({ type: "claim", handle: ++this.#handle, recipient, epoch });
    const reply = effects.find((effect) => effect.type === "claim-reply");
    if (reply?.type !== "claim-reply") throw new Error("a claim always gets a reply");
    return { reply: reply.reply, effects };
  }

  async tickAt(nowMs: number): Promise<Effect[]> {
    this.nowMs = nowMs;
    return this.feed({ type: "timer", timer: "tick" });
  }

  claim(recipient: Address, epoch: number | null = null): ClaimView | null {
    return this.#agent.claim(recipient, epoch, this.nowMs);
  }

  get core(): Agent {
    return this.#agent;
  }
}

export function published(effects: readonly Effect[]): Uint8Array[] {
  return effects.flatMap((effect) => (effect.type === "publish" ? [effect.data] : []));
}

/** The shares that are published, in order. */
export function publishedShares(effects: readonly Effect[]): Share[] {
  return published(effects).flatMap((data) => {
    const message = decodeGossip(data);
    return message.type === "shares" ? message.shares : [];
  });
}

/** For whom shares are published, in order. */
export function signedFor(effects: readonly Effect[]): Address[] {
  return publishedShares(effects).flatMap(({ kind, message }) => (kind === "RewardClaim" ? [message.recipient] : []));
}

/** A share over any amount, signed by any secret, under any node id: honest or not. */
export function makeShare(
  node: TestNode,
  over: { recipient: Address; epoch: number; amount: bigint; id?: NodeId; secret?: Uint8Array; signature?: Uint8Array },
): Share {
  const message = { recipient: over.recipient, amount: over.amount };
  const signature =
    over.signature ?? scheme.sign(over.secret ?? node.blsSecret, digestOf(DOMAIN, "RewardClaim", message));
  return { kind: "RewardClaim", nodeId: over.id ?? node.id, epoch: over.epoch, message, signature };
}

export function makeRequest(node: TestNode, recipient: Address, epoch: number): SignedClaimRequest {
  const message = { recipient, epoch, nodeId: node.id };
  return {
    ...message,
    identitySignature: signIdentity(node.identitySecret, digestOf(DOMAIN, "ClaimRequest", message)),
  };
}

export const shareBytes = (share: Share): Uint8Array => encodeGossip({ type: "shares", shares: [share] });
export const requestBytes = (request: SignedClaimRequest): Uint8Array => encodeGossip({ type: "request", request });
