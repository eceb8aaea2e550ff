/**
 * The figures at the top of the page. Enters: what the chain says, or, where none can be asked, what agents say.
 * Leaves: the same figures with how far they can be believed.
 */
import type { NetworkOverview, QuorateClient } from "@quorate/client";
import type { Belief } from "../../parts/parts.tsx";
import type { Panel } from "../../truth/panel.ts";
import type { EpochClock } from "./epochs.ts";
import type { Stakes } from "./health.ts";

export interface Figures extends Stakes, EpochClock {
  readonly belief: Belief;
  readonly silentStake: bigint;
  readonly acceptedReports: number;
  readonly pausedUntil: number | null;
  readonly block: number;
  /** Seconds since 1970 of that block, and `performance.now()` when it was read: the chain's clock from then on. */
  readonly timestamp: number;
  readonly readAtMs: number;
  /** Null where agents say it: they do not tell. */
  readonly emission: NetworkOverview["emission"] | null;
  /** What agents say; null where the page reads reports itself. */
  readonly payableEpoch: number | null;
}

export async function figuresByChain(client: Pick<QuorateClient, "overview">): Promise<Figures> {
  const overview = await client.overview();
  return { ...overview, belief: { by: "chain" }, readAtMs: performance.now(), payableEpoch: null };
}

export async function figuresByAgents(panel: Panel, signal: AbortSignal): Promise<Figures> {
  const { value, belief } = await panel.ask({
    ask: (agent) => agent.status(),
    keyOf: ({ activeStake, decommissionedStake, silentStake, genesis, epochSeconds, acceptedReports, payableEpoch }) =>
      [activeStake, decommissionedStake, silentStake, genesis, epochSeconds, acceptedReports, payableEpoch].join(),
    momentOf: ({ closedEpoch }) => closedEpoch ?? -1,
    signal,
  });
  const { activeStake, decommissionedStake, silentStake, genesis, epochSeconds, acceptedReports, payableEpoch } = value;
  return {
    ...{ activeStake, decommissionedStake, silentStake, genesis, acceptedReports, payableEpoch, belief },
    epochSeconds: epochSeconds ?? 1,
    pausedUntil: null,
    block: value.head?.number ?? 0,
    timestamp: value.head?.timestamp ?? 0,
    readAtMs: performance.now(),
    emission: null,
  };
}

/** Seconds since 1970 by the chain's clock, now. */
export function chainNow({ timestamp, readAtMs }: Pick<Figures, "timestamp" | "readAtMs">): number {
  return timestamp + Math.floor((performance.now() - readAtMs) / 1_000);
}
