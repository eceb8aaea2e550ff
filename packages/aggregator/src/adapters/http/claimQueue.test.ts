import type { Address, ClaimReply, ClaimView } from "@quorate/common";
import { afterEach, describe, expect, it } from "vitest";
import {
  COLLECTING,
  post,
  READY,
  refused,
  serve,
  servers,
  stopServers,
  testAgent,
} from "../../../test/support/httpServer.ts";
import { ask } from "../../../test/support/rawHttp.ts";
import { until } from "../../../test/support/until.ts";
import { Budget } from "../../core/peers/budget.ts";
import { ClaimQueue } from "./claimQueue.ts";
import type { ClaimWindowOptions } from "./claimWindow.ts";

afterEach(stopServers);

const OK: ClaimReply = { ok: true, claim: COLLECTING };
const NO_BUDGET: ClaimReply = { ok: false, refusal: { code: "BUDGET_EXCEEDED", values: {} } };
const recipientOf = (number: number): Address => `0x${number.toString(16).padStart(40, "0")}`;

type Watch = ClaimWindowOptions["watch"];
const endsNever: Watch = () => () => {};
const endsSoon: Watch = (_claim, onChange) => {
  queueMicrotask(() => onChange(READY));
  return () => {};
};

/** One turn there at the start, and no other comes back while the test runs. */
function queueOf(burst = 1, refillMs = 3_600_000, waitMs = 60_000, watch = endsNever) {
  const queue = new ClaimQueue({
    budget: () => ({ burst, refillMs }),
    waitMs,
    watch,
    reachSuffices: () => true,
  });
  const turns: string[] = [];
  const replies: PromiseWithResolvers<ClaimReply>[] = [];
  const turn = (client: string, claim: string, signal = new AbortController().signal) => {
    const ask = () => {
      turns.push(`${client}:${claim}`);
      const reply = Promise.withResolvers<ClaimReply>();
      replies.push(reply);
      return reply.promise;
    };
    const [recipient = ""] = claim.split("@");
    const answer = queue.turn({ client, recipient, claim, signal }, ask);
    answer.catch(() => {});
    return answer;
  };
  return { queue, turns, turn, replies };
}

/** Gives one turn after the other: a refusal of the core costs nothing, so the next has its turn. */
async function playOut({ turns, replies, queue }: ReturnType<typeof queueOf>): Promise<string[]> {
  for (let i = 0; i < replies.length; i++) {
    replies[i]?.resolve({ ok: false, refusal: { code: "NO_REWARDS", values: {} } });
    await until(() => queue.size === 0 || replies.length > i + 1);
  }
  return turns;
}

describe("turns to ask the network (P-125)", () => {
  it("go to the client that had fewest lately, a new client first", async () => {
    const made = queueOf();
    for (const claim of ["1", "2", "3", "4"]) made.turn("many", claim);
    made.turn("few", "5");
    made.turn("other", "6");
    made.turn("few", "7");
    expect(await playOut(made)).toEqual(["many:1", "few:5", "other:6", "many:2", "few:7", "many:3", "many:4"]);
  });

  it("are kept, half of those at once, for clients that had fewer than the mean", async () => {
    const { turns, turn, queue, replies } = queueOf(4, 3_600_000, 60_000, endsSoon);
    const [first, second] = ["1", "2", "3", "4"].map((claim) => turn("many", claim));
    expect(turns).toEqual(["many:1", "many:2"]);
    for (const reply of replies) reply.resolve(OK);
    await Promise.all([first, second]);
    await until(() => queue.atOnce > 2);
    expect(turns).toEqual(["many:1", "many:2"]);
    turn("few", "5");
    turn("few", "6");
    expect(turns).toEqual(["many:1", "many:2", "few:5", "few:6"]);
    queue.close();
  });

  it("of one client go round among its recipients", async () => {
    const made = queueOf();
    for (const claim of ["a@1", "a@2", "a@3", "b@1", "b@2"]) made.turn("one", claim);
    expect(await playOut(made)).toEqual(["one:a@1", "one:b@1", "one:a@2", "one:b@2", "one:a@3"]);
  });

  it("are shared by all who want the same claim, also while it is being asked for", async () => {
    const made = queueOf();
    const [first, second] = [made.turn("one", "a@1"), made.turn("two", "a@1")];
    made.replies[0]?.resolve(OK);
    expect(await Promise.all([first, second])).toEqual([OK, OK]);
    expect(made.turns).toEqual(["one:a@1"]);
  });

  it("that the agent's own budget does not allow are taken again, by the same claim", async () => {
    const made = queueOf(1, 20);
    const answer = made.turn("one", "a@1");
    made.replies[0]?.resolve(NO_BUDGET);
    await until(() => made.replies.length === 2);
    made.turn("one", "b@1");
    made.replies[1]?.resolve(OK);
    expect(await answer).toEqual(OK);
    await until(() => made.turns.length === 3);
    expect(made.turns).toEqual(["one:a@1", "one:a@1", "one:b@1"]);
    made.queue.close();
  });

  it("are not given to who has gone", async () => {
    const made = queueOf();
    const gone = new AbortController();
    made.turn("one", "1");
    const left = made.turn("two", "2", gone.signal);
    made.turn("three", "3");
    gone.abort();
    await expect(left).rejects.toMatchObject({ code: "CLAIM_QUEUE_FULL" });
    expect(await playOut(made)).toEqual(["one:1", "three:3"]);
  });

  it("error: CLAIM_QUEUE_FULL without a turn in time, with the time until one is to be expected", async () => {
    const { queue, turn } = queueOf(1, 60, 30);
    turn("one", "1");
    await expect(turn("one", "2")).rejects.toMatchObject({ code: "CLAIM_QUEUE_FULL", values: { waitMs: 60 } });
    expect(queue.size).toBe(0);
  });

  it("error: CLAIM_QUEUE_FULL for a client that waits with many; one that waits with none has a place of theirs", async () => {
    const { queue, turn } = queueOf();
    turn("first", "first");
    const waiting = Array.from({ length: 16 * 16 }, (_, i) => turn(`client ${i % 16}`, String(i)));
    expect(queue.size).toBe(256);
    await expect(turn("client 3", "more")).rejects.toMatchObject({ values: { ofThisClient: 16 } });
    turn("new", "new");
    expect(queue.size).toBe(256);
    expect(await Promise.allSettled(waiting.slice(240, 241))).toMatchObject([{ status: "rejected" }]);
    queue.close();
    await expect(waiting[0]).rejects.toMatchObject({ code: "AGENT_STOPPING" });
  });
});

