/** For the HTTP adapter's tests: a server on a real socket, before an agent that is a plain object. */
import {
  type Address,
  buildRewardsTree,
  type ChainProviderView,
  type ClaimReply,
  type ClaimView,
  type LedgerPage,
  type NotReady,
  type OwnNode,
  quorateError,
  type StakeReach,
  type UnsignedClaim,
} from "@quorate/common";
import { expect } from "vitest";
import type { MetricsSource } from "../../src/adapters/http/modules.ts";
import { toJson } from "../../src/adapters/http/refusals.ts";
import { createHttpServer, type HttpServer, type HttpServerOptions } from "../../src/adapters/http/server.ts";
import type { LedgerNode } from "../../src/core/ledger/events.ts";
import type { AgentApi, AgentPlace, LinesAnswer, Logger, ProofAnswer, SubmitterView } from "../../src/driver/ports.ts";
import { sampleBundle } from "./sampleBundle.ts";

export const ALICE: Address = `0x${"aa".repeat(20)}`;
export const BOB: Address = `0x${"bb".repeat(20)}`;
/** Above 2^53: what JSON's numbers would lose. */
export const LARGE = 2n ** 60n + 1n;

export const COLLECTING: ClaimView = {
  recipient: ALICE,
  epoch: 3,
  amount: LARGE,
  digest: `0x${"0d".repeat(32)}`,
  status: "collecting",
  startedAtMs: 1_000,
  deadlineMs: 31_000,
  quorumAfterMs: null,
  activeStake: 3n * LARGE,
  signedStake: LARGE,
  signedBps: 3_333,
  signers: [1],
  missing: [2, 3],
  disagreements: [{ nodeId: 2, amount: 7n }],
  reasons: [{ nodeId: 3, code: "EPOCH_NOT_CLOSED", closedEpochs: 3 }],
  bundle: null,
};
export const READY: ClaimView = {
  ...COLLECTING,
  status: "ready",
  quorumAfterMs: 400,
  signedStake: 3n * LARGE,
  signedBps: 10_000,
  signers: [1, 2, 3],
  missing: [],
  bundle: sampleBundle({ recipient: ALICE, epoch: 3 }),
};
export const NODE: LedgerNode = {
  id: 1,
  operator: BOB,
  state: "active",
  silent: false,
  stake: LARGE,
  blsKey: new Uint8Array(96).fill(1),
  identityKey: `0x${"1d".repeat(32)}`,
  identityValid: true,
  feeBps: 100,
  contributors: [{ addr: BOB, beneficiary: ALICE, stake: LARGE }],
};

const ALL_IN_REACH: StakeReach = { activeBps: 10_000, floorBps: 10_000, suffices: true, missing: [] };
const COUNTED = {
  aggregatesInvalid: 0,
  rounds: 1,
  sharesAccepted: 4,
  sharesRejected: 0,
  disagreements: 0,
};
const OWN_NODE = { nodeId: 1, nodeState: "active" } as const;

export interface TestAgent {
  readonly api: AgentApi;
  readonly watchers: Set<(claim: ClaimView) => void>;
  readonly asked: [Address, number | null][];
  reply: ClaimReply | Error;
  stored: ClaimView | null;
  unsigned: readonly UnsignedClaim[];
  reasons: string[];
  causes: readonly NotReady[];
  ownNode: OwnNode | null;
  reach: StakeReach | null;
  submitter: SubmitterView | null;
  silentReports: number | null;
  proof: ProofAnswer | null;
  ledger: AgentApi["ledger"];
  nodeIds: readonly number[];
  /** Others that it lists; a client asks them, too. */
  agents: readonly AgentPlace[];
}

/** Nothing is closed, so nothing can be asked. */
/** As the thread that folds it writes it out. */
export function linesAnswer(page: LedgerPage, goesOn = false): LinesAnswer {
  return { json: new TextEncoder().encode(toJson(page)), goesOn };
}

const NO_LEDGER: AgentApi["ledger"] = {
  page: async (_recipient, epoch) => Promise.reject(quorateError("EPOCH_NOT_CLOSED", { epoch })),
  epochs: async () => ({ epochs: [], closedEpoch: null }),
  ranges: async (epoch) => Promise.reject(quorateError("EPOCH_NOT_CLOSED", { epoch })),
};

const TREE = buildRewardsTree([
  [ALICE, LARGE],
  [BOB, 7n],
]);

/** What is answered to Alice. */
export const PROOF: ProofAnswer = {
  recipient: ALICE,
  epoch: 2,
  rootIndex: 1,
  rewardsRoot: TREE.root,
  amount: LARGE,
  proof: TREE.proofOf(ALICE)?.proof ?? [],
  distributor: BOB,
};

/** An account that cannot send for lack of money. */
export const ACCOUNT: SubmitterView = {
  address: BOB,
  balanceWei: 25n * 10n ** 16n,
  inFlight: { key: "report:3", txHash: `0x${"0f".repeat(32)}`, nonce: 5 },
  queued: 0,
  unfinalised: 1,
  reorganised: 0,
  inTheWay: { code: "SUBMIT_NO_FUNDS", detail: "balance 1, needed 2", atFault: "account" },
};

