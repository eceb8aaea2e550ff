/**
 * Ports that stay the same when an agent is restarted, so that what was printed goes on to work. In: how many agents.
 * Out: ports on 127.0.0.1 that are free now: the usual ones where they are.
 */
import { once } from "node:events";
import { createServer } from "node:net";
import { quorateError } from "@quorate/common";

export interface AgentPorts {
  readonly http: number;
  readonly health: number;
  readonly p2p: number;
}

export interface Ports {
  readonly chain: number;
  /** Of agent `id`, from 1 on. */
  agent(id: number): AgentPorts;
}

/** Where wallets and tools look for a development chain, and where an agent's configuration starts. */
const CHAIN = 8_545;
const HTTP = 8_900;
/** Health and metrics stand 1,000 above, as an agent does it by itself. */
const HEALTH = HTTP + 1_000;
const P2P = 7_900;

/** All of them are moved by so much when one is taken. */
const STEP = 30;
const TRIES = 20;

/** @throws QuorateError `DEVNET_PORTS_TAKEN` */
export async function findPorts(
  agents: number,
  isFree: (port: number) => Promise<boolean> = canListen,
): Promise<Ports> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const ports = portsFrom(attempt * STEP);
    const wanted = [ports.chain];
    for (let id = 1; id <= agents; id++) wanted.push(...Object.values(ports.agent(id)));
    if ((await Promise.all(wanted.map(isFree))).every(Boolean)) return ports;
  }
  throw quorateError("DEVNET_PORTS_TAKEN", { first: CHAIN, tries: TRIES, step: STEP, agents });
}

function portsFrom(shift: number): Ports {
  return {
    chain: CHAIN + shift,
    agent: (id) => ({ http: HTTP + shift + id, health: HEALTH + shift + id, p2p: P2P + shift + id }),
  };
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  const listening = once(server, "listening").then(
    () => true,
    () => false,
  );
  server.listen(port, "127.0.0.1");
  const free = await listening;
  server.close();
  return free;
}
