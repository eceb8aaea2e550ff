/**
 * Every open connection of one listener, and which of them has to go. Enters: sockets and requests, from the server.
 * Leaves: sockets destroyed. Not its job: what is answered.
 *
 * A place is never refused to a new client because others are slow: the connection that does least makes room. A
 * connection that is answering keeps its place, unless its client does not read.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type QuorateError, quorateError } from "@quorate/common";
import type { HttpTraffic } from "../../driver/ports.ts";
import { clientKey } from "./clients.ts";
import {
  BUFFERED_MAX_BYTES,
  type ConnectionLimits,
  LINGER_MS,
  LOOK_MS,
  PIPELINED_MAX,
  STALLED_MS,
  TURNED_AWAY_MAX,
} from "./limits.ts";

/** Why a connection was cut. */
type Reason = keyof HttpTraffic["dropped"];

interface Connection {
  readonly socket: Socket;
  /** Null for a trusted proxy: it carries many clients. */
  readonly client: string | null;
  readonly requests: Set<IncomingMessage>;
  /** When its last answer was complete; when it opened, before the first. */
  idleSinceMs: number;
  /** Since when bytes wait for the client to read them, and nothing that was written before them has been taken. */
  unreadSinceMs: number | null;
  /** Bytes that the system has taken, at the last look. */
  taken: number;
  /** Since when our side is closed. */
  endedSinceMs: number | null;
}

export interface ConnectionsModules {
  /** Whether this peer is a proxy that carries many clients. */
  isProxy(address: string | undefined): boolean;
  /** Writes the refusal to a socket and closes it. */
  refuse(socket: Socket, error: QuorateError): void;
  /** Milliseconds, never going back. */
  nowMs(): number;
}