/** A chain provider that is away. */
export const PROVIDER: ChainProviderView = {
  host: "rpc.example.org",
  ok: false,
  code: "CHAIN_PROVIDER_FAILED",
  detail: "provider: rpc.example.org, method: eth_getBlockByNumber, reason: HTTP 401: key revoked",
  finalised: 9,
  sinceMs: 1_700_000_000_000,
  isLate: false,
  failures: { CHAIN_PROVIDER_FAILED: 3 },
};

/** What the chain has, as the agent has folded it. */
const FOLDED = {
  head: { number: 9, hash: `0x${"09".repeat(32)}`, timestamp: 99 },
  chain: { healthy: true, providers: [PROVIDER], clockOffsetSeconds: null },
  genesis: 10,
  epochSeconds: 60,
  closedEpoch: 3,
  nodes: { pending: 0, active: 3, decommissioned: 0, exited: 0 },
  activeStake: 3n * LARGE,
  decommissionedStake: 0n,
  silentStake: 0n,
  totalOwed: LARGE,
  acceptedReports: 3,
  payableEpoch: 2,
} as const;

export function testAgent(): TestAgent {
  const agent: TestAgent = {
    watchers: new Set(),
    asked: [],
    reply: { ok: true, claim: COLLECTING },
    stored: COLLECTING,
    unsigned: [],
    reasons: [],
    causes: [],
    ownNode: { nodeId: 1, state: "active", operator: BOB, unlocksAt: null, foreign: [] },
    reach: ALL_IN_REACH,
    submitter: null,
    silentReports: null,
    proof: PROOF,
    ledger: NO_LEDGER,
    nodeIds: [NODE.id],
    agents: [],
    api: {
      network: { chainId: "31337", contract: BOB },
      status: () => ({
        ...OWN_NODE,
        ownNode: agent.ownNode,
        ...FOLDED,
        uptime: "PPM",
        silentReports: agent.silentReports,
        submitter: agent.submitter,
        connectedPeers: 2,
        reach: agent.reach,
        ...COUNTED,
        peerId: "12D3",
        addresses: ["/ip4/127.0.0.1/tcp/1"],
        meshPeers: 2,
        version: "0.1.0",
        unsigned: agent.unsigned,
      }),
      ready: () => ({ ready: agent.reasons.length === 0, reasons: agent.reasons, causes: agent.causes }),
      nodes: () =>
        agent.nodeIds.map((id) => {
          const own = id === NODE.id;
          return { ...NODE, id, uptime: "PPM", unlocksAt: agent.ownNode?.unlocksAt ?? null, own };
        }),
      agents: () => agent.agents,
      proof: async (recipient) => (recipient === ALICE ? agent.proof : null),
      owed: (recipient) => (recipient === ALICE ? { epoch: 3, amount: LARGE } : null),
      async requestClaim(recipient, epoch) {
        agent.asked.push([recipient, epoch]);
        if (agent.reply instanceof Error) throw agent.reply;
        return agent.reply;
      },
      claim: (recipient) => (recipient === ALICE ? agent.stored : null),
      watchClaim(_recipient, _epoch, onChange) {
        agent.watchers.add(onChange);
        return () => agent.watchers.delete(onChange);
      },
      bundle: (recipient) => (recipient === ALICE ? READY.bundle : null),
      ledger: {
        page: (recipient, from, to) => agent.ledger.page(recipient, from, to),
        epochs: (from, count) => agent.ledger.epochs(from, count),
        ranges: (epoch, prefix) => agent.ledger.ranges(epoch, prefix),
      },
    },
  };
  return agent;
}

export const servers: HttpServer[] = [];
export const logged: string[] = [];
const logger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (_values, message) => logged.push(message),
  error: (_values, message) => logged.push(message),
};

/** For `afterEach`. */
export async function stopServers(): Promise<void> {
  for (const server of servers.splice(0)) await server.stop();
  logged.length = 0;
}

export async function serve(
  agent = testAgent(),
  options: Partial<HttpServerOptions> = {},
  metrics?: MetricsSource,
): Promise<string> {
  const modules = { api: agent.api, logger, ...(metrics === undefined ? {} : { metrics }) };
  const server = createHttpServer({ host: "127.0.0.1", port: 0, ...options }, modules);
  servers.push(server);
  return server.start();
}

/** One request whose status, code and values count. */
export async function refused(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  const body = (await response.json()) as { error: { code: string; message: string; values: object; remedy: string } };
  expect(body.error).toMatchObject({ message: expect.stringMatching(/\.$/), remedy: expect.stringMatching(/\.$/) });
  return { status: response.status, code: body.error.code, values: body.error.values, headers: response.headers };
}

export const post = (body: string, type = "application/json"): RequestInit => ({
  method: "POST",
  headers: { "content-type": type },
  body,
});
