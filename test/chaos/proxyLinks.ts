/**
 * Links without help of the kernel: a proxy for every directed link. Agent A is told, by everyone's signed records, an
 * address of B at which a relay of this process listens. A dials it from an address of its own (preload.ts), so that
 * the relay knows the link; B really listens at an address that is told to nobody, and that agents refuse to dial.
 * What this cannot do: drop packets. A lost piece comes late, as TCP would bring it; a cut holds bytes, ends and
 * resets.
 */
import type { NodeId } from "@quorate/common";
import type { AgentLaunch } from "../harness/network.ts";
import { Random } from "../sim/random.ts";
import { CLEAR, type Condition } from "./condition.ts";
import type { LinkChange, LinkLayer } from "./linkLayer.ts";
import { Relay } from "./relay.ts";

const PORT = 4_001;
const PRELOAD = new URL("./preload.ts", import.meta.url).href;
/** The second byte of the loopback addresses; each run on this machine takes one of its own. */
const FIRST_NET = 77;
const NETS = 100;

/** The third byte: where peers are dialled, where they really listen. */
const [PUBLIC, HIDDEN] = [0, 1];

export class ProxyLinks implements LinkLayer {
  readonly kind = "proxy";
  readonly canDelay = true;
  readonly hub = "127.0.0.1";
  readonly #net: number;
  readonly #relays = new Map<NodeId, Relay>();
  readonly #conditions = new Map<string, Condition>();

  private constructor(net: number) {
    this.#net = net;
  }

  static async open(nodes: number): Promise<ProxyLinks> {
    for (let i = 0; i < NETS; i++) {
      const links = new ProxyLinks(FIRST_NET + ((process.pid + i) % NETS));
      try {
        await links.#listen(nodes);
        return links;
      } catch (error) {
        await links.close();
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      }
    }
    throw new Error(`all ${NETS} loopback networks are taken by other runs`);
  }

  get connections(): number {
    return [...this.#relays.values()].reduce((sum, relay) => sum + relay.connections, 0);
  }

  launchOf(id: NodeId): AgentLaunch {
    return {
      imports: [PRELOAD],
      env: {
        CHAOS_PEERS: `127.${this.#net}.${PUBLIC}.`,
        CHAOS_HIDDEN: `127.${this.#net}.${HIDDEN}.`,
        CHAOS_FROM: this.#address(PUBLIC, id),
      },
      place: {
        listen: `/ip4/${this.#address(HIDDEN, id)}/tcp/${PORT}`,
        announce: `/ip4/${this.#address(PUBLIC, id)}/tcp/${PORT}`,
        httpHost: "127.0.0.1",
      },
    };
  }

  async apply(changes: readonly LinkChange[]): Promise<void> {
    for (const { from, to, condition } of changes) this.#conditions.set(`${from} ${to}`, condition);
    for (const relay of this.#relays.values()) relay.kick();
  }

  async reset(id: NodeId): Promise<void> {
    for (const [to, relay] of this.#relays) relay.reset(to === id ? undefined : this.#address(PUBLIC, id));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#relays.values()].map((relay) => relay.close()));
  }

  async #listen(nodes: number): Promise<void> {
    const random = new Random(`links ${process.pid}`);
    for (let id = 1; id <= nodes; id++) {
      const route = (by: string) => {
        const from = this.#idOf(by, nodes);
        if (from === null) return null;
        return {
          ...{ host: this.#address(HIDDEN, id), port: PORT, localAddress: by },
          there: () => this.#conditions.get(`${from} ${id}`) ?? CLEAR,
          back: () => this.#conditions.get(`${id} ${from}`) ?? CLEAR,
        };
      };
      this.#relays.set(id, await Relay.listen(this.#address(PUBLIC, id), PORT, route, random.fork(id)));
    }
  }

  /** The dialling node of an address; null for everyone else. */
  #idOf(address: string, nodes: number): NodeId | null {
    const [first, net, kind, last] = address.split(".").map(Number);
    const isPublic = first === 127 && net === this.#net && kind === PUBLIC;
    return isPublic && last !== undefined && last >= 1 && last <= nodes ? last : null;
  }

  #address(kind: number, id: NodeId): string {
    return `127.${this.#net}.${kind}.${id}`;
  }
}
