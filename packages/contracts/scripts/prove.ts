// `pnpm prove`: proves every property of test/proofs, then plants every fault of faults.json and wants it refuted. Exit
// status 0 when all is proved but for what undecided.json names with a reason, and every fault is refuted; and where
// there is no z3.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageDir } from "../src/artifacts.ts";
import { allProperties, nameOf, type Planted, type Property, prove, type Verdict, z3Version } from "../src/smt.ts";

const version = z3Version();
if (version === null) {
  process.stdout.write("skipped: no z3 on the PATH; on Debian and Ubuntu `apt-get install z3` brings it\n");
} else {
  process.stdout.write(`${version}\n`);
  const properties = allProperties();
  const failures = [...proveAll(properties), ...plantAll(properties)];
  for (const failure of failures) process.stderr.write(`${failure}\n`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}

/** Prints a row for each property. Returns what must not be. */
function proveAll(properties: readonly Property[]): string[] {
  const reasons = readJson<Record<string, string>>("undecided.json");
  const names = new Set(properties.map(nameOf));
  const failures = Object.keys(reasons)
    .filter((name) => !names.has(name))
    .map((name) => `undecided.json names ${name}, which is no property`);
  for (const property of properties) {
    const verdict = prove(property);
    const reason = reasons[nameOf(property)];
    row(property.library, nameOf(property), verdict, reason ?? verdict.detail);
    if (verdict.outcome === "proved" && reason === undefined) continue;
    if (verdict.outcome === "undecided" && reason !== undefined) continue;
    failures.push(`${nameOf(property)} is ${verdict.outcome}${reason === undefined ? "" : " and in undecided.json"}`);
  }
  return failures;
}

/** Prints a row for each planted fault. Returns those that were not noticed. */
function plantAll(properties: readonly Property[]): string[] {
  process.stdout.write("\nWith a fault planted, the property must be refuted:\n");
  const failures: string[] = [];
  for (const fault of readJson<Planted[]>("faults.json")) {
    const property = properties.find((candidate) => nameOf(candidate) === fault.refutes);
    if (property === undefined) {
      failures.push(`faults.json names ${fault.refutes}, which is no property`);
      continue;
    }
    const verdict = prove(property, fault);
    row(fault.library, `\`${fault.from}\` → \`${fault.to}\``, verdict, verdict.detail);
    if (verdict.outcome !== "refuted") failures.push(`not noticed by ${fault.refutes}: ${fault.from} → ${fault.to}`);
  }
  return failures;
}

function row(library: string, what: string, { outcome, seconds }: Verdict, detail: string): void {
  const left = `${library.padEnd(12)} ${what.padEnd(92)} ${outcome.padEnd(9)}`;
  process.stdout.write(`${`${left} ${seconds.toFixed(1).padStart(5)} s  ${detail}`.trimEnd()}\n`);
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(join(packageDir, "test", "proofs", file), "utf8")) as T;
}
