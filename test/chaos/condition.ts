/**
 * What a directed link does to what passes over it, and how faults that overlap add up. Plain values: how a link is
 * made to do it is the link layers' job.
 */

export interface Condition {
  /** Nothing passes and nothing is refused: a silent hole. */
  readonly isCut: boolean;
  readonly delayMs: number;
  /** Added to the delay, drawn for each piece from 0 to this. */
  readonly jitterMs: number;
  /** Part of the pieces that is lost and sent again by TCP, 0 to 1. */
  readonly loss: number;
  /** Bytes a second; null for as many as there are. */
  readonly rate: number | null;
}

export const CLEAR: Condition = { isCut: false, delayMs: 0, jitterMs: 0, loss: 0, rate: null };

/** The worst of each. */
export function worst(conditions: readonly Condition[]): Condition {
  const rates = conditions.flatMap(({ rate }) => (rate === null ? [] : [rate]));
  return {
    isCut: conditions.some(({ isCut }) => isCut),
    delayMs: Math.max(0, ...conditions.map(({ delayMs }) => delayMs)),
    jitterMs: Math.max(0, ...conditions.map(({ jitterMs }) => jitterMs)),
    loss: Math.max(0, ...conditions.map(({ loss }) => loss)),
    rate: rates.length === 0 ? null : Math.min(...rates),
  };
}

export function sameCondition(a: Condition, b: Condition): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
