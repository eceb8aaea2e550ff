/** Metrics of the HTTP interface: its listeners, and the claims that wait. */
import type { HttpTraffic } from "../../driver/ports.ts";
import { counters, gauge, gauges, histogram, type MeasuredStatus, type Metric, type Sample } from "./metric.ts";

export const HTTP_METRICS: readonly Metric[] = [
  gauges("quorate_http_connections", ["listener"], "open connections", (measured) =>
    samples(measured, ({ connections }) => [{ labels: {}, value: connections }]),
  ),
  counters(
    "quorate_http_dropped_total",
    ["listener", "reason"],
    "connections that were cut: for another's place (room), for want of one (refused), because the client did not " +
      "read (unread), asked without waiting (pipelined) or never hung up (lingering)",
    (measured) =>
      samples(measured, ({ dropped }) =>
        Object.entries(dropped).map(([reason, value]) => ({ labels: { reason }, value })),
      ),
  ),
  counters(
    "quorate_http_answers_total",
    ["listener", "status"],
    "answers by the first digit of their status",
    (measured) =>
      samples(measured, ({ answers }) =>
        Object.entries(answers).map(([status, value]) => ({ labels: { status }, value })),
      ),
  ),
  gauge(
    "quorate_claims_waiting",
    "claims that wait for their turn to be asked of the network (P-125)",
    ({ http }) => http?.claimsWaiting ?? 0,
  ),
  gauge(
    "quorate_claims_at_once",
    "claims of this agent that may collect at once: more while they are quick, fewer while they are slow (P-125)",
    ({ http }) => http?.claimsAtOnce ?? 0,
  ),
  histogram(
    "quorate_claim_wait_seconds",
    "how long claims waited for their turn (P-125)",
    ({ http }) => http?.claimWaits,
  ),
];

function samples({ http }: MeasuredStatus, read: (traffic: HttpTraffic) => readonly Sample[]): readonly Sample[] {
  return Object.entries(http?.listeners ?? {}).flatMap(([listener, traffic]) =>
    read(traffic).map(({ labels, value }) => ({ labels: { listener, ...labels }, value })),
  );
}
