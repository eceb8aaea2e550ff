/**
 * What a page needs of agents, for measuring the page alone: its files, and answers of the agents' form about as many
 * nodes as are asked for. Enters: a number of nodes. Leaves: HTTP servers; the first serves the page too.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { NODES_PAGE_MAX, nodesSchema, statusSchema } from "@quorate/common/http";
import { PAGE_EPOCHS, PAGE_LINES } from "../../packages/aggregator/src/audit/explain.ts";

const EPOCH = 4_000;
const EPOCH_SECONDS = 3_600;
const STAKE = 25_000_000_000_000n;
const STRIP_EPOCHS = 48;
/** Somebody who has earned in ten nodes in every epoch. */
export const EARNER = `0x${"ea".repeat(20)}`;
const EARNING_NODES = 10;
export const EARNER_LINES = EARNING_NODES * (EPOCH + 1);
/** Atomic units of one line. */
const EARNED = 123_456_789n;
/** A page ends as those of agents do. */
const PAGE_ENDS_AFTER = Math.min(PAGE_EPOCHS, Math.ceil(PAGE_LINES / EARNING_NODES));
const network = { chainId: "1", contract: `0x${"c0".repeat(20)}` };
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

export interface PortalAgents {
  /** The page. */
  readonly url: string;
  close(): Promise<void>;
}

/** Bytes of hex that look drawn and are the same in every run. */
function hexOf(text: string, bytes: number): string {
  let hex = "";
  for (let part = 0; hex.length < 2 * bytes; part++)
    hex += createHash("sha256").update(`${text} ${part}`).digest("hex");
  return hex.slice(0, 2 * bytes);
}

function nodeOf(id: number): Record<string, unknown> {
  const operator = `0x${hexOf(`operator ${id % 300}`, 20)}`;
  const parts = 1 + (id % 5);
  const share = STAKE / BigInt(parts);
  const contributors = Array.from({ length: parts }, (_, part) => {
    const addr = part === 0 ? operator : `0x${hexOf(`contributor ${id} ${part}`, 20)}`;
    const stake = String(part === 0 ? STAKE - share * BigInt(parts - 1) : share);
    return { addr, beneficiary: addr, stake };
  });
  const state = id % 50 === 0 ? "decommissioned" : id % 61 === 0 ? "pending" : "active";
  const missing = Number.parseInt(hexOf(`uptime ${id}`, 1), 16) % 40;
  const uptime = Array.from({ length: STRIP_EPOCHS }, (_, epoch) => (id % 7 === 0 && epoch === missing ? "M" : "P"));
  return {
    ...{ id, operator, state, silent: id % 200 === 0, stake: String(STAKE), contributors, identityValid: true },
    ...{ blsKey: `0x${hexOf(`bls ${id}`, 96)}`, identityKey: `0x${hexOf(`identity ${id}`, 32)}`, feeBps: 1_000 },
    ...{ uptime: uptime.join(""), unlocksAt: null, own: false },
  };
}

function statusOf(peerId: string, nodes: readonly Record<string, unknown>[]): Record<string, unknown> {
  const count = (state: string) => nodes.filter((node) => node["state"] === state).length;
  const states = { pending: count("pending"), active: count("active"), decommissioned: count("decommissioned") };
  const silent = nodes.filter(({ state, silent }) => state === "decommissioned" && silent).length;
  const stake = (many: number) => String(STAKE * BigInt(many));
  const genesis = 1_750_000_000;
  const head = { number: 21_000_000, hash: `0x${hexOf("head", 32)}`, timestamp: genesis + (EPOCH + 1) * EPOCH_SECONDS };
  return {
    ...{ version: "0.1.0", peerId, addresses: [], network, nodeId: null, nodeState: null, head },
    chain: { healthy: true, providers: [], clockOffsetSeconds: 0 },
    ...{ genesis, epochSeconds: EPOCH_SECONDS, closedEpoch: EPOCH, nodes: { ...states, exited: 0 } },
    activeStake: stake(states.active),
    decommissionedStake: stake(states.decommissioned - silent),
    silentStake: stake(silent),
    ...{ totalOwed: "1", acceptedReports: EPOCH, payableEpoch: EPOCH, uptime: "", silentReports: null },
    ...{ submitter: null, connectedPeers: 80, meshPeers: 12, rounds: 0, sharesAccepted: 0, sharesRejected: 0 },
    ...{ disagreements: 0, unsigned: [] },
  };
}

