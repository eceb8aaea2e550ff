/**
 * A histogram that shows what was counted elsewhere: prom-client's own would count again. Enters: counts by bound.
 * Leaves: the series `_bucket`, `_sum` and `_count`.
 */
import type { DurationsView } from "@quorate/common";
import type { Metric as ClientMetric, Registry } from "prom-client";
import type { Histogram, MeasuredStatus } from "./metric.ts";

const NONE: DurationsView = { boundsSeconds: [], atMost: [], count: 0, sumSeconds: 0 };

export function histogramWriter(
  registry: Registry,
  { name, help, read }: Histogram,
): (measured: MeasuredStatus) => void {
  let shown = NONE;
  const series = () => {
    const { boundsSeconds, atMost, count, sumSeconds } = shown;
    const buckets = boundsSeconds.map((le, i) => ({
      labels: { le },
      value: atMost[i] ?? 0,
      metricName: `${name}_bucket`,
    }));
    return [
      ...buckets,
      { labels: { le: "+Inf" }, value: count, metricName: `${name}_bucket` },
      { labels: {}, value: sumSeconds, metricName: `${name}_sum` },
      { labels: {}, value: count, metricName: `${name}_count` },
    ];
  };
  // All that a registry asks of a metric.
  const metric = {
    name,
    help,
    type: "histogram",
    get: async () => ({ name, help, type: "histogram", values: series() }),
  };
  registry.registerMetric(metric as unknown as ClientMetric);
  return (measured) => {
    shown = read(measured) ?? NONE;
  };
}
