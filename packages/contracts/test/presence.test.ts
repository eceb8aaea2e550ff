// The blocks of presence.ts, without a chain: showings by honest nodes and a cartel in any order, with set changes in
// between. Whatever the cartel shows, each block's sum is that of its nodes' signatures, and whoever signed gets in.
// The real contract judges the same in presenceChain.test.ts.
import { GROUP_ORDER, type NodeId, nobleScheme, type SignatureScheme, type Sums, sumsOf, toHex } from "@quorate/common";
import { insecureLinearScheme } from "@quorate/common/bls/insecure-linear";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { craft } from "@quorate/common/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CountingRule, type EpochPresence, foldEpoch, type PresenceEvent } from "./presence.ts";

/** Ids 1 to NODES. The last two are the cartel's twins: their keys cancel, as one hand may register them (P-8). */
const NODES = 12;
const TWINS: readonly NodeId[] = [NODES - 1, NODES];
const range = (from: NodeId, to: NodeId): NodeId[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const ids: readonly NodeId[] = range(1, NODES);
const digest = new Uint8Array(32).fill(39);

const secretOf = (id: NodeId): bigint => (id === TWINS[1] ? GROUP_ORDER - secretOf(NODES - 1) : 5n ** BigInt(40 + id));
const secretOfAll = (list: readonly NodeId[]): bigint => list.reduce((sum, id) => sum + secretOf(id), 0n) % GROUP_ORDER;

/** Nodes that sign with one scheme, and its sums. */
interface Cast {
  readonly scheme: SignatureScheme;
  readonly sums: Sums;
  readonly keys: readonly Uint8Array[];
  /** Signatures by secret: the same few are wanted again and again. */
  readonly made: Map<bigint, Uint8Array>;
}

function castOf(scheme: SignatureScheme): Cast {
  const keys = ids.map((id) => scheme.publicKeyOf(craft.secretBytes(secretOf(id))));
  return { scheme, sums: sumsOf(scheme), keys, made: new Map() };
}

const linear = castOf(insecureLinearScheme());
const native = castOf(await loadNativeScheme());

/** The one signature that the contract takes of exactly these nodes; null where their keys cancel, which it refuses. */
function signatureOf({ scheme, made }: Cast, signers: readonly NodeId[]): Uint8Array | null {
  const secret = secretOfAll(signers);
  if (secret === 0n) return null;
  const signature = made.get(secret) ?? scheme.sign(craft.secretBytes(secret), digest);
  made.set(secret, signature);
  return signature;
}

/** A showing that the contract accepts. */
function shown(cast: Cast, signers: readonly NodeId[]): PresenceEvent {
  return { kind: "shown", signature: signatureOf(cast, signers) as Uint8Array, signers };
}

/** The epoch's first record, by these of the active nodes. */
function recorded(cast: Cast, active: ReadonlySet<NodeId>, signers: readonly NodeId[]): PresenceEvent {
  return {
    kind: "recorded",
    isFirst: true,
    signature: signatureOf(cast, signers) as Uint8Array,
    nonSigners: [...active].filter((id) => !signers.includes(id)),
    extraSigners: signers.filter((id) => !active.has(id)),
  };
}

/** All nodes active, the epoch at its end, and its first record by `signers`. */
function opening(cast: Cast, signers: readonly NodeId[]): PresenceEvent[] {
  const seeded = ids.map((id): PresenceEvent => ({ kind: "registered", id, isActive: true }));
  return [...seeded, { kind: "ended" }, recorded(cast, new Set(ids), signers)];
}

/** What must hold of any blocks: see the names of the tests that call it. */
function expectSound(cast: Cast, presence: EpochPresence): void {
  const union = presence.blocks.flatMap((block) => block.ids);
  expect(new Set(union).size).toBe(union.length);
  for (const { ids: block, sum } of presence.blocks) {
    const own = signatureOf(cast, block);
    expect(sum === null ? null : toHex(sum)).toBe(own === null ? null : toHex(own));
  }
  const call = presence.payable();
  if (secretOfAll(union) === 0n) return expect(call).toBeNull();
  if (call === null) throw new Error(`no sum of ${union}`);
  const absent = new Set(call.nonSigners);
  const taken = [...[...presence.active].filter((id) => !absent.has(id)), ...call.extraSigners];
  expect(new Set(taken)).toEqual(new Set(union));
  const keys = union.map((id) => cast.keys[id - 1] as Uint8Array);
  expect(cast.scheme.verifyAggregate(keys, digest, call.signature)).toBe(true);
}

type Step =
  | { readonly kind: "show"; readonly signers: readonly NodeId[] }
  | { readonly kind: "activate" | "decommission" | "exit"; readonly id: NodeId };

interface History {
  readonly states: readonly ("pending" | "active" | "exited")[];
  /** Those who signed: the honest ones, and some of the cartel. */
  readonly signed: ReadonlySet<NodeId>;
  readonly first: readonly NodeId[];
  readonly steps: readonly Step[];
}

const someIds = fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1, maxLength: NODES });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("show" as const), signers: someIds }) },
  // Front-running: a single node, or a pair of any two.
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("show" as const),
      signers: fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1, maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("activate" as const, "decommission" as const, "exit" as const),
      id: fc.constantFrom(...ids),
    }),
  },
);
/** Somebody singly, and then the twins without a signature of their own. */
const twinSteps: fc.Arbitrary<Step[]> = fc.constantFrom(...ids).map((id) => [
  { kind: "show", signers: [id] },
  { kind: "show", signers: [...new Set([id, ...TWINS])] },
]);
const steps: fc.Arbitrary<Step[]> = fc
  .array(fc.oneof({ weight: 8, arbitrary: step.map((one) => [one]) }, { weight: 1, arbitrary: twinSteps }), {
    minLength: 1,
    maxLength: 14,
  })
  .map((parts) => parts.flat());
