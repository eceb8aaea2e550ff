/**
 * Two-faced aggregators: the schedules that are run, every one of them, none sampled. A set of 4 to 7 nodes is forced
 * into subnets (P-134), and two of these have all of its nodes: the liar's own, and another. The liar adds up its
 * subnet's shares (P-135) and shows each peer one of four faces, by partial and in its answers to catch-up:
 *
 *   true      the sum of its whole subnet;
 *   without   a valid sum that leaves out one honest mate, the victim;
 *   wrong     a sum that does not verify;
 *   nothing   nothing at all.
 *
 * A round is a claim that every honest node asks for. The liar has everyone's share and speaks before any honest
 * aggregator, and gives its own share to nobody but within its sums. Partials of honest aggregators are heard, or all
 * of them are lost, so that what they have must be asked for (P-137). The honest can do without the liar (`light`), or
 * nobody can do without anybody (`equal`).
 *
 * So a schedule is a face for each honest peer and round. Two spaces:
 *
 *   apart     Each peer is shown a face of its own: one round of 4 to 7 nodes, two of 4. Peers of one part (the victim;
 *             its other mates; the other subnet) are exchanged for each other without another end, which a test tries,
 *             so one of such schedules is run.
 *   alike     Three rounds of 4 to 7 nodes, with partials lost and a light liar: all peers of one subnet are shown the
 *             same. What one round leaves behind for the next is whom its agent has blamed.
 *
 * Not here: running them (play.ts).
 */
import type { NodeId } from "@quorate/common";
import type { Weights } from "../cast.ts";
import { digits, multisetCount, multisets } from "../schedules.ts";

export const FACES = ["true", "without", "wrong", "nothing"] as const;
export type Face = (typeof FACES)[number];

/** Who is in which part of a set. The liar is in the victim's subnet. */
export interface Parts {
  readonly liar: NodeId;
  readonly victim: NodeId;
  readonly mates: readonly NodeId[];
  readonly others: readonly NodeId[];
}

/** By round, what each honest peer is shown. */
export type FaceSchedule = readonly ReadonlyMap<NodeId, Face>[];

export interface FaceSpace {
  readonly name: "apart" | "alike";
  readonly parts: Parts;
  readonly rounds: number;
  readonly weights: Weights;
  /** Whether partials of honest aggregators arrive. */
  readonly isHeard: boolean;
  /** How many schedules there are, by a formula. */
  readonly count: number;
  schedules(): Iterable<FaceSchedule>;
}

/** Sets of so many nodes; 4 have two subnets, 5 to 7 have four, of which two are empty. */
const PARTS: ReadonlyMap<number, Parts> = new Map([
  [4, { liar: 4, victim: 2, mates: [], others: [1, 3] }],
  [5, { liar: 9, victim: 1, mates: [5], others: [2, 6] }],
  [6, { liar: 9, victim: 1, mates: [5], others: [2, 6, 10] }],
  [7, { liar: 13, victim: 1, mates: [5, 9], others: [2, 6, 10] }],
]);

const NODES: readonly number[] = [...PARTS.keys()];

export function partsOf(nodes: number): Parts {
  const parts = PARTS.get(nodes);
  if (parts === undefined) throw new Error(`there are no parts for ${nodes} nodes`);
  return parts;
}

export function honestOf({ victim, mates, others }: Parts): NodeId[] {
  return [victim, ...mates, ...others];
}

export function allFaceSpaces(): FaceSpace[] {
  return [
    ...NODES.flatMap((nodes) => everyWay(nodes, 1)),
    ...everyWay(4, 2),
    ...NODES.map((nodes) => alike(nodes, 3, "light", false)),
  ];
}

/** What runs with the other tests. */
export function smallFaceSpaces(): FaceSpace[] {
  return [...everyWay(4, 1), alike(5, 1, "light", false)];
}

function everyWay(nodes: number, rounds: number): FaceSpace[] {
  return (["light", "equal"] as const).flatMap((weights) =>
    [true, false].map((isHeard) => apart(nodes, rounds, weights, isHeard)),
  );
}

export function apart(nodes: number, rounds: number, weights: Weights, isHeard: boolean): FaceSpace {
  const parts = partsOf(nodes);
  const histories = FACES.length ** rounds;
  const { victim, mates, others } = parts;
  return {
    ...{ name: "apart", parts, rounds, weights, isHeard },
    count: histories * multisetCount(histories, mates.length) * multisetCount(histories, others.length),
    *schedules() {
      for (let ofVictim = 0; ofVictim < histories; ofVictim++) {
        for (const ofMates of multisets(histories, mates.length)) {
          for (const ofOthers of multisets(histories, others.length)) {
            yield scheduleOf([victim, ...mates, ...others], [ofVictim, ...ofMates, ...ofOthers], rounds);
          }
        }
      }
    },
  };
}

function alike(nodes: number, rounds: number, weights: Weights, isHeard: boolean): FaceSpace {
  const parts = partsOf(nodes);
  const histories = FACES.length ** rounds;
  const own = [parts.victim, ...parts.mates];
  return {
    ...{ name: "alike", parts, rounds, weights, isHeard },
    count: histories ** 2,
    *schedules() {
      for (let first = 0; first < histories; first++) {
        for (let second = 0; second < histories; second++) {
          const chosen = [...own.map(() => first), ...parts.others.map(() => second)];
          yield scheduleOf([...own, ...parts.others], chosen, rounds);
        }
      }
    },
  };
}

/** @param histories of each peer, a number whose digits are its faces, the first round's first */
export function scheduleOf(peers: readonly NodeId[], histories: readonly number[], rounds: number): FaceSchedule {
  const faces = histories.map((history) => digits(history, rounds, FACES.length));
  return Array.from({ length: rounds }, (_, round) => {
    return new Map(peers.map((id, i) => [id, FACES[faces[i]?.[round] as number] as Face]));
  });
}
