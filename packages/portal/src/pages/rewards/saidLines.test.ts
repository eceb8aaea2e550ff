import { isQuorateError, type LedgerLine } from "@quorate/common";
import { afterEach, describe, expect, it } from "vitest";
import { createPanel } from "../../truth/panel.ts";
import { CHAIN_ID, CONTRACT, startTestAgent, type TestAgent } from "../../truth/testAgents.ts";
import { askLines, firstDifference, keyOfLines, type SaidLines } from "./saidLines.ts";

const RECIPIENT = `0x${"aa".repeat(20)}` as const;

const line = (epoch: number, node: number, amount: bigint): LedgerLine => ({
  ...{ epoch, node, activeSeconds: 20, nodeReward: amount, fee: 0n, share: amount, dust: 0n, bounty: 0n, amount },
});
const LINES = [line(0, 1, 5n), line(0, 2, 4n), line(1, 1, 3n)];
/** The same sum, and another node is said to have earned it. */
const SWAPPED = [line(0, 1, 5n), line(0, 2, 4n), line(1, 2, 3n)];
const SHORT = [line(0, 1, 5n)];

const started: TestAgent[] = [];
afterEach(() => Promise.all(started.splice(0).map((agent) => agent.close())));

function pageOf(lines: readonly LedgerLine[], after = lines.reduce((sum, { amount }) => sum + amount, 0n)) {
  const page = { recipient: RECIPIENT, from: 0, to: 1, before: 0n, after, lines, next: null };
  return JSON.parse(JSON.stringify(page, (_key, part) => (typeof part === "bigint" ? String(part) : part))) as object;
}

async function ask(...pages: readonly object[]) {
  const urls: string[] = [];
  for (const [i, page] of pages.entries()) {
    const agent = await startTestAgent(`peer ${i}`);
    agent.says[`/v1/ledger/${RECIPIENT}`] = [page];
    started.push(agent);
    urls.push(agent.url);
  }
  const agents = async () => urls.map((url) => ({ url, id: null, stake: null }));
  const heard: string[] = [];
  const said = await askLines(createPanel({ agents }, { chainId: CHAIN_ID, contract: CONTRACT }), {
    ...{ recipient: RECIPIENT, epoch: 1, signal: new AbortController().signal },
    onPage() {},
    onHeard: (_lines: SaidLines, url: string) => heard.push(url),
  });
  return { said, urls, heard };
}

describe("P-150: the lines of an amount, held against a second agent's", () => {
  it("two that give the same stand for them, and each is told as it comes", async () => {
    const { said, urls, heard } = await ask(pageOf(LINES), pageOf(LINES));
    expect(said).toMatchObject({ belief: { by: "agents", count: 2 }, by: urls, against: [] });
    expect(heard.sort()).toEqual([...urls].sort());
  });

  it("lines of the same sum by another node are other lines", async () => {
    const { said } = await ask(pageOf(SWAPPED), pageOf(LINES), pageOf(LINES));
    expect(said.value.lines).toEqual(LINES);
    expect(said.against.map(({ value }) => firstDifference(value.lines, LINES))).toEqual([1]);
  });

  it("an agent whose lines do not add up is named, and nobody takes its place where there is none", async () => {
    const { said, urls } = await ask(pageOf(LINES), pageOf(LINES, 13n));
    expect(said.belief).toEqual({ by: "agents", count: 1 });
    expect(said.silent.map(({ url, error }) => [url, isQuorateError(error, "LEDGER_LINES_DISAGREE")])).toEqual([
      [urls[1], true],
    ]);
  });

  it("the key tells any field, any order, and lines beyond the first thousand apart", async () => {
    const many = Array.from({ length: 2_500 }, (_, epoch) => line(epoch, 1, BigInt(epoch)));
    const last = [...many.slice(0, -1), { ...line(2_499, 1, 2_499n), activeSeconds: 19 }];
    const keys = await Promise.all([many, last, many.toReversed(), many.slice(0, 1_000)].map(keyOfLines));
    expect(new Set(keys).size).toBe(4);
    expect(await keyOfLines([...many])).toBe(keys[0]);
  });

  it("lines that end early differ in the first epoch that is missing", () => {
    expect(firstDifference(SHORT, LINES)).toBe(0);
    expect(firstDifference(LINES, [...LINES])).toBeNull();
  });
});
