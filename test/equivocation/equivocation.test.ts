/**
 * Two-faced behaviour, every schedule of it up to symmetry: the small spaces here, all of them by `sim:equivocation`.
 */
import { describe, expect, it } from "vitest";
import { Cast } from "./cast.ts";
import { Histories, type LocalState } from "./localState.ts";
import { Play } from "./play.ts";
import { brokenAtTheEnd, brokenBy } from "./promises.ts";
import { runSpace } from "./run.ts";
import {
  allSpaces,
  multisetCount,
  multisets,
  oneRound,
  permutations,
  type Schedule,
  smallSpaces,
  tableCount,
  tables,
} from "./schedules.ts";

const SIGNS = 4;

/** All tables, none left out for symmetry. */
function labelled(rows: number, columns: number, signs: number): number[][][] {
  return Array.from({ length: signs ** (rows * columns) }, (_, number) =>
    Array.from({ length: rows }, (_row, r) =>
      Array.from({ length: columns }, (_column, c) => Math.floor(number / signs ** (r * columns + c)) % signs),
    ),
  );
}

/** The same for tables that differ in the order of rows and columns. */
function classOf(table: readonly (readonly number[])[]): string {
  const columns = permutations(table[0]?.length ?? 0);
  const forms = permutations(table.length).flatMap((rows) =>
    columns.map((order) => rows.map((r) => order.map((c) => table[r]?.[c]).join("")).join()),
  );
  return forms.sort()[0] as string;
}

function player(cast: Cast): (schedule: Schedule) => readonly LocalState[] {
  const histories = cast.honest.map(({ id }) => new Histories(cast, id, () => {}));
  return (schedule) => new Play(cast, histories).run(schedule);
}

describe("the spaces", () => {
  it.each([
    [1, 1, 4],
    [2, 2, 4],
    [3, 2, 3],
    [2, 3, 3],
  ])("tables of %i × %i over %i signs: one of each class, as many as the formula says", (rows, columns, signs) => {
    const classes = new Set(labelled(rows, columns, signs).map(classOf));
    const chosen = [...tables(rows, columns, signs)].map(classOf);
    expect(new Set(chosen)).toEqual(classes);
    expect(chosen).toHaveLength(classes.size);
    expect(tableCount(rows, columns, signs)).toBe(classes.size);
  });

  it("multisets: each once, as many as the formula says", () => {
    const all = [...multisets(8, 3)];
    expect(new Set(all.map(String)).size).toBe(multisetCount(8, 3));
    expect(all.every((some) => String(some) === String([...some].sort((a, b) => a - b)))).toBe(true);
  });

  it("up to 7 nodes, of which at least one is honest and one is not", () => {
    const sizes = allSpaces().map(({ honest, liars }) => `${honest}+${liars}`);
    expect(new Set(sizes).size).toBe(21);
    expect(sizes).toContain("6+1");
    expect(sizes).toContain("1+6");
  });

  it("what is left out for symmetry ends like what is run in its place", () => {
    const play = player(new Cast(2, 2, "equal"));
    const ends = new Map<string, string>();
    for (const table of labelled(2, 2, SIGNS)) {
      const told = play(oneRound(table, 1, true)).map(({ deeds }) => {
        const bundle = [...deeds.bundles.values()][0];
        return [bundle?.signers ?? "none", deeds.blamed.size, deeds.signed.size].join(" ");
      });
      const end = told.sort().join();
      const known = ends.get(classOf(table)) ?? end;
      expect(end).toBe(known);
      ends.set(classOf(table), known);
    }
    expect(ends.size).toBe(tableCount(2, 2, SIGNS));
    expect(new Set(ends.values()).size).toBeGreaterThan(2);
  });
});

describe("two-faced nodes, every schedule", () => {
  it.each(smallSpaces().map((space) => ({ ...space, space })))(
    "$name, $honest honest and $liars two-faced, $weights stakes: $count schedules, every promise holds (P-71, P-79, P-84, P-86)",
    ({ space, count }) => {
      expect(runSpace(space)).toMatchObject({ schedules: count, broken: null });
    },
  );
});

describe("the promises", () => {
  const cast = new Cast(2, 1, "equal");
  const claim = oneRound([[1, 2]], 1, true);
  const report = oneRound([[1, 2]], 0, true);
  const claimed = player(cast)(claim);
  const reported = player(cast)(report);
  const changed = (ends: readonly LocalState[], change: Partial<LocalState["deeds"]>): LocalState[] =>
    ends.map((end, i) => (i === 0 ? { ...end, deeds: { ...end.deeds, ...change } } : end));
  const deedsOf = (ends: readonly LocalState[]) => ends[0]?.deeds as LocalState["deeds"];

  it("hold where one liar shows one right and one wrong share", () => {
    expect(brokenAtTheEnd(cast, claim, claimed)).toEqual([]);
    expect(brokenAtTheEnd(cast, report, reported)).toEqual([]);
    expect(brokenBy(deedsOf(claimed), cast)).toEqual([]);
    expect(deedsOf(claimed).bundles.size).toBe(1);
    expect(deedsOf(reported).reports.length).toBeGreaterThan(0);
  });

  it("see a lost bundle, a lost record and a liar's share that nobody was shown", () => {
    expect(brokenAtTheEnd(cast, claim, changed(claimed, { bundles: new Map() })).join()).toMatch(/P-86: agent 1/);
    expect(brokenAtTheEnd(cast, report, changed(reported, { reports: [] })).join()).toMatch(/P-37: agent 1/);
    expect(brokenAtTheEnd(cast, oneRound([[2, 2]], 1, true), claimed).join()).toMatch(/P-86: agent 1 has a bundle/);
  });

  it("see two amounts, a bundle below quorum, and one that does not verify", () => {
    const [[round, bundle] = []] = deedsOf(claimed).bundles;
    if (round === undefined || bundle === undefined) throw new Error("there is a bundle");
    const other = { ...bundle, message: { ...bundle.message, amount: "1" } };
    const ends = changed(claimed, { bundles: new Map([[round, other]]) });
    expect(brokenAtTheEnd(cast, claim, ends).join()).toMatch(/P-86: bundles of/);
    expect(brokenBy(deedsOf(ends), cast).join()).toMatch(/P-109/);
    const small = { ...deedsOf(claimed), bundles: new Map([[round, { ...bundle, signers: "0x02" as const }]]) };
    expect(brokenBy(small, cast).join()).toMatch(/P-86: a bundle of 3333 basis points/);
  });

  it("see an honest peer blamed, a second record and another's message signed", () => {
    const deeds = deedsOf(claimed);
    const [honest] = cast.honest;
    expect(brokenBy({ ...deeds, blamed: new Set([honest?.peer ?? "0x"]) }, cast).join()).toMatch(/P-79/);
    expect(brokenBy({ ...deeds, conflicts: ["a second record"] }, cast).join()).toMatch(/P-71: a second record/);
    const [[round] = []] = deeds.signed;
    if (round === undefined) throw new Error("something was signed");
    expect(brokenBy({ ...deeds, signed: new Map([[round, "0x00"]]) }, cast).join()).toMatch(/P-71: 0x00 was signed/);
  });
});
