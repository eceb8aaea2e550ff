/** Metrics of this process and its disk. Node's own, the delay of its event loop among them, are prom-client's. */
import { counters, gauge, gauges, type Metric } from "./metric.ts";

export const PROCESS_METRICS: readonly Metric[] = [
  gauges("quorate_build_info", ["version", "node"], "always 1: the agent's version, and Node's", ({ version }) => [
    { labels: { version: version ?? "", node: process.versions.node }, value: 1 },
  ]),
  counters(
    "quorate_events_total",
    ["code"],
    "what the agent's core told its log since the start, by code",
    ({ observed }) => Object.entries(observed?.codes ?? {}).map(([code, value]) => ({ labels: { code }, value })),
  ),
  gauge(
    "quorate_store_bytes",
    "size of the store with its log, as of a few seconds ago; NaN where it could not be looked at",
    ({ storeSpace }) => storeSpace?.bytes ?? Number.NaN,
  ),
  gauge(
    "quorate_store_free_bytes",
    "room on the store's disk, likewise; below 16 MB the agent is not ready",
    ({ storeSpace }) => storeSpace?.freeBytes ?? Number.NaN,
  ),
];
