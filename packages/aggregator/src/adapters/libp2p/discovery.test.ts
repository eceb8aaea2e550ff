import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record";
import { multiaddr } from "@multiformats/multiaddr";
import { toHex } from "@quorate/common";
import { beforeAll, describe, expect, test } from "vitest";
import { seedOf } from "../../../test/support/testNetwork.ts";
import type { PeerKey } from "../../core/io.ts";
import type { Logger } from "../../driver/ports.ts";
import { AddressBook } from "./addressBook.ts";
import { Admission } from "./admission.ts";
import { Discovery } from "./discovery.ts";
import {
  EXCHANGE_GAP_MS,
  MATE_DIALS_PER_SECOND,
  PARALLEL_MATE_DIALS,
  VISIT_IDLE_MS,
  VISIT_WAIT_MS,
  VISITS_BURST,
  VISITS_KEPT,
  VISITS_PER_SECOND,
} from "./limits.ts";

const NODES = 2_000;
const TARGET = 12;
const SUBNETS = 64;
const HOSTILE = 200;

interface Identity {
  readonly key: PeerKey;
  readonly envelope: Uint8Array;
}

const all: Identity[] = [];
/** Every tenth from the fifth on: none of them knows an honest node's record. */
const isHostile = (index: number): boolean => index % (NODES / HOSTILE) === 5;
const keyAt = (index: number): PeerKey => (all[index] as Identity).key;
const hostile = (): PeerKey[] => all.filter((_, i) => isHostile(i)).map(({ key }) => key);
/** The mates of node 0: by its id, every 64th. */
const mates = (): Set<PeerKey> => new Set(all.filter((_, i) => i > 0 && i % SUBNETS === 0).map(({ key }) => key));

beforeAll(async () => {
  for (let i = 0; i < NODES; i++) {
    const privateKey = await generateKeyPairFromSeed("Ed25519", seedOf(i));
    const multiaddrs = [multiaddr(`/ip4/8.${i >> 8}.${i & 255}.1/tcp/9000`)];
    const record = new PeerRecord({ peerId: peerIdFromPrivateKey(privateKey), multiaddrs, seqNumber: 1n });
    const envelope = new Uint8Array((await RecordEnvelope.seal(record, privateKey)).marshal());
    all.push({ key: toHex(privateKey.publicKey.raw), envelope });
  }
}, 60_000);

type Answers = (from: PeerKey, request: Uint8Array) => Promise<Uint8Array>;

/** Node 0 with its real discovery and address book; dialling and asking take no sockets. */
class World {
  nowMs = 1_000;
  asks = 0;
  dials = 0;
  readonly down = new Set<PeerKey>();
  /** Dials take as long as this; meanwhile there is no budget for a second one to the same peer. */
  dialTakes: Promise<void> | null = null;
  readonly #underWay = new Set<PeerKey>();
  readonly links = new Map<PeerKey, { readonly isOwnDial: boolean }>();
  readonly admission = new Admission(new Set(), () => false);
  readonly book: AddressBook;
  readonly discovery: Discovery;
  readonly #answers: Answers;
  readonly #failed = new Set<PeerKey>();
  #later: { readonly atMs: number; readonly then: () => void }[] = [];

  constructor(self: PeerKey, answers: Answers = async () => new Uint8Array(), salt = "secret") {
    const policy = { privateAddresses: false, names: false };
    this.#answers = answers;
    this.book = new AddressBook(self, (peer) => this.admission.isNode(peer), policy);
    this.discovery = new Discovery(
      { bootstrap: [], targetPeers: TARGET, salt },
      {
        self,
        book: this.book,
        admission: this.admission,
        dials: {
          count: 0,
          mates: () => {},
          isUnderWay: (peer) => this.#underWay.has(peer),
          ready: (peer) => this.book.claimed(peer).length > 0 && !this.#failed.has(peer) && !this.#underWay.has(peer),
          knows: (peer) => this.book.claimed(peer).length > 0,
          arrived: () => {},
          reconnected: () => {},
          departed: () => {},
          retain: () => {},
          dial: async (peer) => {
            this.#underWay.add(peer);
            if (this.dialTakes !== null) await this.dialTakes;
            this.#underWay.delete(peer);
            this.#dial(peer);
          },
        },
        ownRecord: { envelope: new Uint8Array(), heard: async () => false },
        logger: SILENT,
        now: () => this.nowMs,
        after: (delayMs, then) => this.#later.push({ atMs: this.nowMs + delayMs, then }),
        connected: () => [...this.links.keys()].sort(),
        links: () => this.links,
        close: (peer) => {
          this.links.delete(peer);
          this.discovery.departed(peer);
          return true;
        },
        ask: (peer, request) => {
          this.asks += 1;
          return this.#answers(peer, request);
        },
        blame: (peer, code) => {
          throw new Error(`${peer} is blamed: ${code}`);
        },
      },
    );
    this.admission.admit(new Set(all.map(({ key }) => key)));
    this.discovery.admissionChanged(true);
  }

