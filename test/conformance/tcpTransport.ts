/** libp2p over TCP on this machine, as the transport suite wants it. */
import { setTimeout as sleep } from "node:timers/promises";
import { fromHex, type Hex } from "@quorate/common";
import type { PeerKey } from "../../packages/aggregator/src/core/io.ts";
import { startNode, type TestNode } from "../../packages/aggregator/test/support/testNetwork.ts";
import { until } from "../../packages/aggregator/test/support/until.ts";
import type { Heard, Transport, TransportNode } from "./transportSuite.ts";

/** What is still under way on this machine has arrived after this. */
const QUIET_MS = 100;
/** A question that is never answered; others take some milliseconds, and longer on a machine that others load. */
const REQUEST_TIMEOUT_MS = 2_000;
/** More than a ban takes. */
const BLAMES = 20;

let started = 0;

export function tcpTransport(): Transport {
  const running: TestNode[] = [];
  return {
    async start(count, shape) {
      const nodes: TestNode[] = [];
      for (let i = 0; i < count; i++) {
        const known = shape === "full" ? nodes.slice(0, 1) : nodes.slice(-1);
        nodes.push(await startNode(`transport ${started++}`, known, { requestTimeoutMs: REQUEST_TIMEOUT_MS }));
      }
      running.push(...nodes);
      const peersOf = (i: number) => nodes.filter((_, j) => j !== i && (shape === "full" || Math.abs(j - i) === 1));
      for (const [i, { network }] of nodes.entries()) network.admit(new Set(peersOf(i).map(({ key }) => key)));
      await until(() =>
        nodes.every(({ network }, i) => {
          const { connected, meshPeers } = network.status();
          return connected.length === peersOf(i).length && meshPeers === connected.length;
        }),
      );
      return nodes.map(transportNode);
    },
    until,
    quiet: () => sleep(QUIET_MS),
    async stop() {
      await Promise.all(running.splice(0).map(({ network }) => network.stop()));
    },
  };
}

const text = (data: Uint8Array): string => new TextDecoder().decode(data);
const heard = (messages: readonly { readonly from: PeerKey; readonly data: Hex }[]): Heard[] =>
  messages.map(({ from, data }) => ({ from, text: text(fromHex(data)) }));

function transportNode(inner: TestNode): TransportNode {
  const { network } = inner;
  const node: TransportNode = {
    key: inner.key,
    get gossip() {
      return heard(inner.gossip);
    },
    get direct() {
      return heard(inner.direct);
    },
    peers: inner.peers,
    verdict: () => "accept",
    answer: (data) => data,
    publish: (data) => network.publish(data),
    sendDirect: (peers, data) => network.direct(peers as PeerKey[], data),
    catchUp: (peer, data) => network.catchUp(peer as PeerKey, data),
    inquire: (peer, data) => network.inquire(peer as PeerKey, data),
    forget() {
      inner.gossip.length = 0;
      inner.direct.length = 0;
    },
    ban(peer) {
      for (let i = 0; i < BLAMES; i++) network.blame(peer as PeerKey, "SHARE_BAD_SIGNATURE");
    },
    stop: () => network.stop(),
  };
  inner.verdict = (data) => node.verdict(text(data));
  inner.answer = (data) => node.answer(data);
  return node;
}
