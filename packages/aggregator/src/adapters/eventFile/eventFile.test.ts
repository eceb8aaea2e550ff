import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { headAt, histories, lastTimestamp } from "../../../test/support/ledgerHistory.ts";
import { endOf, ReportChain } from "../../../test/support/reportChain.ts";
import type { ChainEvent } from "../../core/ledger/events.ts";
import { openEventFile, writeEventFile } from "./eventFile.ts";

const directory = mkdtempSync(join(tmpdir(), "quorate-events-"));
afterAll(() => rmSync(directory, { recursive: true }));

const HEADER = {
  chainId: 31_337,
  rewards: `0x${"c0".repeat(20)}`,
  pool: `0x${"b0".repeat(20)}`,
  fromBlock: 3,
} as const;

/** A history with every type of event that a report brings. */
function sample(): ChainEvent[] {
  const chain = new ReportChain(3);
  const late = chain.register();
  chain.now = endOf(0) + 1;
  chain.record(0, [1, 2, 3, late]);
  chain.decommission([3]);
  chain.show(0, [3]);
  chain.emit({ type: "nodes-dropped", ids: [3] });
  chain.emit({ type: "nodes-restored", ids: [3] });
  chain.record(0, [1, 2, 3]);
  chain.leave(2, endOf(9));
  chain.activate([late]);
  chain.exit(1);
  return chain.events;
}

function written(events: readonly ChainEvent[], name = "events.jsonl"): string {
  const path = join(directory, name);
  writeEventFile(path, { ...HEADER, head: headAt(lastTimestamp(events)) }, events);
  return path;
}

describe("a file of events", () => {
  it("gives back what was written, every type of event, as often as it is read", () => {
    const events = sample();
    expect(new Set(events.map(({ type }) => type)).size).toBe(13);
    const file = openEventFile(written(events));
    expect(file.header).toEqual({ ...HEADER, head: headAt(lastTimestamp(events)), events: events.length });
    expect([...file.events()]).toEqual(events);
    expect([...file.events()]).toEqual(events);
  });

  it("property: any history comes back the same", () => {
    fc.assert(
      fc.property(histories, (events) => {
        expect([...openEventFile(written(events)).events()]).toEqual(events);
      }),
      { numRuns: 20 },
    );
  });

  it("error: EVENTS_FILE_INVALID names the line and the field of what is damaged", () => {
    const lines = readFileSync(written(sample()), "utf8").trimEnd().split("\n");
    const last = lines.length;
    const swap = (line: number, from: string | RegExp, to: string) =>
      lines.map((text, i) => (i === line - 1 ? text.replace(from, to) : text));
    const cases: [readonly string[], number, string][] = [
      [swap(1, "quorate-events", "events"), 1, "format"],
      [swap(1, '"version":1', '"version":2'), 1, "version"],
      [swap(3, /"stake":"[0-9]+"/, '"stake":25'), 3, "contributors.0.stake"],
      [swap(3, /"stake":"[0-9]+"/, '"stake":"-1"'), 3, "contributors.0.stake"],
      [swap(4, '"type":"node-registered"', '"type":"node-robbed"'), 4, "type"],
      [swap(4, "{", "["), 4, "line"],
      [swap(4, '"feeBps":0', '"feeBps":0,"more":1'), 4, "event"],
      [swap(2, /"blsKey":"0x11/, '"blsKey":"0x'), 2, "blsKey"],
      [lines.slice(0, -1), last - 1, "events"],
      [[...lines, lines.at(-1) as string], last + 1, "events"],
      [[lines[0] as string, ...lines.slice(2), lines[1] as string], last, "blockNumber"],
    ];
    for (const [damaged, line, field] of cases) {
      const path = join(directory, "damaged.jsonl");
      writeFileSync(path, `${damaged.join("\n")}\n`);
      expect(() => [...openEventFile(path).events()]).toThrow(
        expect.objectContaining({ code: "EVENTS_FILE_INVALID", values: expect.objectContaining({ line, field }) }),
      );
    }
  });

  it("error: a line without end is refused before it is held, and an empty or missing file too", () => {
    const path = join(directory, "long.jsonl");
    writeFileSync(path, "x".repeat(3_000_000));
    expect(() => openEventFile(path)).toThrow(/EVENTS_FILE_INVALID[\s\S]*line: 1[\s\S]*above 1048576 bytes/);
    writeFileSync(path, "");
    expect(() => openEventFile(path)).toThrow(/EVENTS_FILE_INVALID/);
    expect(() => openEventFile(join(directory, "none.jsonl"))).toThrow(/EVENTS_FILE_UNREADABLE/);
    expect(() => writeEventFile(join(directory, "no", "where"), { ...HEADER, head: headAt(1) }, [])).toThrow(
      /EVENTS_FILE_UNREADABLE/,
    );
  });
});