describe("claims that collect", () => {
  it("hold back those that wait, whatever budget there is, until one has ended (P-125)", async () => {
    const ends: ((claim: ClaimView) => void)[] = [];
    const watch = (_claim: ClaimView, onChange: (claim: ClaimView) => void) => {
      ends.push(onChange);
      return () => {};
    };
    const budget = () => ({ burst: 100, refillMs: 1 });
    const queue = new ClaimQueue({ budget, waitMs: 60_000, watch, reachSuffices: () => true });
    const signal = new AbortController().signal;
    let asked = 0;
    for (let i = 0; i < 10; i++) {
      const wanted = { client: `client ${i}`, recipient: recipientOf(i), claim: `${i}`, signal };
      // Those that still wait at the end are told so.
      const turn = queue.turn(wanted, async () => {
        asked += 1;
        return OK;
      });
      turn.catch(() => {});
    }
    await until(() => ends.length === 2);
    expect([asked, queue.size]).toEqual([2, 8]);
    ends[1]?.(READY);
    await until(() => ends.length === 4);
    expect([asked, queue.size, queue.atOnce]).toEqual([4, 6, 3]);
    queue.close();
  });
});

describe("claims over HTTP", () => {
  it("of an honest staker are all asked for, 60 of 60, while three clients ask as often as they may (P-125)", async () => {
    const agent = testAgent();
    // What the core does: a bucket of its node's own requests, which fills up again, a hundred times faster here.
    const [burst, refillMs] = [20, 5];
    const budget = new Budget<number>(() => ({ burst, refillMs, originsMax: 1 }));
    const requestClaim = async (recipient: Address): Promise<ClaimReply> =>
      budget.take(1, performance.now()) ? { ok: true, claim: { ...READY, recipient } } : NO_BUDGET;
    const api = { ...agent.api, requestClaim };
    const limits = { requestBurst: 1_000, requestsPerSecond: 10_000, claimBudget: () => ({ burst, refillMs }) };
    const url = await serve({ ...agent, api }, limits);
    let number = 1_000;
    let isOver = false;
    const claim = async (from: string, recipient: Address) =>
      ask(
        `${url}/v1/claims`,
        { method: "POST", localAddress: from, headers: { "content-type": "application/json" } },
        JSON.stringify({ recipient }),
      );
    const enemies = Array.from({ length: 3 * 16 }, async (_, i) => {
      while (!isOver) await claim(`127.0.1.${1 + (i % 3)}`, recipientOf(++number));
    });
    await until(() => (servers[0]?.view().claimsWaiting ?? 0) > 30);
    const answers: (number | undefined)[] = [];
    for (let i = 1; i <= 60; i++) answers.push((await claim("127.0.2.1", recipientOf(i))).status);
    isOver = true;
    await Promise.all(enemies);
    expect(answers).toEqual(Array(60).fill(202));
  });

  it("error: CLAIM_QUEUE_FULL says when to come back; a claim that is there is answered all the same (P-125)", async () => {
    const agent = testAgent();
    const url = await serve(agent, { claimWaitMs: 20, claimBudget: () => ({ burst: 1, refillMs: 30_000 }) });
    const wanted = (recipient: string) => post(JSON.stringify({ recipient }));
    expect((await fetch(`${url}/v1/claims`, wanted(recipientOf(1)))).status).toBe(202);
    const answer = await refused(`${url}/v1/claims`, wanted(recipientOf(2)));
    expect(answer).toMatchObject({ status: 429, code: "CLAIM_QUEUE_FULL" });
    expect(Number(answer.headers.get("retry-after"))).toBe(30);
    expect((await fetch(`${url}/v1/claims`, wanted(COLLECTING.recipient))).status).toBe(202);
  });
});
