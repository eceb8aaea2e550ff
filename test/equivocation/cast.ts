/**
 * Who takes part and what can be said: honest agents with the ids 1 to h, liars after them, the chain that all of them
 * read, and what the liars sign. Enters: how many of each, and whose stake counts. Leaves: fresh agents, and messages
 * by number. Not here: who is told what (schedules.ts, play.ts).
 */
import {
  type Address,
  digestOf,
  encodeGossip,
  type Hex,
  type KindMessage,
  type NodeId,
  type NodeView,
  type Share,
  signIdentity,
  toHex,
} from "@quorate/common";
import { insecureLinearScheme } from "@quorate/common/bls/insecure-linear";
import { RewardsTree } from "@quorate/common/rewards-tree";
import { createAgent } from "../../packages/aggregator/src/core/agent.ts";
import type { Agent, Effect, Input, PeerKey, RestoredState } from "../../packages/aggregator/src/core/io.ts";
import { restoreLedger, takeRecord } from "../../packages/aggregator/src/core/ledger/checkpoint.ts";
import { advanceLedger } from "../../packages/aggregator/src/core/ledger/ledger.ts";
import { nodeOf as registeredNode } from "../../packages/aggregator/src/core/ledger/nodes.ts";
import { DOMAIN, headAfter, NOTHING_RESTORED, pool, started } from "../../packages/aggregator/test/support/cluster.ts";
import { ledgerOf } from "../../packages/aggregator/test/support/ledgerDisk.ts";
import { sharesSent } from "../sim/messages.ts";
import { makeNode, rememberingVerifyIdentity, type SimNode, STAKE_ATOMIC } from "../sim/nodes.ts";

/**
 * `light`: the honest hold more than 95% of the stake, and need nobody else. `equal`: nobody can do without anybody,
 * for 95% of up to 7 equal nodes are all of them.
 */
export type Weights = "light" | "equal";

/** The rounds in their order: the report of epoch 0, then two claims of it. */
export const ROUNDS = ["report", "first claim", "second claim"] as const;
export type RoundIndex = 0 | 1 | 2;

/** What a liar can sign: what the honest sign, something else, or the former with a signature that is none. */
export type Said = "right" | "wrong" | "forged";

/** Far enough that no claim fails while its network is cut. */
const CLAIM_DEADLINE_MS = 3_600_000;
/** A liar's stake where the honest shall not need it, in parts of theirs: 6 of them are 0.6% of one honest node. */
export const LIGHT_PART = 1_000n;

/** Registrations and signatures are the same for every cast; each is checked once. */
const verifyIdentity = rememberingVerifyIdentity();
export const scheme = insecureLinearScheme();
const everyone = new Map<NodeId, SimNode>();

const identitySignatures = new Map<string, Uint8Array>();

/** Deterministic (RFC 8032), so that each is made once. */
function signedBy({ id, identitySecret }: SimNode, digest: Uint8Array): Uint8Array {
  const key = `${id} ${toHex(digest)}`;
  const known = identitySignatures.get(key) ?? signIdentity(identitySecret, digest);
  identitySignatures.set(key, known);
  return known;
}

function nodeOf(id: NodeId): SimNode {
  const known = everyone.get(id) ?? makeNode(scheme, DOMAIN, id, true, { blockNumber: 1, timestamp: 1_699_999_990 });
  everyone.set(id, known);
  return known;
}

export class Cast {
  readonly honest: readonly SimNode[];
  readonly liars: readonly SimNode[];
  readonly views: readonly NodeView[];
  /** What every honest ledger says, by round. */
  readonly right: readonly KindMessage[];
  readonly #messages: Uint8Array[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #said = new Map<string, number>();
  /** What everyone's disk holds: the registrations, read before epoch 0 has closed. */
  readonly #restored: RestoredState;
  readonly #trees = new Map<number, { readonly root: Hex; readonly totalOwed: bigint }>();

  constructor(honest: number, liars: number, weights: Weights) {
    const stakeOf = (id: NodeId): bigint =>
      id > honest && weights === "light" ? STAKE_ATOMIC / LIGHT_PART : STAKE_ATOMIC;
    const nodes = Array.from({ length: honest + liars }, (_, i) => nodeOf(i + 1));
    this.honest = nodes.slice(0, honest);
    this.liars = nodes.slice(honest);
    this.views = nodes.map(({ id, blsKey }) => ({ id, blsKey, state: "active", silent: false, stake: stakeOf(id) }));
    const registrations = nodes.map(({ id, registered }) => {
      const contributors = registered.contributors.map((contributor) => ({ ...contributor, stake: stakeOf(id) }));
      return { ...registered, contributors };
    });
    const ledger = restoreLedger(null);
    const admit = registeredNode(DOMAIN, verifyIdentity);
    advanceLedger(ledger, [...registrations, pool, started], headAfter(0), admit);
    this.#restored = { ...NOTHING_RESTORED, ledger: ledgerOf([takeRecord(ledger)]) };
    this.right = this.#readTruth();
  }