const history: fc.Arbitrary<History> = fc.record({
  states: fc.array(fc.constantFrom("pending", "active", "active", "active", "exited"), {
    minLength: NODES,
    maxLength: NODES,
  }),
  signed: fc
    .uniqueArray(fc.constantFrom(...ids), { minLength: NODES - 4, maxLength: NODES })
    .map((list) => new Set(list)),
  first: someIds,
  steps,
});

/**
 * What can be shown of a list: those who signed, and both twins together, who need not. Null where the contract refuses
 * it.
 */
function showable(list: readonly NodeId[], signed: ReadonlySet<NodeId>): NodeId[] | null {
  const hasTwins = TWINS.every((id) => list.includes(id));
  const able = list.filter((id) => signed.has(id) || (hasTwins && TWINS.includes(id)));
  return secretOfAll(able) === 0n ? null : able.sort((a, b) => a - b);
}

/** The events of a history as the contract would emit them, and the showings among them. */
function play(cast: Cast, { states, signed, first, steps }: History): PresenceEvent[] | null {
  const events: PresenceEvent[] = [];
  const state = new Map<NodeId, string>(ids.map((id) => [id, states[id - 1] as string]));
  for (const id of ids) {
    events.push({ kind: "registered", id, isActive: state.get(id) === "active" });
    if (state.get(id) === "exited") events.push({ kind: "exited", id });
  }
  events.push({ kind: "ended" });
  const signers = showable(first, signed);
  if (signers === null) return null;
  events.push(recorded(cast, new Set(ids.filter((id) => state.get(id) === "active")), signers));
  for (const one of steps) {
    if (one.kind === "show") {
      const list = showable(one.signers, signed);
      if (list !== null) events.push(shown(cast, list));
      continue;
    }
    const now = state.get(one.id);
    if (one.kind === "activate" && (now === "pending" || now === "decommissioned")) {
      state.set(one.id, "active");
      events.push({ kind: "activated", ids: [one.id] });
    } else if (one.kind === "decommission" && now === "active") {
      state.set(one.id, "decommissioned");
      events.push({ kind: "decommissioned", ids: [one.id] });
    } else if (one.kind === "exit" && now !== "exited") {
      state.set(one.id, "exited");
      events.push({ kind: "exited", id: one.id });
    }
  }
  return events;
}

/** Who is present, by the words of the rule and sets alone: nothing of sums, nothing of the fold. */
function presentByWords(events: readonly PresenceEvent[]): Set<NodeId> {
  const sets: Set<NodeId>[] = [];
  const active = new Set<NodeId>();
  const judged = new Set<NodeId>();
  let hasEnded = false;
  for (const event of events) {
    if (event.kind === "registered" && event.isActive) active.add(event.id);
    if (event.kind === "registered") judged.add(event.id);
    if (event.kind === "exited" && !hasEnded) judged.delete(event.id);
    if (event.kind === "ended") hasEnded = true;
    if (event.kind === "recorded") {
      sets.push(new Set([...[...active].filter((id) => !event.nonSigners.includes(id)), ...event.extraSigners]));
    }
    if (event.kind === "exited") active.delete(event.id);
    if (event.kind !== "shown") continue;
    const list = new Set(event.signers);
    if (event.signers.some((id) => !judged.has(id))) continue;
    const isWhole = sets.every((set) => [...set].every((id) => list.has(id)) || [...set].every((id) => !list.has(id)));
    if (!isWhole) continue;
    const before = new Set(sets.flatMap((set) => [...set]));
    const rest = event.signers.filter((id) => !before.has(id));
    if (rest.length > 0) sets.push(new Set(rest));
  }
  return new Set(sets.flatMap((set) => [...set]));
}