/** Two agents that say the same, so that the page has what it asks for. */
export async function startPortalAgents(dist: string, count: number): Promise<PortalAgents> {
  const nodes = Array.from({ length: count }, (_, at) => nodeOf(at + 1));
  nodesSchema.parse({ nodes });
  const servers: Server[] = [];
  const urls: string[] = [];
  for (const peerId of ["12D3KooWFirst", "12D3KooWSecond"]) {
    const status = statusOf(peerId, nodes);
    statusSchema.parse(status);
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://here");
      const answer = answerOf(pathname, searchParams, nodes, status, urls);
      if (answer === null) return sendFile(dist, pathname, response);
      response.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" });
      response.end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    servers.push(server);
    urls.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
  return {
    url: urls[0] as string,
    async close() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

function answerOf(
  path: string,
  query: URLSearchParams,
  nodes: readonly Record<string, unknown>[],
  status: Record<string, unknown>,
  urls: readonly string[],
): unknown {
  if (path === "/portal.json") return { ...network, agents: urls, rpc: [], explorer: null };
  if (path === "/v1/status") return status;
  if (path === "/v1/agents") return { agents: [] };
  if (path === "/v1/ledger/epochs") {
    const epochs = Array.from({ length: 8 }, (_, at) => EPOCH - 7 + at);
    const totals = epochs.map((epoch) => ({
      epoch,
      root: `0x${hexOf(`root ${epoch}`, 32)}`,
      totalOwed: String(epoch),
    }));
    return { epochs: totals, closedEpoch: EPOCH };
  }
  if (path === `/v1/rewards/${EARNER}`) {
    return { recipient: EARNER, epoch: EPOCH, amount: String(EARNED * BigInt(EARNER_LINES)) };
  }
  if (path === `/v1/ledger/${EARNER}`) return linesFrom(Number(query.get("from")));
  if (path !== "/v1/nodes") return null;
  const from = Number(query.get("from") ?? 1);
  const page = nodes.slice(from - 1, from - 1 + Number(query.get("count") ?? NODES_PAGE_MAX));
  return { nodes: page, next: from - 1 + page.length < nodes.length ? from + page.length : null };
}

function linesFrom(from: number): unknown {
  const to = Math.min(EPOCH, from + PAGE_ENDS_AFTER - 1);
  const upTo = (epochs: number) => String(EARNED * BigInt(EARNING_NODES * epochs));
  const parts = { nodeReward: String(10n * EARNED), fee: "1", dust: "2", bounty: "0", amount: String(EARNED) };
  const line = { activeSeconds: EPOCH_SECONDS, ...parts, share: String(EARNED - 3n) };
  const lines = Array.from({ length: EARNING_NODES * (to - from + 1) }, (_, at) => ({
    ...{ epoch: from + Math.floor(at / EARNING_NODES), node: 1 + (at % EARNING_NODES), ...line },
  }));
  return {
    ...{ recipient: EARNER, from, to, before: upTo(from), after: upTo(to + 1), lines },
    next: to === EPOCH ? null : to + 1,
  };
}

/** As agents serve the page: compressed where there is such a file, and kept where its name says what it holds. */
function sendFile(dist: string, path: string, response: ServerResponse): void {
  const name = path === "/" ? "/index.html" : normalize(path);
  const file = join(dist, name);
  if (!file.startsWith(dist) || !existsSync(`${file}.br`)) {
    response.writeHead(404).end();
    return;
  }
  const type = TYPES[extname(name)] ?? "application/octet-stream";
  response.writeHead(200, { "content-type": type, "content-encoding": "br" }).end(readFileSync(`${file}.br`));
}
