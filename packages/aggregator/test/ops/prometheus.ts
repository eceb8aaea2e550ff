/** Prometheus and its promtool, where this machine has them (Debian: `apt-get install prometheus`). */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { programHere } from "../support/programs.ts";

const run = promisify(execFile);

export const ALERTS_FILE: string = fileURLToPath(new URL("../../../../ops/prometheus/alerts.yaml", import.meta.url));
export const DASHBOARD_FILE: string = fileURLToPath(new URL("../../../../ops/grafana/quorate.json", import.meta.url));

/** Which of the programs are missing here; null when none is. */
export const MISSING: string | null =
  ["promtool", "prometheus"].filter((name) => programHere(name) === null).join(" and ") || null;

/** What it says. Rejects with it when it finds fault. */
export async function promtool(...args: string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run("promtool", args);
    return stdout + stderr;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`promtool ${args.join(" ")}\n${stdout}${stderr}`);
  }
}

/** Words in a query that are no metrics: functions, and what stands beside them. */
const NO_METRIC = new Set(
  (
    "time rate increase sum max min avg count by without offset and or on ignoring le job instance " +
    "histogram_quantile " +
    "changes delta label_replace topk clamp_min abs bool unless"
  ).split(" "),
);

/** Names of the metrics that a query asks for. */
export function metricsIn(query: string): string[] {
  const bare = query
    .replace(/"[^"]*"/g, "")
    .replace(/\{[^}]*\}/g, "")
    .replace(/\[[^\]]*\]/g, "")
    .replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, "")
    .replace(/\boffset\s+\w+/g, "")
    .replace(/\$\w+/g, "");
  return [...bare.matchAll(/[a-zA-Z_][a-zA-Z0-9_]*/g)].map(([name]) => name).filter((name) => !NO_METRIC.has(name));
}

export function readText(file: string): string {
  return readFileSync(file, "utf8");
}
