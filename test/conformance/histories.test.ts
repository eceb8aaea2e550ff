/**
 * The histories of packages/common/vectors: fresh, and the same for two ledgers of which the second was written from
 * the rules alone (P-31, P-40, P-50 to P-63, P-110, P-112).
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type EpochVector,
  type HistoryVector,
  historyVectors,
} from "../../packages/aggregator/test/support/histories.ts";
import { type JsonEvent, SecondLedger } from "./secondLedger.ts";

const folder = new URL("../../packages/common/vectors/histories/", import.meta.url);
const stored = readdirSync(folder).map(
  (file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as HistoryVector,
);

describe("the histories", () => {
  it("are what this ledger makes of them (else: npx -y pnpm@12 generate)", () => {
    const made = historyVectors();
    expect(stored.map(({ name }) => name).sort()).toEqual(made.map(({ name }) => name).sort());
    for (const history of made) expect(stored.find(({ name }) => name === history.name)).toEqual(history);
  });

  it("hold every event, every state, both lists, each of several epochs, and every kind of record and showing", () => {
    const events = stored.flatMap((history) => history.events as JsonEvent[]);
    expect(new Set(events.map(({ type }) => type)).size).toBe(13);
    const records = events.filter(({ type }) => type === "report-recorded");
    const kinds = new Set(records.map(({ isFirst, becamePayable }) => `${isFirst} ${becamePayable}`));
    expect([...kinds].sort()).toEqual(["false true", "true false", "true true"]);
    const epochs = stored.flatMap((history) => history.epochs);
    const states = new Set(epochs.flatMap(({ nodes }) => nodes.map(({ state, silent }) => `${state} ${silent}`)));
    expect([...states].sort()).toEqual(
      ["active false", "decommissioned false", "decommissioned true", "exited false", "pending false"].sort(),
    );
    const having = (holds: (epoch: EpochVector) => boolean) => epochs.filter(holds).length;
    expect(having(({ activate }) => activate.length > 0)).toBeGreaterThan(10);
    expect(having(({ decommission }) => decommission.length > 0)).toBeGreaterThan(10);
    expect(having(({ decommission }) => decommission.length > 1)).toBeGreaterThan(0);
    expect(having(({ activate }) => activate.length === 64)).toBeGreaterThan(0);
    expect(having(({ carry }) => BigInt(carry) > 10n ** 9n)).toBeGreaterThan(2);
    expect(epochs.length).toBeGreaterThan(200);
  });
});

describe("P-50 a ledger written from docs/protocol.md alone", () => {
  it.each(stored.map((history) => [history.name, history] as const))("comes to the same: %s", (_name, history) => {
    const closed = new SecondLedger(history.events as JsonEvent[]).closedBy(history.head.timestamp);
    expect(closed.length).toBe(history.epochs.length);
    for (const [i, epoch] of closed.entries()) expect(epoch).toEqual(history.epochs[i]);
  });

  it("error: notices a history that lacks one event", () => {
    const history = stored.find(({ name }) => name === "showings") as HistoryVector;
    const events = (history.events as JsonEvent[]).filter(({ type }) => type !== "signers-shown");
    const closed = new SecondLedger(events).closedBy(history.head.timestamp);
    expect(closed).not.toEqual(history.epochs);
  });
});
