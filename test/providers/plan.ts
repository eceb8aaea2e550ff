/**
 * What happens in one run of the swarm, drawn from its seed: a chain, a follower's chunk, and phases in which each of
 * three providers has at most one fault while the chain grows. Enters: a seed. Leaves: plain data, the same on every
 * machine.
 */
import { Random } from "../sim/random.ts";
import { IN_EMPTY_BLOCK, INVENTED_FORMS, OTHER_TIME } from "./answers.ts";
import { describeFault, type Failure, type Fault, type Lie, NONE, type Quirk } from "./faults.ts";
import { HISTORIES, type TrueChain, trueChain } from "./trueChain.ts";
import { GARBAGE_FORMS } from "./wire.ts";

export const PROVIDERS = 3;

export interface Phase {
  /** The finalised block that an honest provider without lag has. */
  readonly height: number;
  /** Of each provider. */
  readonly faults: readonly Fault[];
  /** Whether at least two providers are honest. */
  readonly hasMajority: boolean;
  /** The block that a follower reaches meanwhile; without a majority it stays below `height`. */
  readonly target: number;
}

export interface Plan {
  readonly seed: number;
  readonly chain: TrueChain;
  readonly chunkBlocks: number;
  /** The follower's deadline for one answer. */
  readonly timeoutMs: number;
  readonly phases: readonly Phase[];
}

/**
 * Milliseconds: without a majority, what is silent costs a run so many. Far above what an honest answer takes on a busy
 * machine that runs several of these beside each other.
 */
const TIMEOUT_MS = 1_000;
/**
 * Where a provider calls for pauses of a quarter of a second and more, they fit into the deadline, as they do by
 * default.
 */
const LIMITED_TIMEOUT_MS = 5_000;

const PHASES_MAX = 3;
/** Of the phases: in the others at most one provider is honest. */
const MAJORITY_SHARE = 0.7;

export function planOf(seed: number): Plan {
  const random = new Random(`provider swarm ${seed}`);
  const chain = trueChain(random.pick(HISTORIES));
  const count = 1 + random.below(PHASES_MAX);
  const between = Array.from({ length: chain.lastFinal - 1 }, (_, i) => i + 1);
  const heights = random.sample(between, count).sort((a, b) => a - b);
  const phases: Phase[] = [];
  let reached = -1;
  for (const height of heights) {
    const before = phases.at(-1);
    // Two phases without a majority in a row would be one.
    const hasMajority = before?.hasMajority === false || random.chance(MAJORITY_SHARE);
    const phase = hasMajority ? majority(random, height, reached) : noMajority(random, chain, height, reached);
    phases.push(phase);
    reached = Math.max(reached, phase.target);
  }
  const isLimited = phases.some(({ faults }) => faults.some(({ kind }) => kind === "rate limit"));
  const timeoutMs = isLimited ? LIMITED_TIMEOUT_MS : TIMEOUT_MS;
  return { seed, chain, chunkBlocks: random.pick([1, 3, 8, 100]), timeoutMs, phases };
}

/** A line for each phase. */
export function describePlan({ seed, chain, chunkBlocks, phases }: Plan): string {
  const lines = phases.map(
    ({ height, faults, hasMajority, target }, i) =>
      `  phase ${i + 1}: block ${height} final, ` +
      `${hasMajority ? `block ${target} to be reached` : "no honest majority"}; ` +
      faults.map((fault, j) => `provider ${j + 1}: ${describeFault(fault)}`).join("; "),
  );
  return [`seed ${seed}: ${chain.name}, ${chunkBlocks} blocks at once`, ...lines].join("\n");
}

function majority(random: Random, height: number, reached: number): Phase {
  const honest = [quirk(random, height - reached - 1), quirk(random, height - reached - 1)];
  const odd = random.pick([quirk, failure, lie])(random, height - Math.max(reached, 0));
  const target = height - Math.max(...honest.map((fault) => (fault.kind === "lag" ? fault.blocks : 0)));
  return { height, faults: random.sample([...honest, odd], PROVIDERS), hasMajority: true, target };
}

/** Two that cannot be followed up to `height`, and one of any kind. */
function noMajority(random: Random, chain: TrueChain, height: number, reached: number): Phase {
  const faults: Fault[] = [disabling(random, chain, height, reached), disabling(random, chain, height, reached)];
  const third = random.pick([() => NONE, failure, lie])(random, height - Math.max(reached, 0));
  const drawn = random.sample([...faults, third], PROVIDERS);
  return { height, faults: drawn, hasMajority: false, target: reached };
}

