/** An agent's answers, asked for with patience and added up here. */
import { type AgentClient, explainByAgent, patiently } from "@quorate/client";
import { type LedgerLine, type LedgerPage, quorateError } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { agentSide } from "./sides.ts";

const RECIPIENT = `0x${"aa".repeat(20)}` as const;

function line(epoch: number, share: bigint): LedgerLine {
  return { epoch, node: 1, activeSeconds: 60, nodeReward: share, fee: 0n, share, dust: 0n, bounty: 0n, amount: share };
}

/** Two epochs a page, 10 units an epoch, five epochs. */
function pageFrom(from: number, to: number): LedgerPage {
  const last = Math.min(from + 1, to);
  const lines = Array.from({ length: last - from + 1 }, (_, i) => line(from + i, 10n));
  const [before, after] = [10n * BigInt(from), 10n * BigInt(last + 1)];
  return { recipient: RECIPIENT, from, to: last, before, after, lines, next: last >= to ? null : last + 1 };
}

function clientOf(page: (from: number, to: number) => LedgerPage): AgentClient {
  const answers: Pick<AgentClient, "ledgerPage" | "ledgerEpochs"> = {
    ledgerPage: async (_recipient, from, to) => page(from, to as number),
    ledgerEpochs: async (from) => ({
      epochs: from > 4 ? [] : [{ epoch: from, root: null, totalOwed: 7n }],
      closedEpoch: 4,
    }),
  };
  return answers as AgentClient;
}

describe("an agent's lines", () => {
  it("are asked for page by page, up to the epoch that was the last when it began", async () => {
    const asked: [number, number][] = [];
    const client = clientOf((from, to) => {
      asked.push([from, to]);
      return pageFrom(from, to);
    });
    const { lines, amount, epoch } = await explainByAgent(client, RECIPIENT, null);
    expect([lines.length, amount, epoch]).toEqual([5, 50n, 4]);
    expect(asked).toEqual([
      [0, 4],
      [2, 4],
      [4, 4],
    ]);
    expect(await explainByAgent(client, RECIPIENT, 2)).toMatchObject({ amount: 30n, epoch: 2 });
  });

  it.each<[string, (page: LedgerPage) => LedgerPage]>([
    ["a line that is left out", (page) => ({ ...page, lines: page.lines.slice(1) })],
    ["an amount that is too high", (page) => ({ ...page, after: page.after + 1n })],
    [
      "a page that begins with more than the last ended with",
      (page) => ({ ...page, before: 5n, after: page.after + 5n }),
    ],
    ["a page of other epochs", (page) => ({ ...page, from: page.from + 1 })],
    ["a page that never ends", (page) => ({ ...page, next: page.from })],
    ["somebody else's page", (page) => ({ ...page, recipient: `0x${"bb".repeat(20)}` as const })],
  ])("error: LEDGER_LINES_DISAGREE for %s", async (_name, change) => {
    const client = clientOf((from, to) => (from === 0 ? change(pageFrom(from, to)) : pageFrom(from, to)));
    await expect(explainByAgent(client, RECIPIENT, null)).rejects.toMatchObject({ code: "LEDGER_LINES_DISAGREE" });
  });

  it("error: EPOCH_NOT_CLOSED for an epoch that the agent does not list", async () => {
    const side = agentSide("one", clientOf(pageFrom));
    expect(await side.totals(4)).toMatchObject({ totalOwed: 7n });
    await expect(side.totals(5)).rejects.toMatchObject({ code: "EPOCH_NOT_CLOSED" });
  });
});

describe("patience", () => {
  it("asks again as soon as the agent says, and no other failure twice", async () => {
    let tries = 0;
    const busy = async () => {
      tries += 1;
      if (tries < 4) throw quorateError("RATE_LIMITED", { waitMs: 1 });
      return "answered";
    };
    expect(await patiently(busy)).toBe("answered");
    expect(tries).toBe(4);
    const failing = async () => {
      tries += 1;
      throw quorateError("AGENT_UNREACHABLE");
    };
    await expect(patiently(failing)).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
    expect(tries).toBe(5);
  });
});
