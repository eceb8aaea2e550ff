/**
 * ops/prometheus/alerts.yaml against the metrics that there are, against promtool, and against a Prometheus that reads
 * an agent's page.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { createMetrics, type MeasuredStatus } from "../../src/adapters/metrics/metrics.ts";
import { serve, stopServers, testAgent } from "../support/httpServer.ts";
import { freePort } from "../support/ports.ts";
import { ALERT_CASES, HEALTHY } from "./alertCases.ts";
import { ALERTS_FILE, MISSING, metricsIn, promtool, readText } from "./prometheus.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity?: string };
  readonly annotations: { readonly summary?: string; readonly description?: string };
}

const rules = (parse(readText(ALERTS_FILE)).groups as { rules: Rule[] }[]).flatMap(({ rules: of }) => of);
const directory = mkdtempSync(join(tmpdir(), "quorate-alerts-"));
afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

const page = (): Promise<string> => createMetrics(() => testAgent().api.status()).metrics();

describe("alert rules", () => {
  it("ask for metrics that an agent has, and say what is wrong and what to do", async () => {
    const known = new Set([...(await page()).matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name));
    expect(rules.length).toBeGreaterThan(20);
    for (const { alert, expr, labels, annotations } of rules) {
      const asked = metricsIn(expr).map((name) => name.replace(/_bucket$/, ""));
      expect(asked.length, alert).toBeGreaterThan(0);
      // `up` is Prometheus' own: whether it reached the agent.
      expect(
        asked.filter((name) => name !== "up" && !known.has(name)),
        alert,
      ).toEqual([]);
      expect(["warning", "critical"]).toContain(labels["severity"]);
      expect(Math.min(annotations["summary"]?.length ?? 0, annotations["description"]?.length ?? 0)).toBeGreaterThan(
        10,
      );
    }
  });

  it("each has a case in which it fires", () => {
    expect(Object.keys(ALERT_CASES).sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });
});

/** Labels that the rule's own expression names are those of the series. */
const LABELS: Readonly<Record<string, string>> = {
  QuorateNodeDecommissioned: 'state="decommissioned"',
  QuorateHttpFaults: 'status="5xx"',
  QuorateAgentDown: "",
};

function labelled(series: string, extra = ""): string {
  const all = ['job="quorate"', 'instance="a"', ...(extra === "" ? [] : [extra])].join(",");
  return series.includes("{") ? series.replace("{", `{${all},`) : `${series}{${all}}`;
}

/** A test file of promtool. */
function promtoolTests(): object {
  const fires = rules.map((rule) => {
    const { on, firesAt, quietAt } = ALERT_CASES[rule.alert] ?? { on: {}, firesAt: 0 };
    const extra = LABELS[rule.alert] ?? "";
    const [, name, value] = /^(\w+)="(.*)"$/.exec(extra) ?? [];
    const own = name === undefined ? {} : { [name]: value };
    const fired = {
      exp_labels: { ...rule.labels, job: "quorate", instance: "a", ...own },
      exp_annotations: rule.annotations,
    };
    const at = (minutes: number, alerts: object[]) => {
      return { eval_time: `${minutes}m`, alertname: rule.alert, exp_alerts: alerts };
    };
    return {
      interval: "1m",
      input_series: Object.entries(on).map(([series, values]) => ({ series: labelled(series, extra), values })),
      alert_rule_test: [...(quietAt === undefined ? [] : [at(quietAt, [])]), at(firesAt, [fired])],
    };
  });
  const healthy = {
    interval: "1m",
    input_series: Object.entries(HEALTHY).map(([series, values]) => ({ series: labelled(series), values })),
    alert_rule_test: [120, 425].flatMap((minutes) =>
      rules.map(({ alert }) => ({ eval_time: `${minutes}m`, alertname: alert, exp_alerts: [] })),
    ),
  };
  return { rule_files: [ALERTS_FILE], evaluation_interval: "1m", tests: [...fires, healthy] };
}

it(`promtool and prometheus ${MISSING === null ? "are here" : `are checked elsewhere: no ${MISSING} on this machine`}`, () => {
  expect(typeof (MISSING ?? "")).toBe("string");
});

describe.skipIf(MISSING !== null)("alert rules, by Prometheus' own tools", () => {
  it("promtool takes the rules, and the page that they read", async () => {
    expect(await promtool("check", "rules", ALERTS_FILE)).toContain(`SUCCESS: ${rules.length} rules found`);
    const file = join(directory, "page.txt");
    // Node's own metrics keep prom-client's names.
    const own = (await page()).split("\n").filter((line) => line.includes("quorate_"));
    writeFileSync(file, `${own.join("\n")}\n`);
    await promisify(execFile)("sh", ["-c", `promtool check metrics < ${file}`]);
  });

  it("each rule fires on its case and not before; on a healthy agent none does (P-61, P-86, P-110, P-126)", async () => {
    const file = join(directory, "alerts.tests.yaml");
    writeFileSync(file, stringify(promtoolTests()));
    expect(await promtool("test", "rules", file)).toContain("SUCCESS");
  });

  let prometheus: ChildProcess | null = null;
  afterEach(async () => {
    await stopServers();
    if (prometheus === null) return;
    const ended = once(prometheus, "exit");
    prometheus.kill("SIGKILL");
    await ended;
  });

  it("a Prometheus that reads an agent's page fires when somebody asks for its node to leave (P-34)", async () => {
    const own = { nodeId: 1, state: "active", operator: `0x${"0b".repeat(20)}`, unlocksAt: 1_800_000_000 } as const;
    const status = (): MeasuredStatus => ({ ...testAgent().api.status(), ownNode: { ...own, foreign: [] } });
    const url = await serve(testAgent(), {}, createMetrics(status));
    const port = await freePort();
    const target = new URL(url).host;
    const config = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: [ALERTS_FILE],
      scrape_configs: [{ job_name: "quorate", static_configs: [{ targets: [target] }] }],
    };
    const file = join(directory, "prometheus.yml");
    writeFileSync(file, stringify(config));
    const flags = ["--config.file", file, "--storage.tsdb.path", join(directory, "data")];
    prometheus = spawn("prometheus", [...flags, "--web.listen-address", `127.0.0.1:${port}`], { stdio: "ignore" });
    expect(await firing(port, "QuorateNodeLeaving")).toMatchObject({
      state: "firing",
      labels: { severity: "warning", instance: target, job: "quorate" },
    });
  });
});

/** Waits for the alert as long as the test may take. */
async function firing(port: number, name: string): Promise<object> {
  for (;;) {
    await sleep(200);
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/alerts`).catch(() => null);
    if (response?.ok !== true) continue;
    const { data } = (await response.json()) as {
      data: { alerts: { state: string; labels: { alertname: string } }[] };
    };
    const found = data.alerts.find(({ state, labels }) => labels.alertname === name && state === "firing");
    if (found !== undefined) return found;
  }
}
