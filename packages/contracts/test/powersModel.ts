// What owner and guardian may do, in plain TypeScript: pauses, emergencies, the staking requirement. In: operations
// with their block's timestamp. Out: the name of the error the contract must give, or null.
import { DAY_SECONDS, type NodesModel } from "./nodesModel.ts";

export type Caller = "owner" | "guardian" | "stranger";

interface Announcement {
  readonly readyAt: number;
  readonly acceptedReports: number;
}

/** The longest pause, and the guardian's window (P-113). */
const MONTH_SECONDS = 30 * DAY_SECONDS;

export class PowersModel {
  requirementAtomic: bigint;
  /** When the pause that is running ends, or the last one has ended. */
  pausedUntil = 0;
  /** The last first record, or genesis. */
  lastReportAt: number;
  windowEndsAt = 0;
  windowPauses = 0;
  readonly #nodes: NodesModel;
  readonly #epochSeconds: number;
  readonly #noticeSeconds: number;
  readonly #announcements: Map<string, Announcement> = new Map();
  #isOwnersPause = false;
  #requirementChangedAt = 0;

  constructor(
    nodes: NodesModel,
    parameters: { requirementAtomic: bigint; epochSeconds: number; noticeSeconds: number; genesis: number },
  ) {
    this.#nodes = nodes;
    this.requirementAtomic = parameters.requirementAtomic;
    this.#epochSeconds = parameters.epochSeconds;
    this.#noticeSeconds = parameters.noticeSeconds;
    this.lastReportAt = parameters.genesis;
  }

  isPaused(at: number): boolean {
    return at < this.pausedUntil;
  }

  /** P-113: `pause(seconds)`. */
  pause(by: Caller, seconds: number, at: number): string | null {
    if (seconds === 0 || seconds > MONTH_SECONDS) return "ParameterOutOfRange";
    let until = at + seconds;
    if (by !== "owner") {
      const problem = this.#guardianProblem(by, at) ?? this.#useWindow(at);
      if (problem !== null) return problem;
      until = Math.min(until, this.windowEndsAt);
    }
    this.#isOwnersPause = by === "owner";
    this.pausedUntil = until;
    return null;
  }

  /** P-113: `unpause()`. */
  unpause(by: Caller, at: number): string | null {
    if (!this.isPaused(at)) return "NotPaused";
    const problem = by === "owner" ? null : this.#guardianProblem(by, at);
    if (problem === null) this.pausedUntil = at;
    return problem;
  }

  /** P-115: `setStakingRequirement` by the owner. */
  require(amountAtomic: bigint, at: number): string | null {
    if (at < this.#requirementChangedAt + 15 * DAY_SECONDS) return "RequirementChangeTooEarly";
    const current = this.requirementAtomic;
    if (amountAtomic > 2n * current || 2n * amountAtomic < current) return "ParameterOutOfRange";
    this.requirementAtomic = amountAtomic;
    this.#requirementChangedAt = at;
    return null;
  }

  /** P-42: `announceEmergency`. */
  announce(by: Caller, decommission: readonly number[], activate: readonly number[], at: number): string | null {
    if (this.isPaused(at)) return "EnforcedPause";
    if (by === "stranger") return "NotOwnerOrGuardian";
    if (!this.#isQuiet(at)) return "NetworkAlive";
    const lists = JSON.stringify([decommission, activate]);
    if (this.#isInForce(lists)) return "EmergencyAnnouncedAlready";
    const { acceptedReports } = this.#nodes;
    this.#announcements.set(lists, { readyAt: at + this.#noticeSeconds, acceptedReports });
    return null;
  }

  /** P-42: `emergencyDecommission`. */
  carryOut(by: Caller, decommission: readonly number[], activate: readonly number[], at: number): string | null {
    if (by !== "owner") return "OwnableUnauthorizedAccount";
    if (this.isPaused(at)) return "EnforcedPause";
    const lists = JSON.stringify([decommission, activate]);
    if (!this.#isInForce(lists)) return "EmergencyNotAnnounced";
    if (at < (this.#announcements.get(lists)?.readyAt ?? 0)) return "EmergencyTooEarly";
    if (!this.#isQuiet(at)) return "NetworkAlive";
    const stays = this.#nodes.nodes.some(
      ({ id, state, leaveRequestedAt }) =>
        state === "active" &&
        (!decommission.includes(id) || (leaveRequestedAt !== 0 && at >= leaveRequestedAt + 15 * DAY_SECONDS)),
    );
    if (activate.length > 0 && stays) return "ActiveStakeLeft";
    this.#announcements.delete(lists);
    this.#nodes.decommission(decommission, false, 0n, at);
    this.#nodes.activate(activate, at);
    return null;
  }

  /** That the caller is the guardian, and no pause of the owner's is running. */
  #guardianProblem(by: Caller, at: number): string | null {
    if (by !== "guardian") return "NotOwnerOrGuardian";
    return this.#isOwnersPause && this.isPaused(at) ? "PausedByOwner" : null;
  }

  /** Counts a pause of the guardian's: three in a window of 30 days, and none in the 30 days after it. */
  #useWindow(at: number): string | null {
    if (at >= this.windowEndsAt + MONTH_SECONDS) {
      this.windowEndsAt = at + MONTH_SECONDS;
      this.windowPauses = 0;
    } else if (at >= this.windowEndsAt || this.windowPauses === 3) {
      return "GuardianMustWait";
    }
    this.windowPauses += 1;
    return null;
  }

  #isInForce(lists: string): boolean {
    return this.#announcements.get(lists)?.acceptedReports === this.#nodes.acceptedReports;
  }

  /** Nothing was accepted for 72 epochs, since the last report, genesis or end of a pause. */
  #isQuiet(at: number): boolean {
    return at - Math.max(this.lastReportAt, this.pausedUntil) >= 72 * this.#epochSeconds;
  }
}
