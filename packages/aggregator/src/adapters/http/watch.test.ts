/** Agents that go silent in the middle of a claim: real servers that write what a test tells them (P-86). */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { WatchLimits } from "@quorate/client";
import { createAgentClient } from "@quorate/client";
import type { ClaimView } from "@quorate/common";
import { afterEach, describe, expect, it } from "vitest";
import { COLLECTING, READY } from "../../../test/support/httpServer.ts";
import { toJson } from "./refusals.ts";

const LIMITS: WatchLimits = { silenceMs: 150, retryMs: 10, retries: 2, marginMs: 100 };
/** Collected for a tenth of a second. */
const SHORT: ClaimView = { ...COLLECTING, deadlineMs: COLLECTING.startedAtMs + 100 };

interface Agent {
  readonly url: string;
  /** Streams opened so far. */
  streams: number;
  /** What the claim is when it is asked for; null: no answer ever. */
  claim: ClaimView | null;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function startAgent(
  claim: ClaimView | null,
  onStream: (stream: ServerResponse, nth: number) => void,
): Promise<Agent> {
  const server = createServer((request, response) => {
    if (request.url?.includes("/events") === true) {
      agent.streams += 1;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      onStream(response, agent.streams);
    } else if (agent.claim !== null) {
      response.writeHead(200, { "content-type": "application/json" }).end(toJson(agent.claim));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const agent: Agent = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, streams: 0, claim };
  return agent;
}

const tell = (stream: ServerResponse, claim: ClaimView) =>
  void stream.write(`event: claim\ndata: ${toJson(claim)}\n\n`);

async function watch({ url }: Agent): Promise<ClaimView[]> {
  const client = createAgentClient({ url, timeoutMs: 200, watchLimits: LIMITS });
  const seen: ClaimView[] = [];
  for await (const view of client.watchClaim(COLLECTING.recipient, COLLECTING.epoch)) seen.push(view);
  return seen;
}

describe("the event stream that goes silent", () => {
  it("is taken up again for the same claim, and the progress is kept", async () => {
    const agent = await startAgent(COLLECTING, (stream, nth) => tell(stream, nth === 1 ? COLLECTING : READY));
    const seen = await watch(agent);
    expect(seen.map(({ status }) => status)).toEqual(["collecting", "ready"]);
    expect(agent.streams).toBe(2);
  });

  it("is not needed when the agent answers the claim itself: it is asked for meanwhile", async () => {
    const agent = await startAgent(READY, (stream) => tell(stream, COLLECTING));
    expect((await watch(agent)).map(({ status }) => status)).toEqual(["collecting", "ready"]);
    expect(agent.streams).toBe(1);
  });

  it("without a single event is no sign of a claim, however often the heart beats", async () => {
    const agent = await startAgent(READY, (stream) => {
      const beat = setInterval(() => stream.write(": alive\n\n"), 20);
      stream.once("close", () => clearInterval(beat));
    });
    expect((await watch(agent)).at(-1)?.status).toBe("ready");
  });

  it("is alive while its heart beats: no second stream before the end", async () => {
    const agent = await startAgent(COLLECTING, (stream) => {
      tell(stream, COLLECTING);
      let beats = 0;
      const beat = setInterval(() => {
        beats += 1;
        if (beats < 20) stream.write(": alive\n\n");
        else tell(stream, READY);
      }, 20);
      stream.once("close", () => clearInterval(beat));
    });
    expect((await watch(agent)).at(-1)?.status).toBe("ready");
  });

  it("error: CLAIM_NOT_ENDED at the deadline, when heartbeats and collecting go on for ever", async () => {
    const agent = await startAgent(SHORT, (stream) => {
      tell(stream, SHORT);
      const beat = setInterval(() => stream.write(": alive\n\n"), 20);
      stream.once("close", () => clearInterval(beat));
    });
    await expect(watch(agent)).rejects.toMatchObject({
      code: "CLAIM_NOT_ENDED",
      values: { recipient: COLLECTING.recipient, epoch: 3, signedBps: 3_333, missing: [2, 3] },
    });
  });

  it("error: an agent that falls silent altogether ends it too, in bounded time", async () => {
    const agent = await startAgent(null, (stream, nth) => {
      if (nth === 1) tell(stream, { ...SHORT, deadlineMs: SHORT.startedAtMs + 86_400_000 });
    });
    await expect(watch(agent)).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
    expect(agent.streams).toBe(3);
  });
});
