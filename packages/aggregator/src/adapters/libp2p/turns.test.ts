import { setImmediate as turnEnd } from "node:timers/promises";
import type { MessageStream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { multiaddrConnectionPair } from "@libp2p/utils";
import { expect, test } from "vitest";
import { until } from "../../../test/support/until.ts";
import { GATHERED_MAX_BYTES } from "./limits.ts";
import { identityKeyPair } from "./peers.ts";
import { gatheringTurns } from "./turns.ts";

type Components = Parameters<ReturnType<typeof noise>>[0];

/** Two ends of one connection under noise, one of them gathering or not, and what goes over the wire from it. */
async function connect({ gathering = true, capacity = 1_000 } = {}) {
  const [near, far] = multiaddrConnectionPair({ capacity });
  const components = async (seed: number): Promise<Components> => {
    const privateKey = identityKeyPair(new Uint8Array(32).fill(seed));
    return {
      privateKey,
      logger: { forComponent: () => near.log },
      upgrader: { getStreamMuxers: () => new Map() },
    } as never;
  };
  const create = noise();
  const [a, b] = await Promise.all([
    (gathering ? gatheringTurns(create) : create)(await components(1)).secureOutbound(near),
    create(await components(2)).secureInbound(far),
  ]);
  let records = 0;
  far.addEventListener("message", () => {
    records += 1;
  });
  const received: Uint8Array[] = [];
  b.connection.addEventListener("message", ({ data }) => {
    received.push(data.subarray());
  });
  return {
    stream: a.connection,
    /** Messages on the raw connection, each a system call on TCP. */
    writes: () => records,
    bytes: () => Buffer.concat(received),
  };
}

/** 300 bytes, the size of a share on the wire. */
const share = (i: number): Uint8Array => new Uint8Array(300).fill(i % 251);
const shares = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, (_, i) => share(i)));
const sendAll = (stream: MessageStream, count: number): void => {
  for (let i = 0; i < count; i++) stream.send(share(i));
};

test("what one turn sends is one record in one write, in order; without it each message is a record and two writes", async () => {
  const gathered = await connect();
  const plain = await connect({ gathering: false });
  for (const { stream, bytes } of [gathered, plain]) {
    sendAll(stream, 100);
    await until(() => bytes().length === 30_000);
    expect(bytes()).toEqual(shares(100));
  }
  expect(gathered.writes()).toBe(1);
  expect(plain.writes()).toBeGreaterThanOrEqual(100);
});

test("the next turn's messages do not wait for more", async () => {
  const { stream, writes, bytes } = await connect();
  stream.send(share(0));
  await turnEnd();
  stream.send(share(1));
  await until(() => bytes().length === 600);
  expect(bytes()).toEqual(shares(2));
  expect(writes()).toBe(2);
});

test("P-88: a full record leaves within the turn", async () => {
  const { stream, bytes, writes } = await connect();
  const count = Math.ceil(GATHERED_MAX_BYTES / 300) * 3;
  sendAll(stream, count);
  await until(() => bytes().length === 300 * count);
  expect(bytes()).toEqual(shares(count));
  expect(writes()).toBeGreaterThanOrEqual(3);
});

test("what was sent before a stream closes in the same turn arrives; what is sent after it is refused", async () => {
  const { stream, bytes } = await connect();
  sendAll(stream, 10);
  const closed = stream.close();
  await until(() => bytes().length === 3_000);
  await closed;
  expect(bytes()).toEqual(shares(10));
  expect(() => stream.send(share(0))).toThrow();
});

test("a stream that is aborted within the turn drops what it cannot send, and throws nothing later", async () => {
  const { stream } = await connect();
  sendAll(stream, 10);
  stream.abort(new Error("a fault"));
  await turnEnd();
  expect(stream.status).toBe("aborted");
});

test("a slow peer holds the sender back, and nothing is lost or turned round", async () => {
  const { stream, bytes } = await connect({ capacity: 2 });
  const count = 2_000;
  let heldBack = 0;
  for (let i = 0; i < count; i++) {
    if (!stream.send(share(i))) {
      heldBack += 1;
      await stream.onDrain();
    }
  }
  await until(() => bytes().length === 300 * count);
  expect(bytes()).toEqual(shares(count));
  expect(heldBack).toBeGreaterThan(0);
});
