/**
 * What Prometheus reads at /metrics: the agent's status as numbers, and Node's own. Enters: a function that takes one
 * look at the agent. Leaves: the text. A new metric is an entry in the list of its topic; a new topic is a line in
 * METRICS.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { CHAIN_METRICS } from "./chainMetrics.ts";
import { CLAIM_METRICS } from "./claimMetrics.ts";
import { histogramWriter } from "./histogram.ts";
import { HTTP_METRICS } from "./httpMetrics.ts";
import { LOG_METRICS } from "./logMetrics.ts";
import type { Level, MeasuredStatus, Metric, Sample } from "./metric.ts";
import { NETWORK_METRICS } from "./networkMetrics.ts";
import { NODE_METRICS } from "./nodeMetrics.ts";
import { PROCESS_METRICS } from "./processMetrics.ts";
import { REPORT_METRICS } from "./reportMetrics.ts";
import { SUBMITTER_METRICS } from "./submitterMetrics.ts";

export type { MeasuredStatus } from "./metric.ts";

/** One row each in docs/metrics.md. */
const METRICS: readonly Metric[] = [
  ...CHAIN_METRICS,
  ...NODE_METRICS,
  ...NETWORK_METRICS,
  ...REPORT_METRICS,
  ...CLAIM_METRICS,
  ...SUBMITTER_METRICS,
  ...HTTP_METRICS,
  ...LOG_METRICS,
  ...PROCESS_METRICS,
];

export interface MetricsPage {
  readonly contentType: string;
  /** The whole page in Prometheus' text format, version 0.0.4. */
  metrics(): Promise<string>;
}

/** @param measure called once for each page: a look at thousands of nodes is not taken for each number */
export function createMetrics(measure: () => MeasuredStatus): MetricsPage {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const writers = METRICS.map((metric) => register(registry, metric));
  return {
    contentType: registry.contentType,
    metrics() {
      const measured = measure();
      for (const write of writers) write(measured);
      return registry.metrics();
    },
  };
}

/** The Markdown table of docs/metrics.md. */
export function renderMetricsTable(): string {
  const rows = METRICS.map(({ name, labels, type, help }) => {
    const suffix = labels === null ? "" : `{${labels.map((label) => `${label}="…"`).join(",")}}`;
    return `| \`${name}${suffix}\` | ${type} | ${help} |`;
  });
  return ["| metric | type | meaning |", "|---|---|---|", ...rows, ""].join("\n");
}

/** Puts the metric on the page. Returns what sets it from a look at the agent. */
function register(registry: Registry, metric: Metric): (measured: MeasuredStatus) => void {
  if (metric.type === "histogram") return histogramWriter(registry, metric);
  const { name, help } = metric;
  const options = { name, help, labelNames: [...(metric.labels ?? [])], registers: [registry] };
  if (metric.type === "counter") {
    const counter = new Counter(options);
    const counted = new Map<string, number>();
    return (measured) => {
      for (const sample of samplesOf(metric, measured)) addTo(counter, counted, sample);
    };
  }
  const gauge = new Gauge(options);
  return (measured) => {
    // What is no more (a provider, a state) must not stay on the page with its last value.
    gauge.reset();
    for (const { labels, value } of samplesOf(metric, measured)) gauge.set(labels, value);
  };
}

function samplesOf(metric: Level, measured: MeasuredStatus): readonly Sample[] {
  return metric.labels === null ? [{ labels: {}, value: metric.read(measured) }] : metric.read(measured);
}

/** Only ever adds: a counter that fell would be taken for one that began anew, and its whole value for growth. */
function addTo(counter: Counter, counted: Map<string, number>, { labels, value }: Sample): void {
  const key = JSON.stringify(labels);
  const before = counted.get(key) ?? 0;
  const after = Math.max(value, before);
  counter.inc(labels, after - before);
  counted.set(key, after);
}