  /** A fresh agent of an honest node and the inputs that close epoch 0, connected to everybody. */
  agent(id: NodeId): { readonly agent: Agent; readonly boot: readonly Input[] } {
    const self = this.honest[id - 1] as SimNode;
    const submits = { pack: false, finishExits: false, liquidate: false };
    const agent = createAgent(
      { domain: DOMAIN, blsKey: self.blsKey, claimDeadlineMs: CLAIM_DEADLINE_MS, submits },
      { scheme, signIdentity: (digest) => signedBy(self, digest), verifyIdentity },
      this.#restored,
    );
    const connected = [...this.honest, ...this.liars].filter((node) => node.id !== id).map(({ peer }) => peer);
    const healthy = { type: "chain-health", health: { healthy: true } } as const;
    const chain = { type: "chain", events: [], head: headAfter(1) } as const;
    return { agent, boot: [{ type: "started" }, healthy, chain, { type: "peers", connected }] };
  }

  /** The tree of an epoch, built once: every agent's ledger says the same. */
  treeOf({ epoch, changes }: Extract<Effect, { type: "build-tree" }>): Input {
    const built = this.#trees.get(epoch) ?? new RewardsTree().apply(epoch, changes);
    this.#trees.set(epoch, built);
    return { type: "tree-built", epoch, ...built };
  }

  /** The number of these bytes; equal bytes have one number, as P-81 has one id for them. */
  numberOf(data: Uint8Array): number {
    const key = Buffer.from(data).toString("latin1");
    const known = this.#numbers.get(key) ?? this.#messages.push(data) - 1;
    this.#numbers.set(key, known);
    return known;
  }

  bytesOf(message: number): Uint8Array {
    return this.#messages[message] as Uint8Array;
  }

  /** A liar's share in a round. */
  share(round: RoundIndex, liar: number, said: Said): number {
    const key = `${round} ${liar} ${said}`;
    const known = this.#said.get(key) ?? this.numberOf(this.#makeShare(round, this.liars[liar] as SimNode, said));
    this.#said.set(key, known);
    return known;
  }

  recipientOf(round: RoundIndex): Address {
    return (everyone.get(round) as SimNode).beneficiary;
  }

  peerOf(id: NodeId): PeerKey {
    return nodeOf(id).peer;
  }

  #makeShare(round: RoundIndex, { id, blsSecret }: SimNode, said: Said): Uint8Array {
    const right = this.right[round] as KindMessage;
    const message = said === "wrong" ? other(right) : right;
    const signed = said === "forged" ? other(right) : message;
    const signature = scheme.sign(blsSecret, digestOf(DOMAIN, signed.kind, signed.message));
    return encodeGossip({ type: "shares", shares: [{ ...message, nodeId: id, epoch: 0, signature } as Share] });
  }

  /** From the ledger of one more agent, which takes part in nothing. */
  #readTruth(): KindMessage[] {
    const { agent, boot } = this.agent(1);
    const effects: Effect[] = [];
    const queue = [...boot];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const effect of agent.handle(next, 0)) {
        effects.push(effect);
        if (effect.type === "build-tree") queue.push(this.treeOf(effect));
        if (effect.type !== "sign") continue;
        queue.push({ type: "signed", job: effect.job, signature: scheme.sign(nodeOf(1).blsSecret, effect.digest) });
      }
    }
    const report = effects.flatMap(sharesSent).find((share) => share.kind === "EpochReport");
    if (report === undefined) throw new Error("an epoch that has closed is reported unasked");
    const claims = ([1, 2] as const).map((round): KindMessage => {
      const recipient = this.recipientOf(round);
      const amount = agent.owed(recipient)?.amount ?? 0n;
      if (amount === 0n) throw new Error(`recipient ${recipient} is owed something`);
      return { kind: "RewardClaim", message: { recipient, amount } };
    });
    const { kind, message } = report as Extract<KindMessage, { kind: "EpochReport" }>;
    return [{ kind, message }, ...claims];
  }
}

/** Another message of the same round. */
function other(right: KindMessage): KindMessage {
  if (right.kind === "RewardClaim")
    return { ...right, message: { ...right.message, amount: right.message.amount + 1n } };
  if (right.kind !== "EpochReport") throw new Error("no round of these is about contests");
  return { ...right, message: { ...right.message, rewardsRoot: `0x${"ee".repeat(32)}` } };
}
