/**
 * One agent of the fuzz tests: the production core, its disk and its unfinished jobs, and the rules that no input may
 * break. In: moves. Out: an error at the first broken rule. The driver's part is played as it would be, but in
 * whatever order the moves say.
 */
import {
  type Address,
  decodeCatchUpRequest,
  decodeCatchUpResponse,
  decodeGossip,
  decodeInquiryRequest,
  decodeInquiryResponse,
  type ErrorCode,
  encodeGossip,
  fromHex,
  type Hex,
  type NodeId,
  parseBundle,
  type RoundKey,
  roundKey,
  signIdentity,
  toHex,
} from "@quorate/common";
import { createAgent } from "../../packages/aggregator/src/core/agent.ts";
import type {
  Agent,
  Effect,
  Input,
  PeerKey,
  PersistRecord,
  TimerName,
  VerifyGroup,
} from "../../packages/aggregator/src/core/io.ts";
import { claimRound } from "../../packages/aggregator/src/core/kinds/rewardClaim.ts";
import * as limits from "../../packages/aggregator/src/core/limits.ts";
import { Disk } from "../sim/disk.ts";
import { CHAIN_EVENTS, DOMAIN, headAfter, NODES, node, requestOf, scheme, shareOf, verifyIdentity } from "./cast.ts";

interface About {
  readonly id: NodeId;
  readonly recipient: Address;
  readonly epoch: number;
}

export type Move =
  | { readonly type: "gossip"; readonly from: PeerKey; readonly data: Uint8Array }
  /** An honest peer brings a valid share: over the ledger's own amount for 0, else over another one. */
  | { readonly type: "share"; readonly share: About & { readonly amount: number } }
  /** What a node has signed for other epochs, replayed, before its share. */
  | { readonly type: "replays"; readonly share: About }
  /** And all nodes' shares of a round. */
  | { readonly type: "round"; readonly recipient: Address; readonly epoch: number }
  | { readonly type: "request"; readonly request: About }
  | { readonly type: "claim"; readonly recipient: Address; readonly epoch: number | null }
  | { readonly type: "pass"; readonly ms: number }
  /** One of the jobs under way ends; or, not `right`, one that nobody asked for. */
  | { readonly type: "finish"; readonly which: number; readonly right: boolean }
  | { readonly type: "stray"; readonly job: number; readonly data: Uint8Array }
  | { readonly type: "close-epoch" | "restart" }
  | { readonly type: "health"; readonly healthy: boolean }
  | { readonly type: "peers"; readonly connected: readonly PeerKey[] }
  | {
      readonly type: "catch-up-asked" | "catch-up-answered" | "inquiry-asked";
      readonly from: PeerKey;
      readonly data: Uint8Array;
    }
  | { readonly type: "catch-up-failed"; readonly peer: PeerKey; readonly code: ErrorCode }
  | { readonly type: "inquiry-answered"; readonly which: number; readonly data: Uint8Array }
  | { readonly type: "inquiry-failed"; readonly which: number; readonly code: ErrorCode };

/** Brings only what an honest peer may: it must never be blamed for it. */
const HONEST: PeerKey = `0x${"aa".repeat(32)}`;
const OWN: NodeId = 1;
/** Epochs closed when a life begins. */
const EPOCHS = 3;
/** One more than are kept of a node. */
const OTHER_AMOUNTS: readonly number[] = Array.from({ length: limits.OTHERS_PER_NODE_MAX + 1 }, (_, i) => i + 1);
/** Gossip that waits for its verdict: what is queued, and what is being checked (core/limits.ts). */
const UNANSWERED_MAX = limits.VERIFY_QUEUE_MAX + limits.VERIFY_BATCH_MAX;

export class Life {
  readonly #disk = new Disk();
  readonly #recorded = new Set<Hex>();
  /** What the agent did, by kind: a fuzzer that never gets past the first check proves nothing. */
  readonly reached = new Map<string, number>();
  #agent: Agent = this.#create();
  /** What the ledger owes at the close of each epoch. */
  readonly #owed = new Map<RoundKey, bigint>();
  #nowMs = 1_000;
  #epochs = EPOCHS;
  #handle = 0;
  #unanswered = new Set<number>();
  /** Of these, shares over what the ledger owes. */
  readonly #right = new Set<number>();
  #verify: { readonly job: number; readonly groups: readonly VerifyGroup[] } | null = null;
  #signs: { readonly job: number; readonly digest: Uint8Array }[] = [];
  #inquiries: number[] = [];
  #timers = new Map<TimerName, number>();

  constructor() {
    this.#boot();
  }

