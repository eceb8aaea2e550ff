/**
 * What a metric is: its name, its meaning, and how it is read from one look at the agent. The lists of metrics stand
 * in a file each topic; metrics.ts puts them together.
 */
import type { AgentStatus, DurationsView } from "@quorate/common";
import type {
  ChainStatus,
  DirectCounts,
  HttpView,
  ObservedView,
  StoreSpaceView,
  SubmitterView,
} from "../../driver/ports.ts";

/** What metrics are read from: one look at the agent, taken once for all of them. */
export type MeasuredStatus = AgentStatus & {
  readonly chain: ChainStatus;
  /** Null for an agent without an account. */
  readonly submitter: SubmitterView | null;
  readonly version?: string;
  /** Whether a claim could succeed now (P-126). */
  readonly ready?: boolean;
  /** Log lines that nobody read in time. */
  readonly droppedLogLines?: number;
  /** Messages to and from single peers (P-130). */
  readonly direct?: DirectCounts;
  /** Left out by an agent without an HTTP interface. */
  readonly http?: HttpView;
  readonly observed?: ObservedView;
  readonly storeSpace?: StoreSpaceView;
};

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface MetricEntry {
  readonly name: string;
  readonly help: string;
}

/** A number without labels, or a sample for each combination of labels. */
type Read<T> = (measured: MeasuredStatus) => T;

/**
 * A gauge is a level: it may fall. A counter is a sum of what this process has seen since its start: it never falls
 * while the process runs, and its name ends in `_total`. What is counted on chain is a level: a restart may read it
 * lower.
 */
export type Metric = Level | Histogram;

export type Level = MetricEntry & { readonly type: "gauge" | "counter" } & (
    | { readonly labels: null; readonly read: Read<number> }
    | { readonly labels: readonly string[]; readonly read: Read<readonly Sample[]> }
  );

/** Durations since the start. Of what the agent does not count there are none. */
export type Histogram = MetricEntry & {
  readonly type: "histogram";
  readonly labels: null;
  readonly read: Read<DurationsView | undefined>;
};

export function gauge(name: string, help: string, read: Read<number>): Metric {
  return { type: "gauge", name, help, labels: null, read };
}

export function counter(name: `${string}_total`, help: string, read: Read<number>): Metric {
  return { type: "counter", name, help, labels: null, read };
}

export function gauges(name: string, labels: readonly string[], help: string, read: Read<readonly Sample[]>): Metric {
  return { type: "gauge", name, help, labels, read };
}

export function counters(
  name: `${string}_total`,
  labels: readonly string[],
  help: string,
  read: Read<readonly Sample[]>,
): Metric {
  return { type: "counter", name, help, labels, read };
}

export function histogram(name: `${string}_seconds`, help: string, read: Histogram["read"]): Metric {
  return { type: "histogram", name, help, labels: null, read };
}

/** 9 decimals (SessionToken). Amounts are whole tokens as floats, for graphs only; exact numbers are in /v1/status. */
export const ATOMIC_PER_TOKEN = 1e9;

/** 18 decimals. */
export const WEI_PER_ETHER = 1e18;
