/** Who could serve nobody, and who had no processor, is told from the answers of the agents' own /readyz. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAgentClient } from "@quorate/client";
import { afterAll, expect, it } from "vitest";
import { ReadinessWatch } from "./readiness.ts";

let nowMs = 0;
const servers: ReturnType<typeof createServer>[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

const READY = { ready: true, reasons: [], causes: [] };
const CHAIN = { code: "CHAIN_PROVIDER_SLOW", atFault: "provider", values: {}, remedy: "wait" };

/** An agent whose answer comes so late. */
async function agent(id: number, answer: object, lateMs: number) {
  const server = createServer((_request, response) => {
    nowMs += lateMs;
    response.writeHead("ready" in answer && answer.ready === true ? 200 : 503, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return { id, client: createAgentClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }) };
}

/** One look at all of them. */
async function look(agents: Awaited<ReturnType<typeof agent>>[], ids: readonly number[]) {
  const watch = new ReadinessWatch({ nodes: ids.map((id) => ({ id })), agents }, () => nowMs);
  const watching = new AbortController();
  const watched = watch.watch(watching.signal);
  await expect.poll(() => watch.seen.length > 0 || nowMs > 0, { timeout: 60_000 }).toBe(true);
  watching.abort();
  await watched;
  return watch;
}

it("notes who answers late or not at all, and counts only time in which nobody does", async () => {
  const swift = await look([await agent(1, READY, 10)], [1]);
  expect([swift.seen, swift.swiftMs]).toEqual([[], 10]);

  const slow = await look([await agent(2, READY, 2_000)], [2]);
  expect(slow.seen.map(({ id, why }) => `${id} ${why}`)).toEqual(["2 slow", "2 slow"]);
  expect(slow.swiftMs).toBe(0);

  const unready = await look([await agent(3, { ...READY, ready: false, causes: [CHAIN] }, 10)], [3]);
  expect(unready.seen.map(({ why }) => why)).toEqual(["CHAIN_PROVIDER_SLOW", "CHAIN_PROVIDER_SLOW"]);
  expect(unready.swiftMs).toBe(10);

  // Killed: it answers nothing, and takes no processor either.
  const killed = await look([await agent(4, READY, 10)], [4, 5]);
  expect(killed.seen.map(({ id, why }) => `${id} ${why}`)).toContain("5 silent");
  expect(killed.swiftMs).toBe(10);
});
