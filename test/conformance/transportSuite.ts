/**
 * What every transport of gossip, direct messages and questions has to do, whatever it is made of. Run against the
 * simulation's network and against libp2p over TCP, so that what the simulation finds holds for what is run. Enters:
 * how nodes are made and joined. Not here: faults, which only the simulation has, and defences, which only TCP needs.
 */
import {
  MAX_CATCH_UP_REQUEST_BYTES,
  MAX_CATCH_UP_RESPONSE_BYTES,
  MAX_GOSSIP_BYTES,
  MAX_INQUIRY_BYTES,
} from "@quorate/common";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Verdict } from "../../packages/aggregator/src/core/io.ts";

export interface Heard {
  readonly from: string;
  readonly text: string;
}

/** One node and what has reached it. */
export interface TransportNode {
  readonly key: string;
  readonly gossip: readonly Heard[];
  readonly direct: readonly Heard[];
  /** Every report of who is connected. */
  readonly peers: (readonly string[])[];
  verdict: (text: string) => Verdict | Promise<Verdict>;
  answer: (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  /** Rejects when the message is refused. */
  publish(data: Uint8Array): Promise<void>;
  sendDirect(peers: readonly string[], data: Uint8Array): void;
  /** Rejects when there is no answer. */
  catchUp(peer: string, data: Uint8Array): Promise<Uint8Array>;
  inquire(peer: string, data: Uint8Array): Promise<Uint8Array>;
  /** What it has heard so far is forgotten. */
  forget(): void;
  /** Until the peer is banned. */
  ban(peer: string): void;
  stop(): Promise<void>;
}

export interface Transport {
  /** All connected to all, or each to the one before and the one after; they know of it when this returns. */
  start(count: number, shape: "full" | "line"): Promise<TransportNode[]>;
  /** Until it holds. */
  until(holds: () => boolean): Promise<void>;
  /** Until nothing is under way any more, as far as anybody can know. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

type Nodes<Count extends 3 | 4> = Count extends 3
  ? [TransportNode, TransportNode, TransportNode]
  : [TransportNode, TransportNode, TransportNode, TransportNode];

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const texts = (heard: readonly Heard[]): string[] => heard.map(({ text }) => text);
const named = (name: string) => (text: string) => text === name;

function forget(nodes: readonly TransportNode[]): void {
  for (const node of nodes) {
    node.forget();
    node.verdict = () => "accept";
    node.answer = (data) => data;
  }
}

/** @param make a transport whose questions time out after some hundred milliseconds of its time */
export function transportSuite(name: string, make: () => Transport): void {
  describe(`transport: ${name}`, () => {
    gossipSuite(make);
    lineSuite(make);
    directSuite(make);
    questionSuite(make);
    peersSuite(make);
  });
}

/** A transport of a describe block, and its nodes, as new for each test. */
function joined<Count extends 3 | 4>(make: () => Transport, count: Count, shape: "full" | "line") {
  const transport = make();
  const nodes = [] as unknown as Nodes<Count>;
  beforeAll(async () => {
    nodes.push(...(await transport.start(count, shape)));
  });
  beforeEach(() => forget(nodes));
  afterAll(() => transport.stop());
  return { transport, nodes };
}

function gossipSuite(make: () => Transport): void {
  describe("gossip among peers that are all connected", () => {
    const { transport, nodes } = joined(make, 4, "full");

    it("P-81: what is published reaches everybody else once", async () => {
      const [first, ...others] = nodes;
      await first.publish(bytes("once"));
      await transport.until(() => others.every(({ gossip }) => gossip.length > 0));
      await transport.quiet();
      expect(nodes.map(({ gossip }) => texts(gossip))).toEqual([[], ["once"], ["once"], ["once"]]);
    });

    it("P-83: own messages go to all connected peers, so that nobody has to forward them", async () => {
      const [first, ...others] = nodes;
      for (const node of others) node.verdict = () => "ignore";
      await first.publish(bytes("to all of you"));
      await transport.until(() => others.every(({ gossip }) => gossip.length > 0));
      for (const { gossip } of others) expect(gossip).toEqual([{ from: first.key, text: "to all of you" }]);
    });

    it.each(["accept", "ignore"] as const)(
      "P-81: bytes that were heard are not heard again, whoever sends them and whatever the verdict was (%s)",
      async (verdict) => {
        const [first, second, third] = nodes;
        third.verdict = () => verdict;
        await first.publish(bytes(`the same, ${verdict}`));
        await transport.until(() => third.gossip.length > 0 && second.gossip.length > 0);
        await second.publish(bytes(`the same, ${verdict}`)).catch(() => {});
        await second.publish(bytes(`the next, ${verdict}`));
        await transport.until(() => texts(third.gossip).some(named(`the next, ${verdict}`)));
        await transport.quiet();
        expect(texts(third.gossip)).toEqual([`the same, ${verdict}`, `the next, ${verdict}`]);
      },
    );

    it("P-81: a message's id binds all of its bytes: with another last byte it is another message", async () => {
      const [first, second] = nodes;
      second.verdict = (text) => (text.endsWith("0") ? "ignore" : "accept");
      for (const last of [0, 1, 2]) await first.publish(bytes(`a share with signature ${last}`));
      await transport.until(() => second.gossip.length === 3);
      expect(texts(second.gossip).sort()).toEqual([0, 1, 2].map((last) => `a share with signature ${last}`));
    });

    it("P-81: the longest message arrives; one byte more is refused, and reaches nobody", async () => {
      const [first, second] = nodes;
      const longest = new Uint8Array(MAX_GOSSIP_BYTES).fill(65);
      await expect(first.publish(new Uint8Array(MAX_GOSSIP_BYTES + 1).fill(65))).rejects.toMatchObject({
        code: "WIRE_TOO_LARGE",
      });
      await first.publish(longest);
      await transport.until(() => second.gossip.length > 0);
      await transport.quiet();
      expect(texts(second.gossip).map(({ length }) => length)).toEqual([MAX_GOSSIP_BYTES]);
    });
  });
}

function lineSuite(make: () => Transport): void {
  describe("gossip along a line", () => {
    const { transport, nodes } = joined(make, 3, "line");

    it("P-83: nothing is forwarded before the verdict, and what is accepted then is", async () => {
      const [first, middle, last] = nodes;
      let decide = (_verdict: Verdict): void => {};
      const verdict = new Promise<Verdict>((resolve) => {
        decide = resolve;
      });
      middle.verdict = (text) => (text === "waits" ? verdict : "accept");
      await first.publish(bytes("waits"));
      await transport.until(() => middle.gossip.length === 1);
      await first.publish(bytes("is judged at once"));
      await transport.until(() => last.gossip.length === 1);
      await transport.quiet();
      expect(texts(last.gossip)).toEqual(["is judged at once"]);
      decide("accept");
      await transport.until(() => last.gossip.length === 2);
      expect(last.gossip[1]).toEqual({ from: middle.key, text: "waits" });
      // It does not come back to who sent it.
      expect(first.gossip).toEqual([]);
    });

    it.each(["ignore", "reject"] as const)("P-83: after %s it is never forwarded", async (verdict) => {
      const [first, middle, last] = nodes;
      middle.verdict = (text) => (text.startsWith("bad") ? verdict : "accept");
      await first.publish(bytes(`bad, so ${verdict}`));
      await transport.until(() => middle.gossip.length === 1);
      await first.publish(bytes(`good after ${verdict}`));
      await transport.until(() => last.gossip.length > 0);
      await transport.quiet();
      expect(last.gossip).toEqual([{ from: middle.key, text: `good after ${verdict}` }]);
      expect(texts(middle.gossip)).toHaveLength(2);
    });
  });
}

function directSuite(make: () => Transport): void {
  describe("direct messages", () => {
    const { transport, nodes } = joined(make, 3, "line");

    it("P-130: reach the peers they are for and nobody else, in the order in which they were sent", async () => {
      const [first, middle, last] = nodes;
      const sent = Array.from({ length: 100 }, (_, i) => `direct ${i}`);
      for (const text of sent) middle.sendDirect([last.key], bytes(text));
      await transport.until(() => last.direct.length === sent.length);
      await transport.quiet();
      expect(last.direct).toEqual(sent.map((text) => ({ from: middle.key, text })));
      expect([first.direct, first.gossip, last.gossip]).toEqual([[], [], []]);
    });

    it("P-130: the same bytes twice arrive twice; both ways at once; nothing passes them on", async () => {
      const [first, middle, last] = nodes;
      for (let i = 0; i < 2; i++) {
        first.sendDirect([middle.key], bytes("from first"));
        middle.sendDirect([first.key, last.key], bytes("from middle"));
      }
      await transport.until(() => nodes.every(({ direct }) => direct.length >= 2));
      await transport.quiet();
      const twice = (from: string, text: string) => [0, 1].map(() => ({ from, text }));
      expect(first.direct).toEqual(twice(middle.key, "from middle"));
      expect(middle.direct).toEqual(twice(first.key, "from first"));
      expect(last.direct).toEqual(twice(middle.key, "from middle"));
    });

    it("P-130: to a peer without a connection nothing is sent, and the others get theirs", async () => {
      const [first, middle, last] = nodes;
      first.sendDirect([last.key, middle.key], bytes("far and near"));
      await transport.until(() => middle.direct.length === 1);
      // A message that goes the long way has overtaken whatever else was sent.
      await first.publish(bytes("the long way"));
      await transport.until(() => last.gossip.length === 1);
      await transport.quiet();
      expect(last.direct).toEqual([]);
      expect(middle.direct).toEqual([{ from: first.key, text: "far and near" }]);
    });
  });
}

function questionSuite(make: () => Transport): void {
  describe.each([
    { ask: "catchUp", askMax: MAX_CATCH_UP_REQUEST_BYTES, answerMax: MAX_CATCH_UP_RESPONSE_BYTES },
    { ask: "inquire", askMax: MAX_INQUIRY_BYTES, answerMax: MAX_INQUIRY_BYTES },
  ] as const)("questions: $ask", ({ ask, askMax, answerMax }) => {
    const { transport, nodes } = joined(make, 3, "full");

    it("P-87, P-89: each question gets its own answer, up to the bounds of both", async () => {
      const [first, second, third] = nodes;
      second.answer = (data) => (data.length === 1 ? new Uint8Array(answerMax).fill(7) : data);
      const longest = new Uint8Array(askMax).fill(5);
      const answers = await Promise.all([
        first[ask](second.key, longest),
        first[ask](second.key, new Uint8Array([1])),
        first[ask](third.key, bytes("third")),
        second[ask](first.key, bytes("first")),
      ]);
      expect(answers[0]).toEqual(longest);
      expect(answers[1]).toEqual(new Uint8Array(answerMax).fill(7));
      expect(answers[2]).toEqual(bytes("third"));
      expect(answers[3]).toEqual(bytes("first"));
    });

    it("error: a question or an answer beyond its bound comes to nothing", async () => {
      const [first, second] = nodes;
      await expect(first[ask](second.key, new Uint8Array(askMax + 1))).rejects.toBeDefined();
      second.answer = () => new Uint8Array(answerMax + 1);
      await expect(first[ask](second.key, bytes("too much"))).rejects.toBeDefined();
    });

    it("error: what the other refuses is refused, what it never answers times out, and the next is answered", async () => {
      const [first, second] = nodes;
      second.answer = () => Promise.reject(new Error("refused"));
      await expect(first[ask](second.key, bytes("refuse"))).rejects.toBeDefined();
      second.answer = () => new Promise(() => {});
      await expect(first[ask](second.key, bytes("wait"))).rejects.toBeDefined();
      second.answer = (data) => data;
      await transport.quiet();
      expect(await first[ask](second.key, bytes("again"))).toEqual(bytes("again"));
    });
  });
}

function peersSuite(make: () => Transport): void {
  describe("peers", () => {
    it("P-80: are reported when they are connected, and when they have gone", async () => {
      const transport = make();
      const [first, second, third] = (await transport.start(3, "full")) as Nodes<3>;
      expect(new Set(first.peers.at(-1))).toEqual(new Set([second.key, third.key]));
      await third.stop();
      await transport.until(() => [first, second].every(({ peers }) => peers.at(-1)?.length === 1));
      expect([first.peers.at(-1), second.peers.at(-1)]).toEqual([[second.key], [first.key]]);
      await first.publish(bytes("without the third"));
      await transport.until(() => second.gossip.length === 1);
      expect(third.gossip).toEqual([]);
      await transport.stop();
    });

    it("P-79: who is banned is parted from, on both sides, and nothing goes from one to the other any more", async () => {
      const transport = make();
      const [first, second, third] = (await transport.start(3, "full")) as Nodes<3>;
      first.ban(second.key);
      await transport.until(() => [first, second].every(({ peers }) => peers.at(-1)?.length === 1));
      expect([first.peers.at(-1), second.peers.at(-1)]).toEqual([[third.key], [third.key]]);
      third.verdict = () => "ignore";
      await second.publish(bytes("banned"));
      second.sendDirect([first.key, third.key], bytes("banned"));
      await transport.until(() => third.gossip.length === 1 && third.direct.length === 1);
      await third.publish(bytes("from the third"));
      await transport.until(() => first.gossip.length > 0);
      await transport.quiet();
      expect(texts(first.gossip)).toEqual(["from the third"]);
      expect(first.direct).toEqual([]);
      await transport.stop();
    });
  });
}
