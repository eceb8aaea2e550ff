/** ops/grafana/quorate.json against the metrics that there are, and against promtool. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { createMetrics } from "../../src/adapters/metrics/metrics.ts";
import { testAgent } from "../support/httpServer.ts";
import { DASHBOARD_FILE, MISSING, metricsIn, promtool, readText } from "./prometheus.ts";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const { panels, templating } = JSON.parse(readText(DASHBOARD_FILE)) as {
  panels: Panel[];
  templating: { list: { name: string }[] };
};
const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
const directory = mkdtempSync(join(tmpdir(), "quorate-dashboard-"));
afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

describe("the Grafana dashboard", () => {
  it("asks for metrics that an agent has, and shows every one of its own at least once", async () => {
    const page = await createMetrics(() => testAgent().api.status()).metrics();
    const known = [...page.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name);
    expect(queries.length).toBeGreaterThan(30);
    const asked = new Set<string>();
    for (const { title, expr } of queries) {
      const names = metricsIn(expr).map((name) => name.replace(/_bucket$/, ""));
      expect(names.length, title).toBeGreaterThan(0);
      expect(
        names.filter((name) => !known.includes(name)),
        title,
      ).toEqual([]);
      for (const name of names) asked.add(name);
    }
    const own = known.filter((name) => name.startsWith("quorate_"));
    expect(own.filter((name) => !asked.has(name)).sort()).toEqual(NOT_SHOWN);
  });

  it("places its panels beside each other, none over another, and uses only its own variables", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
    const variables = new Set(queries.flatMap(({ expr }) => [...expr.matchAll(/\$(\w+)/g)].map(([, name]) => name)));
    const given = [...templating.list.map(({ name }) => name), "__rate_interval"];
    expect([...variables].filter((name) => !given.includes(name ?? ""))).toEqual([]);
  });
});

/** Told by others beside them, or worth a look in `quorate status` and an alert, not a panel. */
const NOT_SHOWN = [
  "quorate_head_block",
  "quorate_log_lines_dropped_total",
  "quorate_node_exited",
  "quorate_node_foreign",
  "quorate_node_leaving",
  "quorate_node_unlock_timestamp_seconds",
  "quorate_owed_tokens",
  "quorate_reachable_floor_bps",
  "quorate_registered",
  "quorate_submitter",
];

describe.skipIf(MISSING !== null)("the dashboard, by promtool", () => {
  it("every query is one that Prometheus understands", async () => {
    const rules = queries.map(({ expr }, i) => ({
      record: `panel:query_${i}`,
      expr: expr.replaceAll("$__rate_interval", "5m"),
    }));
    const file = join(directory, "queries.yaml");
    writeFileSync(file, stringify({ groups: [{ name: "panels", rules }] }));
    expect(await promtool("check", "rules", file)).toContain(`SUCCESS: ${rules.length} rules found`);
  });
});