export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #modules: ConnectionsModules;
  /** In the order in which they opened. */
  readonly #open = new Map<Socket, Connection>();
  readonly #byClient = new Map<string, Set<Connection>>();
  readonly #dropped: Record<Reason, number> = { room: 0, refused: 0, unread: 0, pipelined: 0, lingering: 0 };
  #turnedAway = 0;
  #bufferedLookMs = Number.NEGATIVE_INFINITY;
  #look: NodeJS.Timeout | null = null;

  constructor(limits: ConnectionLimits, modules: ConnectionsModules) {
    this.#limits = limits;
    this.#modules = modules;
  }

  attach(server: Server): void {
    // The last resort: places are made here, before Node would refuse without looking.
    server.maxConnections = this.#limits.maxConnections + TURNED_AWAY_MAX + 1;
    server.on("connection", (socket: Socket) => this.#opened(socket));
    server.on("close", () => {
      if (this.#look !== null) clearInterval(this.#look);
    });
    this.#look = setInterval(() => this.#lookAtAll(), Math.min(LOOK_MS, this.#limits.writeTimeoutMs / 2)).unref();
  }

  /** A request begins. False when its connection was cut instead. */
  begin(request: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.#open.get(request.socket);
    if (connection === undefined) return false;
    if (connection.requests.size >= PIPELINED_MAX) {
      this.#drop(connection, "pipelined");
      return false;
    }
    connection.requests.add(request);
    response.once("close", () => {
      connection.requests.delete(request);
      connection.idleSinceMs = this.#modules.nowMs();
    });
    this.#boundBuffers();
    return this.#open.has(request.socket);
  }

  /** Before the server closes: those that ask nothing are not waited for. */
  hangUp(): void {
    const nowMs = this.#modules.nowMs();
    for (const connection of [...this.#open.values()]) if (use(connection, nowMs) === 0) this.#drop(connection, "room");
  }

  traffic(): Pick<HttpTraffic, "connections" | "dropped"> {
    return { connections: this.#open.size, dropped: { ...this.#dropped } };
  }

  #opened(socket: Socket): void {
    const address = socket.remoteAddress;
    const client = this.#modules.isProxy(address) ? null : clientKey(address ?? "");
    const places = this.#makeRoom(client);
    if (places !== null) {
      this.#dropped.refused += 1;
      return this.#turnAway(socket, places);
    }
    const nowMs = this.#modules.nowMs();
    const requests = new Set<IncomingMessage>();
    const connection = {
      socket,
      client,
      requests,
      idleSinceMs: nowMs,
      unreadSinceMs: null,
      taken: 0,
      endedSinceMs: null,
    };
    this.#open.set(socket, connection);
    if (client !== null) {
      const own = this.#byClient.get(client) ?? new Set<Connection>();
      this.#byClient.set(client, own.add(connection));
    }
    socket.once("close", () => this.#closed(connection));
  }

  /**
   * A few are told why, and have a moment to read it: whoever is turned away must not hold the place it did not get.
   */
  #turnAway(socket: Socket, why: QuorateError): void {
    if (this.#turnedAway >= TURNED_AWAY_MAX) {
      socket.destroy();
      return;
    }
    this.#turnedAway += 1;
    const end = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once("close", () => {
      clearTimeout(end);
      this.#turnedAway -= 1;
    });
    this.#modules.refuse(socket, why);
  }

  #closed(connection: Connection): void {
    const { socket, client } = connection;
    if (!this.#open.delete(socket) || client === null) return;
    const own = this.#byClient.get(client);
    own?.delete(connection);
    if (own?.size === 0) this.#byClient.delete(client);
  }

  /** Null when there is a place for a connection of this client, made if need be; else why not. */
  #makeRoom(client: string | null): QuorateError | null {
    const { maxConnections, maxConnectionsPerClient } = this.#limits;
    const own = client === null ? undefined : this.#byClient.get(client);
    if (own !== undefined && own.size >= maxConnectionsPerClient && !this.#dropLeast(own)) {
      return quorateError("CONNECTIONS_EXCEEDED", { client, ofThisClient: own.size, maxConnectionsPerClient });
    }
    if (this.#open.size < maxConnections || this.#dropLeast(this.#open.values())) return null;
    return quorateError("CONNECTIONS_EXCEEDED", { connections: this.#open.size, maxConnections });
  }

  /** Cuts one that is not being answered: of the client that holds most, the one of least use, the longest idle. */
  #dropLeast(candidates: Iterable<Connection>): boolean {
    const nowMs = this.#modules.nowMs();
    const size = ({ client }: Connection) => (client === null ? 1 : (this.#byClient.get(client)?.size ?? 1));
    let least: { readonly connection: Connection; readonly order: readonly number[] } | null = null;
    for (const connection of candidates) {
      const used = use(connection, nowMs);
      const order = [-size(connection), used, connection.idleSinceMs];
      if (used < ANSWERING && (least === null || isBefore(order, least.order))) least = { connection, order };
    }
    if (least === null) return false;
    this.#drop(least.connection, "room");
    return true;
  }

  /** What is written and not read stays in memory: whoever has read least for longest goes first. */
  #boundBuffers(): void {
    const nowMs = this.#modules.nowMs();
    if (nowMs - this.#bufferedLookMs < STALLED_MS / 10) return;
    this.#bufferedLookMs = nowMs;
    const waiting = [...this.#open.values()].filter(({ socket }) => socket.writableLength > 0);
    let bytes = waiting.reduce((sum, { socket }) => sum + socket.writableLength, 0);
    waiting.sort((a, b) => (a.unreadSinceMs ?? nowMs) - (b.unreadSinceMs ?? nowMs));
    for (const connection of waiting) {
      if (bytes <= BUFFERED_MAX_BYTES) return;
      bytes -= connection.socket.writableLength;
      this.#drop(connection, "unread");
    }
  }

  #lookAtAll(): void {
    const nowMs = this.#modules.nowMs();
    for (const connection of this.#open.values()) {
      const { socket } = connection;
      const taken = socket.bytesWritten - socket.writableLength;
      const isMoving = taken !== connection.taken;
      connection.taken = taken;
      if (socket.writableLength === 0) connection.unreadSinceMs = null;
      else connection.unreadSinceMs = isMoving ? nowMs : (connection.unreadSinceMs ?? nowMs);
      connection.endedSinceMs = socket.writableEnded ? (connection.endedSinceMs ?? nowMs) : null;
      if (nowMs - (connection.unreadSinceMs ?? nowMs) >= this.#limits.writeTimeoutMs) this.#drop(connection, "unread");
      else if (nowMs - (connection.endedSinceMs ?? nowMs) >= LINGER_MS) this.#drop(connection, "lingering");
    }
  }

  #drop(connection: Connection, reason: Reason): void {
    this.#dropped[reason] += 1;
    // Now, not at "close": the place is free for whoever it was made for.
    this.#closed(connection);
    connection.socket.destroy();
  }
}

/** Of no more use than a connection in this rank can be: it is never cut to make room. */
const ANSWERING = 3;

/**
 * What a connection is doing: 0 nothing, or not even a whole head; 1 sending a body; 2 not reading; 3 being answered.
 */
function use({ requests, unreadSinceMs }: Connection, nowMs: number): number {
  if (nowMs - (unreadSinceMs ?? nowMs) >= STALLED_MS) return 2;
  if (requests.size === 0) return 0;
  return [...requests].every(({ complete }) => !complete) ? 1 : ANSWERING;
}

/** Number by number. */
function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const i = a.findIndex((number, at) => number !== b[at]);
  return i >= 0 && (a[i] as number) < (b[i] as number);
}
