/**
 * How many connections there are, and whose (P-98). In: connections as they open, identify themselves and close. Out:
 * those that go, so that there is room for others: a peer's third one, mute ones, and above the share those of peers
 * that this node likes least. Own dials and the peers that have been here longest stay: an enemy that comes with many
 * identities cannot push them out, and cannot know which of the others are liked, for the order is secret.
 */
import type { Connection } from "@libp2p/interface";
import { quorateError } from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import * as limits from "./limits.ts";
import { peerKeyOf } from "./peers.ts";

export interface RoomOptions {
  /** Connections without those of mates; inbound ones are refused above it. */
  readonly max: number;
  /** Own dials that stay, the oldest: those for a question to one node may go again. */
  readonly ownDials: number;
}

export interface RoomModules {
  now(): number;
  /** A secret order; lower is better. */
  rank(peer: PeerKey): number;
  /** Their connections stay, and take nobody's room (P-131). */
  isMate(peer: PeerKey): boolean;
  /** Whether gossip goes out to this peer. */
  isHeard(connection: Connection): boolean;
}

interface Seat {
  readonly sinceMs: number;
  identified: boolean;
  /** Whether gossip has gone out to its peer. */
  heard: boolean;
  /** Since when none does, or null. */
  muteSinceMs: number | null;
}

export class Room {
  readonly #options: RoomOptions;
  readonly #kept: number;
  readonly #modules: RoomModules;
  /** In the order in which they opened. */
  readonly #seats = new Map<Connection, Seat>();

  constructor(options: RoomOptions, modules: RoomModules) {
    this.#options = options;
    this.#kept = Math.max(1, Math.floor(options.max * limits.FULL_SHARE));
    this.#modules = modules;
  }

  opened(connection: Connection): void {
    if (connection.status !== "open") return;
    const nowMs = this.#modules.now();
    this.#seats.set(connection, { sinceMs: nowMs, identified: false, heard: false, muteSinceMs: nowMs });
    const same = [...this.#seats.keys()].filter(({ remotePeer }) => remotePeer.equals(connection.remotePeer));
    for (const old of same.slice(0, -limits.CONNECTIONS_PER_PEER)) this.#end(old, "a newer one of the same peer");
    // Between two looks, too, the last places are never all taken.
    const nearlyFull = this.#kept + Math.ceil((this.#options.max - this.#kept) / 2);
    this.#letGo(this.#others().length - nearlyFull, nowMs);
  }

  /** Whether another connection of this peer has to be refused. */
  isFull(peer: PeerKey): boolean {
    return !this.#modules.isMate(peer) && this.#others().length >= this.#options.max;
  }

  closed(connection: Connection): void {
    this.#seats.delete(connection);
  }

  identified(connection: Connection): void {
    const seat = this.#seats.get(connection);
    if (seat !== undefined) seat.identified = true;
  }

  isIdentified(connection: Connection): boolean {
    return this.#seats.get(connection)?.identified ?? false;
  }

  /** Closes what serves nobody, and what is above the share. */
  tidy(): void {
    const nowMs = this.#modules.now();
    for (const [connection, seat] of this.#seats) {
      // A peer's second connection is heard on the first.
      const heard = this.#modules.isHeard(connection);
      seat.heard ||= heard;
      seat.muteSinceMs = heard ? null : (seat.muteSinceMs ?? nowMs);
      const patienceMs = seat.heard ? limits.UNHEARD_TIMEOUT_MS : limits.IDENTIFY_TIMEOUT_MS;
      if (seat.muteSinceMs === null || nowMs - seat.muteSinceMs < patienceMs) continue;
      this.#end(connection, "never identified itself, or does not read");
    }
    this.#letGo(this.#others().length - this.#kept, nowMs);
  }

  #letGo(excess: number, nowMs: number): void {
    if (excess <= 0) return;
    const open = this.#open().sort((a, b) => this.#modules.rank(a.peer) - this.#modules.rank(b.peer));
    const isNew = ({ seat }: { seat: Seat }): boolean => nowMs - seat.sinceMs < limits.NEWCOMER_MS;
    const order = [...open.filter(isNew), ...open.filter((one) => !isNew(one))];
    for (const { connection } of order.slice(-excess)) void connection.close().catch(() => {});
  }

  /** Connections of peers that are no mates. */
  #others(): (readonly [Connection, Seat])[] {
    return [...this.#seats].filter(([{ remotePeer }]) => {
      const peer = peerKeyOf(remotePeer);
      return peer === null || !this.#modules.isMate(peer);
    });
  }

  /** Connections that may go: neither mates', nor the own dials nor those of long standing. */
  #open(): { connection: Connection; peer: PeerKey; seat: Seat }[] {
    const { ownDials } = this.#options;
    const own = this.#oldest(ownDials, ({ direction }) => direction === "outbound");
    const others = Math.floor(this.#kept * limits.LONG_LIVED_SHARE);
    const standing = this.#oldest(others, ({ remotePeer }) => !own.has(remotePeer.toString()));
    return this.#others().flatMap(([connection, seat]) => {
      const text = connection.remotePeer.toString();
      const peer = peerKeyOf(connection.remotePeer);
      return peer === null || own.has(text) || standing.has(text) ? [] : [{ connection, peer, seat }];
    });
  }

  /** The peers of the first such connections. */
  #oldest(count: number, which: (connection: Connection) => boolean): Set<string> {
    const peers = new Set<string>();
    for (const [connection] of this.#others()) {
      if (peers.size < count && which(connection)) peers.add(connection.remotePeer.toString());
    }
    return peers;
  }

  #end(connection: Connection, reason: string): void {
    const peer = peerKeyOf(connection.remotePeer);
    connection.abort(quorateError("NETWORK_PEER_NOT_CONNECTED", { peer, reason }));
  }
}
