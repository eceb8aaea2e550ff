/**
 * Looks at agents while they are attacked. In: a network. Out: the slowest answer of /healthz, the most memory, and
 * whom agents banned, by their logs. It asks from the operator's address, as a probe would, each agent by itself, and
 * does not wait for one answer to ask for the next.
 */
import { readFileSync } from "node:fs";
import type { AgentProcess, LocalNetwork } from "../harness/network.ts";
import { ANSWER_TIMEOUT_MS, ask } from "./http.ts";

const LOOK_MS = 500;
/** A probe gives up then; what is refused counts as this late. */
const PROBE_TIMEOUT_MS = ANSWER_TIMEOUT_MS;
const OPERATOR_ADDRESS = "127.0.0.1";

export interface Watched {
  readonly healthzMaxMs: number;
  readonly peakRssMb: number;
}

export class Watch {
  readonly #network: LocalNetwork;
  #healthzMaxMs = 0;
  #peakRssMb = 0;
  #timer: NodeJS.Timeout | null = null;
  readonly #probes = new Set<Promise<void>>();

  constructor(network: LocalNetwork) {
    this.#network = network;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** What was seen since the start, answers under way included. */
  async stop(): Promise<Watched> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await Promise.all(this.#probes);
    return { healthzMaxMs: Math.round(this.#healthzMaxMs), peakRssMb: Math.round(this.#peakRssMb) };
  }

  #look(): void {
    for (const agent of this.#network.agents) {
      this.#peakRssMb = Math.max(this.#peakRssMb, rssMb(agent));
      const probe = this.#probe(agent);
      this.#probes.add(probe);
      void probe.finally(() => this.#probes.delete(probe));
    }
  }

  async #probe(agent: AgentProcess): Promise<void> {
    const startedMs = performance.now();
    let ms: number;
    try {
      // A connection each: one that is kept alive may end just when it is used again, which says nothing of the agent.
      const { status } = await ask(agent.health, "/healthz", { from: OPERATOR_ADDRESS });
      ms = status === 200 ? performance.now() - startedMs : PROBE_TIMEOUT_MS;
    } catch {
      ms = PROBE_TIMEOUT_MS;
    }
    // An agent that was stopped meanwhile owes no answer.
    if (this.#network.agents.includes(agent)) this.#healthzMaxMs = Math.max(this.#healthzMaxMs, ms);
  }
}

/** Resident megabytes: the second field of /proc/<pid>/statm, in pages of 4 kB. 0 for a process that is gone. */
function rssMb({ child }: AgentProcess): number {
  try {
    const pages = Number(readFileSync(`/proc/${child.pid}/statm`, "utf8").split(" ")[1]);
    return (pages * 4_096) / 1_048_576;
  } catch {
    return 0;
  }
}

export interface Bans {
  /** Pairs of an agent and an honest node that it banned. */
  readonly honest: readonly string[];
  /** Agents that banned the hostile node. */
  readonly hostile: number;
}

/** Marks where each agent's log ends now; `read` gives the bans since then. */
export class BanLog {
  readonly #network: LocalNetwork;
  readonly #starts: Map<number, number>;

  constructor(network: LocalNetwork) {
    this.#network = network;
    this.#starts = new Map(network.nodes.map(({ id }) => [id, this.#log(id).length]));
  }

  read(identities: { readonly honest: ReadonlySet<string>; readonly hostile: string }): Bans {
    const honest = new Set<string>();
    const hostile = new Set<number>();
    for (const { id } of this.#network.nodes) {
      const lines = this.#log(id)
        .subarray(this.#starts.get(id) ?? 0)
        .toString("utf8")
        .split("\n");
      for (const line of lines) {
        if (!line.includes("NETWORK_PEER_BANNED")) continue;
        const { peer, reason } = JSON.parse(line) as { peer: string; reason: string };
        if (peer === identities.hostile) hostile.add(id);
        if (identities.honest.has(peer)) honest.add(`agent ${id} banned ${peer.slice(0, 10)}… (${reason})`);
      }
    }
    return { honest: [...honest], hostile: hostile.size };
  }

  /** Bytes a log grew by, all agents together. */
  bytes(): number {
    const grown = this.#network.nodes.map(({ id }) => this.#log(id).length - (this.#starts.get(id) ?? 0));
    return grown.reduce((sum, bytes) => sum + bytes, 0);
  }

  #log(id: number): Buffer {
    try {
      return readFileSync(`${this.#network.node(id).directory}/agent.log`);
    } catch {
      return Buffer.alloc(0);
    }
  }
}