describe("P-56: random showings", () => {
  test.each([
    ["insecure linear model", linear, 3_000],
    ["blst", native, 150],
  ])(
    "%s: the blocks are exactly who is present, each sum is its nodes' own, and the sum of all verifies",
    (_, cast, runs) => {
      const seen = { passedOver: 0, infinite: 0, severalBlocks: 0, extra: 0 };
      fc.assert(
        fc.property(history, (drawn) => {
          const events = play(cast, drawn);
          if (events === null) return;
          const presence = foldEpoch(events, cast.sums);
          expectSound(cast, presence);
          expect(presence.present).toEqual(presentByWords(events));
          for (const id of presence.present) expect(drawn.signed.has(id) || TWINS.includes(id)).toBe(true);
          seen.passedOver += presence.passedOver > 0 ? 1 : 0;
          seen.infinite += presence.blocks.some(({ sum }) => sum === null) ? 1 : 0;
          seen.severalBlocks += presence.blocks.length > 3 ? 1 : 0;
          seen.extra += (presence.payable()?.extraSigners.length ?? 0) > 0 ? 1 : 0;

          const judged = [...drawn.signed].filter((id) => drawn.states[id - 1] !== "exited");
          for (const id of judged) presence.apply(shown(cast, [id]));
          expectSound(cast, presence);
          for (const id of judged) expect(presence.present).toContain(id);
        }),
        { numRuns: runs },
      );
      for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(runs / 100);
    },
  );

  test("blst and noble sum the same blocks to the same bytes", () => {
    const second = sumsOf(nobleScheme);
    fc.assert(
      fc.property(history, (drawn) => {
        const events = play(native, drawn);
        if (events === null) return;
        const [ours, theirs] = [native.sums, second].map((sums) => foldEpoch(events, sums));
        expect(theirs?.blocks).toEqual(ours?.blocks);
        expect(theirs?.payable()).toEqual(ours?.payable());
      }),
      { numRuns: 15 },
    );
  });
});

describe("P-56: what a cartel may try", () => {
  test("in every order of overlapping sets, chains, supersets, repeats and singles: who signed singly is present", () => {
    const lists = [[7, 8], [7, 11], [8, 9, 10], [7, 8, 9], [9]];
    for (const order of permutations(lists)) {
      for (const repeat of lists) {
        const showings = [...order, repeat].map((list) => shown(native, list));
        const presence = foldEpoch([...opening(native, [1, 2, 3, 4, 5, 6]), ...showings], native.sums);
        expect(presence.present).toContain(9);
        const first = order[0] as NodeId[];
        for (const id of first) expect(presence.present).toContain(id);
        expect(presence.blocks.length).toBeGreaterThan(1);
        expectSoundSums(presence);
      }
    }
  });

  test("a set that overlaps with a block counts for nobody, and whom it named honestly is then shown singly", () => {
    const start = opening(linear, [1, 2, 3, 4, 5, 6]);
    const presence = foldEpoch([...start, shown(linear, [7, 11]), shown(linear, [7, 8])], linear.sums);
    expect([...presence.present]).toEqual([1, 2, 3, 4, 5, 6, 7, 11]);
    presence.apply(shown(linear, [8]));
    expect(presence.blocks.map((block) => block.ids)).toEqual([[1, 2, 3, 4, 5, 6], [7, 11], [8]]);
  });

  test("a set that names a part of the first record's signers counts for nobody; one that names them all does", () => {
    const presence = foldEpoch([...opening(linear, [1, 2, 3]), shown(linear, [3, 4])], linear.sums);
    expect([...presence.present]).toEqual([1, 2, 3]);
    presence.apply(shown(linear, [1, 2, 3, 4]));
    expect(presence.blocks.map((block) => block.ids)).toEqual([[1, 2, 3], [4]]);
    expectSound(linear, presence);
  });

  test("twins whose keys cancel leave a block without a signature, which stops nobody", () => {
    const start = opening(native, [1, 2, 3]);
    const presence = foldEpoch([...start, shown(native, [4]), shown(native, [4, ...TWINS])], native.sums);
    expect(presence.blocks.at(-1)).toEqual({ ids: TWINS, sum: null });
    presence.apply(
      shown(
        native,
        [...TWINS, 5].sort((a, b) => a - b),
      ),
    );
    expect(presence.blocks.at(-1)?.ids).toEqual([5]);
    expectSound(native, presence);
  });

  test("a later record's signers are present and form no block", () => {
    const later: PresenceEvent = {
      ...(recorded(linear, new Set(ids), [1, 2, 3, 4]) as Extract<PresenceEvent, { kind: "recorded" }>),
      isFirst: false,
    };
    const presence = foldEpoch([...opening(linear, [1, 2, 3]), later], linear.sums);
    expect([...presence.present]).toEqual([1, 2, 3, 4]);
    expect(presence.blocks.map((block) => block.ids)).toEqual([[1, 2, 3]]);
  });

  test("without a first record nobody is present and nothing can be sent", () => {
    const presence = foldEpoch([{ kind: "registered", id: 1, isActive: true }], linear.sums);
    expect(presence.payable()).toBeNull();
    expect(presence.present.size).toBe(0);
  });
});

