import { isQuorateError } from "@quorate/common";
import { afterEach, describe, expect, it } from "vitest";
import { wholeKey } from "./compare.ts";
import { createPanel, type Question } from "./panel.ts";
import { CHAIN_ID, CONTRACT, startTestAgent, type TestAgent } from "./testAgents.ts";

const RECIPIENT = `0x${"aa".repeat(20)}` as const;
const PATH = `/v1/rewards/${RECIPIENT}`;
const earned = (epoch: number, amount: string) => ({ recipient: RECIPIENT, epoch, amount });

interface Earned {
  readonly epoch: number;
  readonly amount: bigint;
}
const question: Question<Earned> = {
  ask: (agent) => agent.rewards(RECIPIENT),
  keyOf: wholeKey,
  momentOf: ({ epoch }) => epoch,
};

const started: TestAgent[] = [];
afterEach(() => Promise.all(started.splice(0).map((agent) => agent.close())));

async function agent(peerId: string, answers: readonly object[], more = {}): Promise<TestAgent> {
  const one = await startTestAgent(peerId, more);
  one.says[PATH] = [...answers];
  started.push(one);
  return one;
}

function panelOf(...urls: readonly string[]) {
  const agents = async () => urls.map((url) => ({ url, id: null, stake: null }));
  return createPanel({ agents }, { chainId: CHAIN_ID, contract: CONTRACT });
}

describe("a question to several agents", () => {
  it("two that agree are enough: nobody else is asked", async () => {
    const [a, b, c] = [
      await agent("A", [earned(3, "7")]),
      await agent("B", [earned(3, "7")]),
      await agent("C", [earned(3, "7")]),
    ];
    const heard = await panelOf(a.url, b.url, c.url).ask(question);
    expect(heard).toMatchObject({ value: { amount: 7n }, belief: { count: 2 }, by: [a.url, b.url], against: [] });
    expect(c.asked).toBe(0);
  });

  it("where two differ, a third decides, and the one against is named with its amount", async () => {
    const [a, b, c] = [
      await agent("A", [earned(3, "8")]),
      await agent("B", [earned(3, "7")]),
      await agent("C", [earned(3, "7")]),
    ];
    const heard = await panelOf(a.url, b.url, c.url).ask(question);
    expect(heard).toMatchObject({ value: { amount: 7n }, belief: { count: 2 }, by: [b.url, c.url] });
    expect(heard.against).toMatchObject([{ url: a.url, value: { amount: 8n } }]);
  });

  it("two URLs of one agent are one agent's word", async () => {
    const [a, again] = [await agent("A", [earned(3, "7")]), await agent("A", [earned(3, "7")])];
    const heard = await panelOf(a.url, again.url).ask(question);
    expect(heard.belief).toEqual({ by: "agents", count: 1 });
  });

  it("an agent of another network is not counted, and named", async () => {
    const other = await agent("O", [earned(3, "7")], { network: { chainId: "1", contract: CONTRACT } });
    const [a, b] = [await agent("A", [earned(3, "7")]), await agent("B", [earned(3, "7")])];
    const heard = await panelOf(other.url, a.url, b.url).ask(question);
    expect(heard.by).toEqual([a.url, b.url]);
    expect(heard.silent).toMatchObject([{ url: other.url, error: { code: "AGENT_ANSWER_INVALID" } }]);
  });

  it("one that has not closed the epoch yet is asked again", async () => {
    const [a, b] = [await agent("A", [earned(4, "9")]), await agent("B", [earned(3, "7"), earned(4, "9")])];
    const heard = await panelOf(a.url, b.url).ask(question);
    expect(heard).toMatchObject({ value: { epoch: 4 }, belief: { count: 2 }, elsewhen: [] });
  });

  it("one that is gone is named, and the next is asked; if all are, the error names each", async () => {
    const [a, b, gone] = [await agent("A", [earned(3, "7")]), await agent("B", [earned(3, "7")]), await agent("G", [])];
    await gone.close();
    const heard = await panelOf(gone.url, a.url, b.url).ask(question);
    expect(heard).toMatchObject({ belief: { count: 2 }, silent: [{ url: gone.url }] });
    const nobody = panelOf(gone.url, "http://127.0.0.1:1").ask(question);
    await expect(nobody).rejects.toSatisfy(
      (error) => isQuorateError(error, "AGENT_UNREACHABLE") && String(error.values["agents"]).includes(gone.url),
    );
  });
});
