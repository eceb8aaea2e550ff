/** Metrics of the log. */
import { counter, type Metric } from "./metric.ts";

export const LOG_METRICS: readonly Metric[] = [
  counter(
    "quorate_log_lines_dropped_total",
    "log lines dropped because nobody read standard error in time",
    ({ droppedLogLines }) => droppedLogLines ?? 0,
  ),
];