  /** It has dialled node 0. */
  comes(peer: PeerKey): void {
    this.links.set(peer, this.links.get(peer) ?? { isOwnDial: false });
    this.discovery.arrived(peer);
  }

  async seconds(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const { asks } = this;
      this.nowMs += 1_000;
      for (const { then } of this.#dueNow()) then();
      this.discovery.step();
      await new Promise((resolve) => setImmediate(resolve));
      if (this.asks > asks) await this.#quiet();
    }
  }

  others(): PeerKey[] {
    return [...this.links.keys()].filter((peer) => !this.discovery.isMate(peer));
  }

  ownDials(): PeerKey[] {
    return this.others().filter((peer) => this.links.get(peer)?.isOwnDial);
  }

  #dueNow() {
    const due = this.#later.filter(({ atMs }) => atMs <= this.nowMs);
    this.#later = this.#later.filter(({ atMs }) => atMs > this.nowMs);
    return due;
  }

  async #quiet(): Promise<void> {
    for (let before = -1; before !== this.book.peers().length; ) {
      before = this.book.peers().length;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #dial(peer: PeerKey): void {
    this.dials += 1;
    if (this.down.has(peer)) return void this.#failed.add(peer);
    this.links.set(peer, { isOwnDial: true });
    this.discovery.arrived(peer);
  }
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Answers of a peer that holds these records. */
async function holding(self: PeerKey, identities: readonly Identity[]): Promise<World["discovery"]> {
  const world = new World(self);
  for (const { envelope } of identities) await world.book.learn(envelope);
  return world.discovery;
}

