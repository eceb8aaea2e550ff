/** The proxy of one link does to bytes, ends and resets what its condition says, each direction by itself. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { waitFor } from "../harness/waitFor.ts";
import { Random } from "../sim/random.ts";
import { CLEAR, type Condition } from "./condition.ts";
import { Relay } from "./relay.ts";

const CUT: Condition = { ...CLEAR, isCut: true };

let target: Server;
let relay: Relay;
let there: Condition;
let back: Condition;
/** What the target was sent, and the connection it was sent by. */
let heard: string;
let ended: boolean;
let accepted: Promise<Socket>;

beforeEach(async () => {
  [there, back, heard, ended] = [CLEAR, CLEAR, "", false];
  target = createServer({ allowHalfOpen: true });
  accepted = once(target, "connection").then(([socket]: Socket[]) => {
    socket?.on("data", (bytes) => {
      heard += bytes;
    });
    socket?.on("end", () => {
      ended = true;
    });
    socket?.on("error", () => {});
    return socket as Socket;
  });
  target.listen(0, "127.0.0.1");
  await once(target, "listening");
  const { port } = target.address() as AddressInfo;
  const route = () => ({ host: "127.0.0.1", port, there: () => there, back: () => back });
  relay = await Relay.listen("127.0.0.1", 0, (by) => (by === "127.0.0.1" ? route() : null), new Random("relay"));
});

afterEach(async () => {
  await relay.close();
  (await Promise.race([accepted, null]))?.destroy();
  target.close();
});

function call(localAddress: string): Socket {
  return connect({ host: "127.0.0.1", port: relay.port, localAddress }).on("error", () => {});
}

async function caller(): Promise<Socket> {
  const socket = call("127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** However it ends. */
const closed = (socket: Socket) => new Promise((resolve) => socket.once("close", resolve));

const untilHeard = (text: string) =>
  waitFor({ what: `the target to hear ${text}`, timeoutMs: 60_000, pollMs: 5 }, () => (heard === text ? true : null));

it("bytes pass in order over slow and lossy links", async () => {
  there = { ...CLEAR, delayMs: 5, jitterMs: 20, loss: 0.2 };
  const socket = await caller();
  for (let i = 0; i < 10; i++) socket.write(String(i));
  await untilHeard("0123456789");
  there = { ...CLEAR, rate: 1_000 };
  socket.write("x".repeat(50));
  await untilHeard(`0123456789${"x".repeat(50)}`);
});

it("a cut holds bytes and ends of its own direction, until it heals", async () => {
  const socket = await caller();
  socket.write("before");
  await untilHeard("before");
  there = CUT;
  socket.end(" during");
  // The way back is open: what comes by it was sent after all of that.
  (await accepted).write("pong");
  const [answer] = await once(socket, "data");
  expect(String(answer)).toBe("pong");
  expect([heard, ended]).toEqual(["before", false]);
  there = CLEAR;
  relay.kick();
  await untilHeard("before during");
  await waitFor({ what: "the end", timeoutMs: 60_000, pollMs: 5 }, () => (ended ? true : null));
});

it("a connection asked for during a cut is made when it heals", async () => {
  back = CUT;
  const socket = await caller();
  socket.write("hello");
  expect(await Promise.race([accepted, relay.connections])).toBe(1);
  back = CLEAR;
  await untilHeard("hello");
});

it("a reset reaches both ends, and a stranger is refused", async () => {
  const socket = await caller();
  socket.write("hello");
  await untilHeard("hello");
  const gone = [closed(socket), closed(await accepted)];
  relay.reset();
  await Promise.all(gone);
  await closed(call("127.0.0.9"));
  expect(relay.strangers).toBe(1);
});

it("where nobody listens the caller is reset", async () => {
  target.close();
  await once(target, "close");
  await closed(call("127.0.0.1"));
});
