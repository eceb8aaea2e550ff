/**
 * A listener that hands each connection on to a target over two pipes. In: who connects, where to, the condition of
 * each direction. Out: connections that can all be reset. Not its job: what the conditions are.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Random } from "../sim/random.ts";
import type { Condition } from "./condition.ts";
import { Pipe } from "./pipe.ts";

export interface Route {
  readonly host: string;
  readonly port: number;
  /** Connects from this address; default: the system's choice. */
  readonly localAddress?: string;
  /** Of what the caller sends, and of what it is sent. */
  there(): Condition;
  back(): Condition;
}

interface Passage {
  readonly caller: Socket;
  readonly target: Socket;
  readonly pipes: readonly Pipe[];
  /** The caller's address. */
  readonly by: string;
}

/** Looks whether a cut has ended, for a connection that could not be made while it lasted. */
const RETRY_MS = 50;

export class Relay {
  readonly #server: Server;
  readonly #route: (by: string) => Route | null;
  readonly #random: Random;
  readonly #passages = new Set<Passage>();
  #isClosed = false;
  #strangers = 0;
  #connections = 0;

  private constructor(server: Server, route: (by: string) => Route | null, random: Random) {
    this.#server = server;
    this.#route = route;
    this.#random = random;
  }

  /**
   * @param port 0 for any
   * @param route where a caller of an address is connected to; null refuses it
   */
  static async listen(host: string, port: number, route: (by: string) => Route | null, random: Random): Promise<Relay> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const relay = new Relay(server, route, random);
    server.on("connection", (socket) => void relay.#pass(socket));
    server.listen(port, host);
    await once(server, "listening");
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Callers of no known address: there should be none. */
  get strangers(): number {
    return this.#strangers;
  }

  get connections(): number {
    return this.#connections;
  }

  kick(): void {
    for (const { pipes } of this.#passages) for (const pipe of pipes) pipe.kick();
  }

  /** Resets the connections of one caller, or of all. */
  reset(by?: string): void {
    for (const passage of this.#passages) {
      if (by === undefined || passage.by === by) this.#reset(passage);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.reset();
    await closed;
  }

  async #pass(caller: Socket): Promise<void> {
    const by = caller.remoteAddress ?? "";
    caller.on("error", () => {});
    const route = this.#route(by);
    if (route === null) {
      this.#strangers += 1;
      caller.resetAndDestroy();
      return;
    }
    this.#connections += 1;
    // What asks for the connection travels one way, and what grants it the other.
    while (!this.#isClosed && (route.there().isCut || route.back().isCut) && !caller.destroyed) await sleep(RETRY_MS);
    if (this.#isClosed || caller.destroyed) {
      caller.destroy();
      return;
    }
    const { host, port, localAddress } = route;
    const target = connect({
      ...{ host, port, allowHalfOpen: true, noDelay: true },
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    caller.setNoDelay(true);
    const pipes = [
      new Pipe(caller, target, () => route.there(), this.#random),
      new Pipe(target, caller, () => route.back(), this.#random),
    ];
    const passage: Passage = { caller, target, pipes, by };
    this.#passages.add(passage);
    const ended = (): void => {
      if (!caller.closed || !target.closed) return;
      for (const pipe of pipes) pipe.stop();
      this.#passages.delete(passage);
    };
    caller.on("close", ended);
    target.on("close", ended);
    caller.resume();
  }

  #reset(passage: Passage): void {
    for (const pipe of passage.pipes) pipe.stop();
    passage.caller.resetAndDestroy();
    passage.target.resetAndDestroy();
    this.#passages.delete(passage);
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