describe("P-56: how often a showing can be made to count for nobody", () => {
  const cartel: readonly NodeId[] = [9, 10];
  const left: readonly NodeId[] = [3, 4, 5, 6, 7, 8];

  /** Honest nodes show all that are missing in one set; the cartel sees it and comes first, while `spoilers` last. */
  function duel(rule: CountingRule, spoilers: readonly NodeId[], before: readonly PresenceEvent[]): number {
    const presence = foldEpoch(before, linear.sums, rule);
    const fresh = [...spoilers];
    for (let showings = 1; ; showings++) {
      const missing = left.filter((id) => !presence.present.has(id));
      const spoiler = fresh.shift();
      if (spoiler !== undefined) presence.apply(shown(linear, [missing[0] as NodeId, spoiler]));
      presence.apply(shown(linear, missing));
      if (left.every((id) => presence.present.has(id))) return showings;
      if (showings > NODES) throw new Error(`never shown: ${missing}`);
    }
  }

  test("once for each node of the cartel that is in no block yet, and each time one more honest node is present", () => {
    expect(duel({ judgedOnly: false }, [], opening(linear, [1, 2]))).toBe(1);
    expect(duel({ judgedOnly: false }, cartel, opening(linear, [1, 2]))).toBe(cartel.length + 1);
    expect(duel({ judgedOnly: false }, cartel, opening(linear, [1, 2, ...cartel]))).toBe(1);
  });

  test("ids that exited before the epoch's end spoil without any stake, unless a showing that lists one counts for nobody", () => {
    const exited = cartel.map((id): PresenceEvent => ({ kind: "exited", id }));
    const active = ids.filter((id) => !cartel.includes(id));
    const registered = ids.map((id): PresenceEvent => ({ kind: "registered", id, isActive: true }));
    const start = [...registered, ...exited, { kind: "ended" } as const, recorded(linear, new Set(active), [1, 2])];
    expect(duel({ judgedOnly: false }, cartel, start)).toBe(cartel.length + 1);
    expect(duel({ judgedOnly: true }, cartel, start)).toBe(1);
  });

  test("a block may hold ids that exited long ago, which every payable call must name, unless such a showing counts for nobody", () => {
    const exited = [9, 10, 11].map((id): PresenceEvent => ({ kind: "exited", id }));
    const registered = ids.map((id): PresenceEvent => ({ kind: "registered", id, isActive: id < 9 }));
    const first = recorded(linear, new Set(range(1, 8)), [1, 2]);
    const showings = [shown(linear, [3, 9, 10, 11]), shown(linear, [3])];
    const events: PresenceEvent[] = [...registered, ...exited, { kind: "ended" }, first, ...showings];
    const [loose, strict] = [false, true].map((judgedOnly) => foldEpoch(events, linear.sums, { judgedOnly }));
    expect(loose?.payable()?.extraSigners).toEqual([9, 10, 11]);
    expect(strict?.payable()?.extraSigners).toEqual([]);
    expect(strict?.present).toContain(3);
  });

  test("several disjoint sets are spoiled by one showing that names a node of each, without a node of the cartel", () => {
    const joint = [shown(linear, [3, 6]), shown(linear, [3, 4, 5]), shown(linear, [6, 7, 8])];
    const presence = foldEpoch([...opening(linear, [1, 2]), ...joint], linear.sums);
    expect(presence.passedOver).toBe(2);
    expect([...presence.present]).toEqual([1, 2, 3, 6]);
  });
});

/** As `expectSound`, without the pairing: 600 of them would be most of this file's time. */
function expectSoundSums(presence: EpochPresence): void {
  for (const { ids: block, sum } of presence.blocks) expect(sum).toEqual(signatureOf(native, block));
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((others) => [item, ...others]));
}
