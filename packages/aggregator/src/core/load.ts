/**
 * How late this agent is: what it knows of the load of its host (P-77). Enters: by how much each tick came too late.
 * Leaves: milliseconds by which it should space out what it asks of others or does for them. Pure. Not its job: what is
 * spaced out.
 *
 * Agents that share an overloaded host, or one that others load, make it worse by doing more: what is late is asked for
 * again, and ends by its deadline. So each does less the later it is. An agent in time is not held back at all.
 */
import { LATE_FADES_PART, LATE_MAX_MS, LATE_SPACING } from "./limits.ts";

export class Load {
  #lateMs = 0;

  /** A tick came so much later than it should have. */
  tick(lateMs: number): void {
    const late = Math.min(LATE_MAX_MS, Math.max(0, lateMs));
    this.#lateMs = Math.max(late, this.#lateMs * LATE_FADES_PART);
  }

  /** Milliseconds by which ticks came too late of late. */
  get lateMs(): number {
    return this.#lateMs;
  }

  /** Milliseconds to leave between two things; 0 where the host has time. */
  get spacingMs(): number {
    return this.#lateMs * LATE_SPACING;
  }
}