/** A fault of all answers, so that this provider says nothing right about the blocks above `reached`. */
function disabling(random: Random, chain: TrueChain, height: number, reached: number): Fault {
  for (;;) {
    const fault = { ...random.pick([failure, lie])(random, height - Math.max(reached, 0)), share: 1 };
    switch (fault.kind) {
      // Not noticed by who has asked already; its blocks are right.
      case "wrong chain":
      // Block and events below it are right.
      case "finalised beyond the head":
      case "stale finalised":
        continue;
      // Two that leave out the same are two that agree: see docs/testing.md.
      case "holes":
        continue;
      case "invented logs":
        if (!invents(fault.form, chain, height, reached)) continue;
        return fault;
      case "reorganised head":
        return { ...fault, from: Math.max(reached, 0) + random.below(height - Math.max(reached, 0)) };
      default:
        return fault;
    }
  }
}

/** Whether there is anything above `reached` that this form of invention surely changes. */
function invents(form: number, { blocks }: TrueChain, height: number, reached: number): boolean {
  if (form % INVENTED_FORMS === OTHER_TIME) return false;
  const isInEmpty = form % INVENTED_FORMS === IN_EMPTY_BLOCK;
  return blocks.slice(reached + 1, height + 1).some(({ events }) => (events.length === 0) === isInEmpty);
}

/** @param room blocks that an honest provider may be late by, so that it still has what was read before */
function quirk(random: Random, room: number): Quirk {
  switch (random.below(6)) {
    case 0:
      return { kind: "delay", ms: 1 + random.below(30) };
    case 1:
      return { kind: "lag", blocks: random.below(Math.max(1, Math.min(4, room))) };
    case 2:
      return { kind: "range limit", blocks: 1 + random.below(6), words: random.below(4) };
    case 3:
      return { kind: "rate limit", ofTen: 1 + random.below(3), retryAfter: random.chance(0.1) };
    default:
      return { kind: "none" };
  }
}

/** Some faults hit every answer, some a part of them. */
function shareOf(random: Random): number {
  return random.chance(0.6) ? 1 : 0.2 + 0.6 * random.float();
}

function failure(random: Random): Failure {
  const share = shareOf(random);
  switch (random.below(9)) {
    case 0:
      return { kind: "drip", everyMs: 5 + random.below(40), share };
    case 1:
      return { kind: "cut", where: random.pick(["before", "headers", "body"] as const), share };
    case 2:
      return { kind: "garbage", form: random.below(GARBAGE_FORMS), share };
    case 3:
      return { kind: "status", status: random.pick([400, 401, 403, 404, 429, 500, 502, 503]), share };
    case 4:
      return { kind: "silent", share };
    case 5:
      return { kind: "huge", share };
    case 6:
      return { kind: "bomb", share };
    case 7:
      return { kind: "refused logs", share };
    default:
      return { kind: "pruned blocks", share };
  }
}

/** Seconds ahead: a little, less and more than the hour that providers may be apart, and a century. */
const FUTURE_SECONDS = [12, 600, 3_000, 7_200, 4_000_000_000];

/** @param above blocks that are not read yet */
function lie(random: Random, above: number): Lie {
  const share = shareOf(random);
  switch (random.below(8)) {
    case 0:
      return { kind: "wrong hash", share };
    case 1:
      return { kind: "reorganised head", from: 1 + random.below(Math.max(1, above)), share };
    case 2:
      return { kind: "holes", all: random.chance(0.5), share };
    case 3:
      return { kind: "invented logs", form: random.below(INVENTED_FORMS), share };
    case 4:
      return { kind: "stale finalised", blocks: 1 + random.below(above + 3), share };
    case 5:
      return { kind: "far future", seconds: random.pick(FUTURE_SECONDS) + random.below(10), share };
    case 6:
      return { kind: "finalised beyond the head", share };
    default:
      return { kind: "wrong chain", share };
  }
}

/** For a follower that has read far: any fault but those that name blocks of a short chain. */
export function anyFault(random: Random): Fault {
  return random.pick([quirk, failure, lie, lie])(random, 4);
}
