// A short part of `pnpm prove`, where there is a z3: proofs go through, faults do not.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { packageDir } from "../src/artifacts.ts";
import { allProperties, nameOf, type Planted, type Property, prove, z3Version } from "../src/smt.ts";

const withoutZ3 = z3Version() === null;
if (withoutZ3) process.stderr.write("proofs skipped: no z3 on the PATH; `apt-get install z3` brings it\n");

const read = (...path: string[]): string => readFileSync(join(packageDir, ...path), "utf8");
const faults = JSON.parse(read("test", "proofs", "faults.json")) as Planted[];
const reasons = JSON.parse(read("test", "proofs", "undecided.json")) as Record<string, string>;
const properties = allProperties();

function named(name: string): Property {
  const property = properties.find((candidate) => nameOf(candidate) === name);
  if (property === undefined) throw new Error(`no property ${name}`);
  return property;
}

test("every library that is proved has a fault planted, in an expression that it has once, for a property there is", () => {
  expect(new Set(faults.map(({ library }) => library))).toEqual(new Set(properties.map(({ library }) => library)));
  for (const { library, from, refutes } of faults) {
    expect(read("contracts", "libraries", `${library}.sol`).split(from)).toHaveLength(2);
    expect(named(refutes).library).toBe(library);
  }
});

test("every property that may stay undecided is there and has a reason", () => {
  for (const [name, reason] of Object.entries(reasons)) {
    expect(named(name).name).toMatch(/^P\d+_/);
    expect(reason.length).toBeGreaterThan(20);
  }
});

describe.skipIf(withoutZ3)("with z3", () => {
  test.each([
    "QuorumProofs.P24_two_thirds_do_not_record",
    "BalanceProofs.P25_a_raise_never_lowers",
    "ClaimCycleHistoryProofs.P26_the_claims_of_a_cycle_never_pass_its_limit",
    "PoolProofs.P31_the_exponent_is_at_most_45_3",
  ])("%s is proved", (name) => {
    expect(prove(named(name))).toMatchObject({ outcome: "proved", detail: "" });
  });

  test("P-24: a part of the stake that is too low is refuted, by one node's stake", () => {
    const fault = faults.find(({ from }) => from === "RECORD_BPS = 6_667") as Planted;
    expect(prove(named(fault.refutes), fault)).toMatchObject({ outcome: "refuted", detail: "stake = 1" });
  });

  test("P-26: a limit that looks at each claim alone is refuted", () => {
    const fault = faults.find(({ from }) => from === "require(amount <= left_,") as Planted;
    expect(prove(named(fault.refutes), fault).outcome).toBe("refuted");
  });

  test("a property whose assumptions exclude everything is no proof", () => {
    const property = named("ClaimCycleProofs.P26_a_new_cycle_starts_at_zero");
    const text = property.text.replace("require(cycleNow != storedCycle)", "require(cycleNow != cycleNow   )");
    expect(() => prove({ ...property, text })).toThrow(/assumes what cannot be/);
  });

  test("a property that asserts nothing is no proof", () => {
    const property = named("ClaimCycleProofs.P26_the_running_cycle_goes_on");
    const asserted = "assert(ClaimCycle.used(cycle, cycle, storedUsed) == storedUsed);";
    const called = "ClaimCycle.used(cycle, cycle, storedUsed);".padEnd(asserted.length);
    const text = property.text.replace(asserted, called);
    expect(() => prove({ ...property, text })).toThrow(/asserts nothing/);
  });
});