describe("P-131, P-132, P-133: discovery among 2,000 nodes", () => {
  let honest: Discovery;
  let enemy: Discovery;
  beforeAll(async () => {
    honest = await holding(keyAt(1), all);
    enemy = await holding(
      keyAt(5),
      all.filter((_, i) => isHostile(i)),
    );
  }, 60_000);

  test("an agent that knows one peer finds all its mates and a dozen others with one request", async () => {
    const world = new World(keyAt(0), (_peer, request) => honest.answer(keyAt(0), request));
    world.discovery.setMates(mates());
    world.comes(keyAt(1));
    await world.seconds(1);
    // 32 mates by name, and as many others as fit.
    expect([...mates()].filter((peer) => world.book.claimed(peer).length === 0)).toEqual([]);
    await world.seconds(30);
    expect([...mates()].filter((peer) => !world.links.has(peer))).toEqual([]);
    expect(world.others().length).toBe(TARGET);
    expect(world.book.peers().length).toBeLessThan(NODES);
  });

  test("in a quarter of an hour it holds a record of every node, and of nobody else", async () => {
    const world = new World(keyAt(0), (_peer, request) => honest.answer(keyAt(0), request));
    world.comes(keyAt(1));
    for (let n = 0; n < 20 && world.book.peers().length < NODES - 2; n++) {
      world.nowMs += 60_000;
      await world.seconds(1);
    }
    const others = all.slice(2).map(({ key }) => key);
    // The peer that answers has none of its own here.
    expect(world.book.peers()).toEqual(others.sort());
    const { asks } = world;
    world.nowMs += 3_600_000;
    await world.seconds(3);
    expect(world.asks).toBe(asks);
    // A node exits, and another: neither is a mate, nor in the book, nor asked for.
    const gone = new Set([...mates()].slice(0, 2));
    world.admission.admit(new Set(all.map(({ key }) => key).filter((key) => !gone.has(key))));
    world.book.retain((peer) => world.admission.isNode(peer));
    world.discovery.setMates(mates());
    for (const peer of gone) expect([world.discovery.isMate(peer), world.book.claimed(peer)]).toEqual([false, []]);
    expect(world.book.peers().length).toBe(NODES - 4);
  });

  test("mates that all start at once are dialled at a rate, in the secret order, while others are dialled, too", async () => {
    const world = new World(keyAt(0));
    for (const { envelope } of all.slice(0, 300)) await world.book.learn(envelope);
    world.discovery.setMates(new Set(all.slice(0, 200).map(({ key }) => key)));
    world.discovery.step();
    expect(world.dials).toBeLessThanOrEqual(8);
    const first = [...world.links.keys()].filter((peer) => world.discovery.isMate(peer));
    expect(first.length).toBe(PARALLEL_MATE_DIALS);
    const ranks = all.slice(1, 200).map(({ key }) => world.discovery.rank(key));
    expect(first.map((peer) => world.discovery.rank(peer)).sort()).toEqual(ranks.sort().slice(0, first.length));
    let before = world.dials;
    for (let second = 0; second < 40; second++) {
      await world.seconds(1);
      expect(world.dials - before).toBeLessThanOrEqual(MATE_DIALS_PER_SECOND + TARGET);
      before = world.dials;
    }
    // 199 were given: of those the 128 that are liked best.
    expect([...world.links.keys()].filter((peer) => world.discovery.isMate(peer)).length).toBe(128);
    expect(world.others().length).toBe(TARGET);
  });

  test("an enemy that dials first and floods records of its own nodes loses the own dials to nodes of the whole set", async () => {
    const enemies = new Set(hostile());
    const world = new World(keyAt(0), (peer, request) =>
      (enemies.has(peer) ? enemy : honest).answer(keyAt(0), request),
    );
    world.discovery.setMates(mates());
    for (const peer of hostile().slice(0, 20)) world.comes(peer);
    await world.seconds(60);
    // All that it knows are the enemy's.
    expect(world.book.peers().every((peer) => enemies.has(peer))).toBe(true);
    expect(world.ownDials().length).toBe(TARGET / 2);
    // One honest mate has found it.
    world.comes([...mates()].find((peer) => !enemies.has(peer)) as PeerKey);
    await world.seconds(60);
    expect([...mates()].filter((peer) => !world.links.has(peer))).toEqual([]);
    for (let n = 0; n < TARGET; n++) {
      world.nowMs += EXCHANGE_GAP_MS;
      await world.seconds(1);
    }
    // As many of them are the enemy's as of the set, a tenth: at most two of six, by this secret.
    const own = world.ownDials();
    expect(own.length).toBeGreaterThanOrEqual(TARGET / 2);
    expect(own.filter((peer) => enemies.has(peer)).length).toBeLessThanOrEqual(2);
    const ranks = all.map(({ key }) => world.discovery.rank(key)).sort();
    for (const peer of own) expect(ranks.indexOf(world.discovery.rank(peer))).toBeLessThan(10 * TARGET);
  });

  test("questions to many nodes are bounded, change none of the peers it wants, and leave no connections", async () => {
    const world = new World(keyAt(0), (_peer, request) => honest.answer(keyAt(0), request));
    for (const { envelope } of all.slice(0, 300)) await world.book.learn(envelope);
    await world.seconds(10);
    const wanted = [...world.links.keys()].sort();
    expect(wanted.length).toBe(TARGET);
    const asked = all.slice(1, 1 + 2 * VISITS_BURST).map(({ key }) => key);
    const fresh = asked.filter((peer) => !world.links.has(peer));
    const asking = Promise.allSettled(fresh.map((peer) => world.discovery.reach(peer)));
    await world.seconds(VISIT_WAIT_MS / 1_000);
    const results = await asking;
    const reached = results.filter(({ status }) => status === "fulfilled").length;
    expect(reached).toBeGreaterThanOrEqual(VISITS_BURST);
    expect(reached).toBeLessThanOrEqual(VISITS_BURST + (VISIT_WAIT_MS / 1_000) * VISITS_PER_SECOND);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "NETWORK_PEER_BUSY" });
    }
    await world.seconds(3);
    expect(world.links.size).toBeLessThanOrEqual(wanted.length + VISITS_KEPT);
    // One of them is asked again, so that it stays for longer.
    const visited = fresh.findLast((peer) => world.links.has(peer)) as PeerKey;
    await world.discovery.reach(visited);
    await world.seconds(6);
    expect([...world.links.keys()].sort()).toEqual([...wanted, visited].sort());
    await world.seconds(10);
    expect([...world.links.keys()].sort()).toEqual(wanted);
  });

  test("a question that finds no way to a node leaves the dial of another question its place", async () => {
    const world = new World(keyAt(0));
    for (const { envelope } of all.slice(0, 300)) await world.book.learn(envelope);
    await world.seconds(10);
    const wanted = [...world.links.keys()].sort();
    const peer = all.map(({ key }) => key).find((key, i) => i > 0 && !world.links.has(key)) as PeerKey;
    let up = (): void => {};
    world.dialTakes = new Promise((resolve) => {
      up = resolve;
    });
    const first = world.discovery.reach(peer);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(world.discovery.reach(peer)).rejects.toMatchObject({ code: "NETWORK_PEER_NOT_CONNECTED" });
    up();
    await first;
    expect(world.links.has(peer)).toBe(true);
    await world.seconds(2 + VISIT_IDLE_MS / 1_000);
    expect([...world.links.keys()].sort()).toEqual(wanted);
  });
});