  do(move: Move): void {
    switch (move.type) {
      case "gossip":
        return this.#gossip(move.from, move.data);
      case "share":
        return this.#honestShare(move.share);
      case "replays":
        return [...OTHER_AMOUNTS, 0].forEach((amount) => {
          this.#honestShare({ ...move.share, amount });
        });
      case "round":
        return NODES.forEach(({ id }) => {
          this.#honestShare({ ...move, id, amount: 0 });
        });
      case "request": {
        const { id, recipient, epoch } = move.request;
        return this.#gossip(HONEST, encodeGossip({ type: "request", request: requestOf(id, recipient, epoch) }));
      }
      case "claim":
        return this.#asked("claim-reply", { ...move, handle: ++this.#handle });
      case "catch-up-asked":
        return this.#asked("catch-up-reply", { ...move, type: move.type, handle: ++this.#handle });
      case "inquiry-asked":
        return this.#asked("inquiry-reply", { ...move, type: move.type, handle: ++this.#handle });
      case "pass":
        return this.#pass(move.ms);
      case "finish":
        return this.#finish(move.which, move.right);
      case "stray":
        this.#input({ type: "signed", job: 1_000_000 + move.job, signature: move.data });
        this.#input({ type: "verified", job: 1_000_000 + move.job, results: [[true]] });
        return void this.#input({ type: "inquiry-answered", job: move.job, data: move.data });
      case "restart":
        this.#agent = this.#create();
        return this.#boot();
      case "close-epoch":
        this.#epochs += 1;
        this.#input({ type: "chain", events: [], head: headAfter(this.#epochs) });
        return this.#noteOwed();
      case "health":
        return void this.#input({ type: "chain-health", health: healthOf(move.healthy) });
      case "peers":
      case "catch-up-failed":
        return void this.#input(move);
      case "catch-up-answered":
        return void this.#input({ type: "catch-up-answered", from: move.from, data: move.data });
      case "inquiry-answered":
      case "inquiry-failed":
        return this.#inquiryEnds(move);
    }
  }

  /** When all jobs have ended, everyone has an answer. */
  end(): void {
    for (let turns = 0; this.#verify !== null || this.#timers.has("verify"); turns++) {
      if (turns > UNANSWERED_MAX) throw new Error("verification never ends");
      if (this.#verify !== null) this.#endVerification();
      else this.#fire("verify");
    }
    if (this.#unanswered.size > 0) throw new Error(`no verdict for ${[...this.#unanswered].join()}`);
  }

  #create(): Agent {
    const { blsKey, identitySecret } = node(OWN);
    const modules = {
      scheme,
      signIdentity: (digest: Uint8Array) => signIdentity(identitySecret, digest),
      verifyIdentity,
    };
    return createAgent({ domain: DOMAIN, blsKey, claimDeadlineMs: 10_000, submits: null }, modules, this.#disk.load());
  }

  #boot(): void {
    this.#unanswered.clear();
    this.#verify = null;
    this.#signs = [];
    this.#inquiries = [];
    this.#timers.clear();
    this.#input({ type: "started" });
    this.#input({ type: "chain-health", health: healthOf(true) });
    const { head } = this.#agent.status();
    const events = CHAIN_EVENTS.filter(({ blockNumber }) => head === null || blockNumber > head.number);
    // One epoch after the other, so that what is owed at each close can be read.
    const closed = this.#agent.status().closedEpoch;
    for (let epochs = closed === null ? 0 : closed + 1; epochs <= this.#epochs; epochs++) {
      this.#input({ type: "chain", events: epochs === 0 ? events : [], head: headAfter(epochs) });
      this.#noteOwed();
    }
  }

  #noteOwed(): void {
    for (const { beneficiary } of NODES) {
      const owed = this.#agent.owed(beneficiary);
      if (owed !== null && owed.amount > 0n) this.#owed.set(roundKey(claimRound(beneficiary, owed.epoch)), owed.amount);
    }
  }

