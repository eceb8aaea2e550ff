import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { admitAll, startNode, stopAll, type TestNode } from "../../../test/support/testNetwork.ts";
import { until } from "../../../test/support/until.ts";
import { VISIT_IDLE_MS } from "./limits.ts";

const closing: (() => void)[] = [];

afterEach(async () => {
  await stopAll();
  for (const close of closing.splice(0)) close();
});

const connected = ({ network }: TestNode): readonly string[] => network.status().connected;
const failed = ({ log }: TestNode) => log.filter(({ code }) => code === "NETWORK_DIAL_FAILED").length;
const placeOf = ({ address }: TestNode): string => address.split("/p2p/")[0] ?? "";

/** Longer than the first wait of a peer that failed, and shorter than that of an address. */
const PEER_WAIT_MS = 700;

/** A clock that stands still: no wait ever ends by itself. */
class Clock {
  aheadMs = 0;
  readonly now = (): number => 1_000 + this.aheadMs;
}

/** A hub that knows the record of a node which is down, and a node that has dialled that one in vain. */
async function startWithout(name: string, clock: Clock) {
  const hub = await startNode("hub");
  const before = await startNode(name, [hub]);
  admitAll([hub, before]);
  await until(() => connected(hub).length === 1);
  await before.network.stop();
  await until(() => connected(hub).length === 0);
  const node = await startNode("node", [hub], {}, { now: clock.now });
  const all = new Set([hub.key, before.key, node.key]);
  hub.network.admit(all);
  node.network.admit(all);
  await until(() => failed(node) === 1 && connected(node).length === 1);
  return { hub, node, all, listen: [placeOf(before)], key: before.key };
}

describe("P-121: a node that comes back, and an address that had failed", () => {
  test("whoever has to reach it asks for its new record, and dials it at once", async () => {
    const { hub, node, all, listen, key } = await startWithout("late", new Clock());
    await expect(node.network.inquire(key, new Uint8Array([1]))).rejects.toThrow("cannot be dialled now");
    // It meets the hub, wants nobody else, and knows nothing of the node.
    const late = await startNode("late", [hub], { listen, targetPeers: 1 });
    late.network.admit(all);
    await until(() => connected(hub).includes(key));
    const answer = () => node.network.inquire(key, new Uint8Array([2])).catch(String);
    await expect.poll(answer, { timeout: 60_000, interval: 500 }).toEqual(new Uint8Array([2]));
  });

  test("a peer that was met again is dialled where it could not be reached before", async () => {
    const hidden = await listening(createServer());
    // What it tells others as its address leads to it only later.
    let isOpen = false;
    const front = await listening(
      createServer((socket) => (isOpen ? join(socket, hidden.port) : void socket.destroy())),
      (server) => closing.push(() => server.close()),
    );
    hidden.server.close();
    const hub = await startNode("hub");
    const [lateClock, clock] = [new Clock(), new Clock()];
    const places = { listen: [`/ip4/127.0.0.1/tcp/${hidden.port}`], announce: [`/ip4/127.0.0.1/tcp/${front.port}`] };
    const late = await startNode("late", [hub], { ...places, targetPeers: 1 }, { now: lateClock.now });
    admitAll([hub, late]);
    await until(() => connected(hub).length === 1);
    const node = await startNode("node", [hub], {}, { now: clock.now });
    admitAll([hub, late, node]);
    await until(() => failed(node) === 1);
    const answer = () => late.network.inquire(node.key, new Uint8Array([1])).catch(String);
    await expect.poll(answer, { timeout: 60_000 }).toHaveLength(1);
    expect(connected(node)).toContain(late.key);
    isOpen = true;
    // The visit is over. Nothing new is known of its address.
    lateClock.aheadMs += VISIT_IDLE_MS;
    await until(() => !connected(node).includes(late.key));
    clock.aheadMs += PEER_WAIT_MS;
    await until(() => connected(node).includes(late.key));
  });

  test("after a time without any peer all that had failed are dialled at once", async () => {
    const clock = new Clock();
    const { hub, node, listen, key } = await startWithout("other", clock);
    await hub.network.stop();
    await until(() => connected(node).length === 0);
    // Both are back, and each lets in this node alone.
    const again = await startNode("hub", [], { listen: [placeOf(hub)] });
    const other = await startNode("other", [], { listen });
    for (const { network } of [again, other]) network.admit(new Set([node.key]));
    clock.aheadMs += PEER_WAIT_MS;
    await until(() => connected(node).includes(again.key));
    await until(() => connected(node).includes(key));
  });
});

async function listening(server: Server, use: (server: Server) => void = () => {}) {
  use(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

function join(caller: Socket, port: number): void {
  const target = connect(port, "127.0.0.1");
  for (const socket of [caller, target]) socket.on("error", () => {});
  caller.pipe(target).pipe(caller);
}
