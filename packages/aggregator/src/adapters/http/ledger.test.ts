/** The ledger's paths: what an agent says of its own ledger, bounded and dear. */
import { createAgentClient } from "@quorate/client";
import { type LedgerPage, quorateError, type RangesPage } from "@quorate/common";
import { afterEach, describe, expect, it } from "vitest";
import { ALICE, LARGE, linesAnswer, refused, serve, stopServers, testAgent } from "../../../test/support/httpServer.ts";

afterEach(stopServers);

const LINE = {
  epoch: 3,
  node: 7,
  activeSeconds: 60,
  nodeReward: 2n * LARGE,
  fee: 5n,
  share: LARGE,
  dust: 1n,
  bounty: 0n,
};
const PAGE: LedgerPage = {
  recipient: ALICE,
  ...{ from: 3, to: 4, before: 9n, after: 9n + LARGE + 6n, next: 5 },
  lines: [{ ...LINE, amount: LARGE + 6n }],
};
const ROOT = `0x${"07".repeat(32)}` as const;
const RANGES: RangesPage = {
  ...{ epoch: 4, prefix: "a" },
  ranges: [{ prefix: "aa", count: 70, hash: ROOT }],
  entries: null,
};

/** An agent that has closed epochs, and writes down what it is asked. */
function audited({ goesOn = false } = {}) {
  const agent = testAgent();
  const asked: unknown[][] = [];
  agent.ledger = {
    page: async (...question) => {
      asked.push(question);
      return linesAnswer(PAGE, goesOn);
    },
    epochs: async (...question) => {
      asked.push(question);
      return { epochs: [{ epoch: 3, root: ROOT, totalOwed: LARGE }], closedEpoch: 4 };
    },
    ranges: async (...question) => {
      asked.push(question);
      return RANGES;
    },
  };
  return { agent, asked };
}

describe("the ledger over HTTP", () => {
  it("comes back with every amount exact", async () => {
    const { agent, asked } = audited();
    const client = createAgentClient({ url: await serve(agent, { requestBurst: 10_000 }) });
    expect(await client.ledgerPage(ALICE, 3, null)).toEqual(PAGE);
    expect(await client.ledgerPage(ALICE, 0, 4)).toEqual(PAGE);
    expect((await client.ledgerEpochs(3, 2)).epochs).toEqual([{ epoch: 3, root: ROOT, totalOwed: LARGE }]);
    expect(await client.ledgerRanges(4, "a")).toEqual(RANGES);
    const expected = [
      [ALICE, 3, null],
      [ALICE, 0, 4],
      [3, 2],
      [4, "a"],
    ];
    expect(asked).toEqual(expected);
  });

  it("has defaults: from the first epoch to the last closed one, as many epochs as fit, everybody", async () => {
    const { agent, asked } = audited();
    const url = await serve(agent);
    for (const path of [ALICE, "epochs", "ranges?epoch=4"])
      expect((await fetch(`${url}/v1/ledger/${path}`)).ok).toBe(true);
    expect(asked).toEqual([
      [ALICE, 0, null],
      [0, 256],
      [4, ""],
    ]);
  });

  it("error: REQUEST_MALFORMED for what is not asked like this", async () => {
    const url = await serve(audited().agent, { requestBurst: 10_000 });
    for (const path of [
      `${ALICE}?from=-1`,
      `${ALICE}?epoch=last`,
      `${ALICE}?more=1`,
      "epochs?count=257",
      "epochs?count=0",
      "ranges",
      "ranges?epoch=1&prefix=XY",
      `ranges?epoch=1&prefix=${"a".repeat(41)}`,
    ])
      expect(await refused(`${url}/v1/ledger/${path}`)).toMatchObject({ status: 400, code: "REQUEST_MALFORMED" });
  });

  it("error: three questions at once are all that a client gets", async () => {
    const url = await serve(audited().agent, { requestsPerSecond: 0.1 });
    for (let i = 0; i < 3; i++) expect((await fetch(`${url}/v1/ledger/${ALICE}`)).status).toBe(200);
    expect(await refused(`${url}/v1/ledger/${ALICE}`)).toMatchObject({ status: 429, code: "RATE_LIMITED" });
  });

  it("P-152: a page that goes on from a kept fold costs a quarter of one that is folded from nothing", async () => {
    const passed = async (goesOn: boolean) => {
      const url = await serve(audited({ goesOn }).agent, { requestsPerSecond: 0.001 });
      for (let asked = 0; ; asked++) if ((await fetch(`${url}/v1/ledger/${ALICE}?from=3`)).status !== 200) return asked;
    };
    expect(await passed(false)).toBe(3);
    // With less than the whole cost left nothing is folded, whatever it would turn out to cost.
    expect(await passed(true)).toBe(9);
  });

  it("error: the ledger's own refusals come through with their status", async () => {
    const agent = testAgent();
    const url = await serve(agent, { requestBurst: 10_000 });
    const closed = { status: 409, code: "EPOCH_NOT_CLOSED", values: { epoch: 0 } };
    expect(await refused(`${url}/v1/ledger/${ALICE}`)).toMatchObject(closed);
    for (const code of ["LEDGER_BUSY", "LEDGER_WORKER_DIED"] as const) {
      agent.ledger = { ...agent.ledger, epochs: async () => Promise.reject(quorateError(code)) };
      expect(await refused(`${url}/v1/ledger/epochs`)).toMatchObject({ status: 503, code });
    }
  });

  it("error: ANSWER_TIMED_OUT for a fold that takes too long, at a time of its own", async () => {
    const agent = testAgent();
    agent.ledger = { ...agent.ledger, page: () => new Promise(() => {}) };
    const url = await serve(agent, { ledgerTimeoutMs: 50, answerTimeoutMs: 10_000 });
    expect(await refused(`${url}/v1/ledger/${ALICE}`)).toMatchObject({ status: 503, code: "ANSWER_TIMED_OUT" });
  });
});