  #gossip(from: PeerKey, data: Uint8Array, right = false): void {
    const handle = ++this.#handle;
    this.#unanswered.add(handle);
    if (right) this.#right.add(handle);
    this.#input({ type: "gossip", handle, from, data });
  }

  #honestShare({ id, recipient, epoch, amount }: About & { readonly amount: number }): void {
    const owed = this.#owed.get(roundKey(claimRound(recipient, epoch))) ?? 0n;
    const share = shareOf(id, recipient, epoch, amount === 0 && owed > 0n ? owed : BigInt(amount + 1));
    this.#gossip(HONEST, encodeGossip({ type: "shares", shares: [share] }), share.message.amount === owed);
  }

  /** One answer, in the very step. */
  #asked(type: "claim-reply" | "catch-up-reply" | "inquiry-reply", input: Input & { readonly handle: number }): void {
    const replies = this.#input(input).filter((effect) => effect.type === type && effect.handle === input.handle);
    const [reply] = replies;
    if (replies.length !== 1 || reply === undefined) throw new Error(`${replies.length} answers of type ${type}`);
    if (reply.type === "catch-up-reply" && reply.data.length > 0) decodeCatchUpResponse(reply.data);
    if (reply.type === "inquiry-reply" && reply.data.length > 0) decodeInquiryResponse(reply.data);
  }

  /** Timers that are due fire once, however late. */
  #pass(ms: number): void {
    this.#nowMs += ms;
    for (const timer of ["verify", "tick"] as const) {
      if ((this.#timers.get(timer) ?? Number.POSITIVE_INFINITY) <= this.#nowMs) this.#fire(timer);
    }
  }

  #fire(timer: TimerName): void {
    this.#timers.delete(timer);
    this.#input({ type: "timer", timer });
  }

  #finish(which: number, right: boolean): void {
    if (!right) return void this.#input({ type: "verified", job: 2_000_000 + which, results: [] });
    if (this.#verify !== null && which % 2 === 0) return this.#endVerification();
    const [job] = this.#signs.splice(which % Math.max(1, this.#signs.length), 1);
    if (job === undefined) return;
    this.#input({ type: "signed", job: job.job, signature: scheme.sign(node(OWN).blsSecret, job.digest) });
  }

  #endVerification(): void {
    const verify = this.#verify;
    if (verify === null) return;
    this.#verify = null;
    const results = verify.groups.map(({ digest, items }) =>
      items.map(({ publicKey, signature }) => scheme.verify(publicKey, digest, signature)),
    );
    this.#input({ type: "verified", job: verify.job, results });
  }

  #inquiryEnds(move: Extract<Move, { type: "inquiry-answered" | "inquiry-failed" }>): void {
    const [job] = this.#inquiries.splice(move.which % Math.max(1, this.#inquiries.length), 1);
    if (job === undefined) return;
    if (move.type === "inquiry-failed") this.#input({ type: "inquiry-failed", job, code: move.code });
    else this.#input({ type: "inquiry-answered", job, data: move.data });
  }

  /** The core throws nothing, whatever comes. */
  #input(input: Input): Effect[] {
    const effects = this.#agent.handle(input, this.#nowMs);
    for (const effect of effects) this.#check(effect);
    within("gossip without a verdict", this.#unanswered.size, UNANSWERED_MAX);
    within("rounds", this.#agent.status().rounds, limits.ROUNDS_MAX);
    return effects;
  }

  #check(effect: Effect): void {
    const what = whatIs(effect);
    this.reached.set(what, (this.reached.get(what) ?? 0) + 1);
    switch (effect.type) {
      case "verdict":
        if (!this.#unanswered.delete(effect.handle)) throw new Error(`a second verdict, or one for nobody`);
        if (this.#right.delete(effect.handle) && effect.code === "SHARE_TOO_MANY_MESSAGES")
          throw new Error("other amounts of a node have kept out its share over the ledger's amount");
        return;
      case "publish":
        return void decodeGossip(effect.data);
      case "verify":
        return this.#checkVerify(effect);
      case "sign":
        // P-71: recorded before it is signed.
        if (!this.#recorded.has(toHex(effect.digest))) throw new Error("an unrecorded digest is signed");
        this.#signs.push(effect);
        return;
      case "persist":
        this.#disk.persist(effect.records);
        this.#disk.writeTaken();
        for (const record of effect.records) this.#checkRecord(record);
        return;
      case "blame":
        if (effect.peer === HONEST) throw new Error(`an honest peer is blamed for ${effect.code}`);
        return;
      case "inquire":
        decodeInquiryRequest(effect.data);
        this.#inquiries.push(effect.job);
        return;
      case "catch-up-ask":
        return void decodeCatchUpRequest(effect.data);
      case "set-timer":
        this.#timers.set(effect.timer, effect.atMs);
        return;
      default:
        return;
    }
  }

  #checkVerify({ job, groups }: Extract<Effect, { type: "verify" }>): void {
    if (this.#verify !== null) throw new Error("two verifications under way");
    const shares = groups.reduce((sum, { items }) => sum + items.length, 0);
    within("shares in a verification", shares, limits.VERIFY_BATCH_MAX);
    if (shares === 0) throw new Error("a verification of nothing");
    this.#verify = { job, groups };
  }

  #checkRecord(record: PersistRecord): void {
    if (record.type === "signing") this.#recorded.add(record.digest);
    if (record.type !== "bundle") return;
    const { message, signature, signers } = parseBundle(record.bundle);
    const keys = signers.ids().map((id) => node(id).blsKey);
    if (!scheme.verifyAggregate(keys, fromHex(record.bundle.digest), signature)) {
      throw new Error(`a bundle of ${message.amount} that its signers have not signed`);
    }
  }
}

function whatIs(effect: Effect): string {
  if (effect.type === "verdict") return effect.code === "OK" ? "accept" : effect.code;
  if (effect.type === "persist") return `persist ${effect.records.map(({ type }) => type).join()}`;
  return effect.type === "claim-reply" && !effect.reply.ok ? effect.reply.refusal.code : effect.type;
}

function within(what: string, value: number, bound: number): void {
  if (value > bound) throw new Error(`${value} ${what}, above ${bound}`);
}

function healthOf(healthy: boolean) {
  return healthy
    ? ({ healthy: true } as const)
    : ({ healthy: false, code: "CHAIN_PROVIDERS_DISAGREE", detail: "made up" } as const);
}
