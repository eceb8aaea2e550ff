/**
 * The adapters' own readers under hostile input: HTTP requests on a real socket, a provider that answers anything,
 * keystore files. In: how many cases, a seed. Out: nothing, or fast-check's error. Fewer cases than the others: each
 * is a file or a round trip.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isQuorateError } from "@quorate/common";
import { errorSchema } from "@quorate/common/http";
import fc from "fast-check";
import { Rpc } from "../../packages/aggregator/src/adapters/chain/rpc.ts";
import { toJson } from "../../packages/aggregator/src/adapters/http/refusals.ts";
import { createHttpServer } from "../../packages/aggregator/src/adapters/http/server.ts";
import { createKeys, loadKeys } from "../../packages/aggregator/src/adapters/keys/keys.ts";
import { createAgent } from "../../packages/aggregator/src/core/agent.ts";
import type { AgentApi, Logger } from "../../packages/aggregator/src/driver/ports.ts";
import { CHAIN_EVENTS, DOMAIN, headAfter, node, scheme, verifyIdentity } from "./cast.ts";
import { hostileJson, hostileText } from "./mutate.ts";
import type { Target } from "./target.ts";

/** A real core behind the interface, without peers. */
function apiOfCore(): AgentApi {
  const { blsKey } = node(1);
  const core = createAgent(
    { domain: DOMAIN, blsKey, claimDeadlineMs: 1_000, submits: null },
    { scheme, signIdentity: () => new Uint8Array(64), verifyIdentity },
    { ledger: null, signings: [], claims: [], bundles: [] },
  );
  core.handle({ type: "started" }, 0);
  core.handle({ type: "chain-health", health: { healthy: true } }, 0);
  core.handle({ type: "chain", events: CHAIN_EVENTS, head: headAfter(3) }, 0);
  return {
    agents: () => [],
    network: { chainId: "31337", contract: DOMAIN.verifyingContract },
    status: () => ({
      ...core.status(),
      chain: { ...core.status().chain, providers: [], clockOffsetSeconds: null },
      peerId: "",
      addresses: [],
      meshPeers: 0,
      version: "0",
      submitter: null,
      unsigned: core.unsigned(),
    }),
    ready: () => ({ ready: true, reasons: [], causes: [] }),
    nodes: () => core.nodes().map((node) => ({ ...node, uptime: core.uptime(node.id), unlocksAt: null, own: false })),
    proof: async () => null,
    owed: (recipient) => core.owed(recipient),
    requestClaim: async (recipient, epoch) => {
      const effects = core.handle({ type: "claim", handle: 1, recipient, epoch }, 0);
      const reply = effects.find((effect) => effect.type === "claim-reply");
      if (reply?.type !== "claim-reply") throw new Error("no reply");
      return reply.reply;
    },
    claim: (recipient, epoch) => core.claim(recipient, epoch, 0),
    watchClaim: () => () => {},
    bundle: () => null,
    ledger: {
      page: async (recipient, from, to) => {
        const amount = core.owed(recipient)?.amount ?? 0n;
        const page = { recipient, from, to: to ?? from, before: 0n, after: amount, lines: [], next: null };
        return { json: new TextEncoder().encode(toJson(page)), goesOn: false };
      },
      epochs: async () => ({ epochs: [], closedEpoch: null }),
      ranges: async (epoch, prefix) => ({ epoch, prefix, ranges: [], entries: [] }),
    },
  };
}

const anyPath = fc.oneof(
  fc.constantFrom(
    "/v1/status",
    "/v1/nodes",
    "/v1/ledger/epochs",
    "/v1/ledger/ranges",
    `/v1/ledger/${node(1).beneficiary}`,
    `/v1/claims/${node(1).beneficiary}`,
    `/v1/claims/${node(1).beneficiary}/bundle`,
  ),
  fc.webPath(),
  fc.string({ maxLength: 40 }).map((text) => `/v1/${encodeURIComponent(text)}`),
);
const anyQuery = fc.oneof(
  fc.constant(""),
  fc.constantFrom("?epoch=1", "?epoch=-1"),
  fc.webQueryParameters().map((text) => `?${text}`),
);

const http: Target = {
  name: "HTTP requests",
  weight: 0.25,
  async run(parameters) {
    const failures: string[] = [];
    const logger: Logger = {
      debug() {},
      info() {},
      warn() {},
      error: (_values, message) => void failures.push(message),
    };
    const server = createHttpServer({ host: "127.0.0.1", port: 0, requestBurst: 1e9 }, { api: apiOfCore(), logger });
    const url = await server.start();
    const body = hostileText(fc.record({ recipient: fc.constant(node(1).beneficiary), epoch: fc.nat(4) }));
    const property = fc.asyncProperty(fc.boolean(), anyPath, anyQuery, body, async (post, path, query, text) => {
      const response = await fetch(url + (post ? "/v1/claims" : path) + query, {
        ...(post ? { method: "POST", headers: { "content-type": "application/json" }, body: text } : {}),
        signal: AbortSignal.timeout(5_000),
      });
      const answer = await response.text();
      if (response.status >= 500 && response.status !== 503) throw new Error(`${response.status}: ${answer}`);
      if (response.status >= 400) errorSchema.parse(JSON.parse(answer));
      if (failures.length > 0) throw new Error(failures.join());
    });
    try {
      await fc.assert(property, parameters);
    } finally {
      await server.stop();
    }
  },
};

const BLOCK = { number: "0x5", hash: `0x${"05".repeat(32)}`, timestamp: "0x10" };

const provider: Target = {
  name: "a provider's answers",
  weight: 0.25,
  async run(parameters) {
    let answer = "";
    const server = createServer((request, response) => {
      request.resume().on("end", () => response.end(answer));
    });
    const rpc = new Rpc(`http://127.0.0.1:${await listen(server)}`, 2_000);
    const valid = fc.constantFrom<unknown>("0x7a69", null, BLOCK, [], [{ ...BLOCK, topics: [] }]);
    const body = fc.oneof(
      hostileText(valid),
      hostileJson(valid).map((result) => JSON.stringify({ jsonrpc: "2.0", id: 1, result })),
      hostileJson(fc.constant({ jsonrpc: "2.0", id: 1, error: { code: -32000, message: "no" } })).map((json) =>
        JSON.stringify(json),
      ),
    );
    const property = fc.asyncProperty(body, fc.nat(3), async (text, which) => {
      answer = text;
      const questions = [
        () => rpc.chainId(),
        () => rpc.finalised(),
        () => rpc.block(5),
        () => rpc.logs({ addresses: [DOMAIN.verifyingContract], topics: [`0x${"01".repeat(32)}`] }, 0, 5),
      ];
      try {
        await questions[which]?.();
      } catch (error) {
        if (!isQuorateError(error, "CHAIN_PROVIDER_FAILED")) throw error;
      }
    });
    try {
      await fc.assert(property, parameters);
    } finally {
      rpc.close();
      server.closeAllConnections();
      server.close();
    }
  },
};

const PASSWORD = "fuzz";

const keystore: Target = {
  name: "keystores",
  weight: 0.25,
  async run(parameters) {
    const directory = mkdtempSync(join(tmpdir(), "quorate-fuzz-"));
    await createKeys({ directory, password: PASSWORD, protection: "devnet", scheme });
    const path = join(directory, "bls.json");
    const valid: unknown = JSON.parse(readFileSync(path, "utf8"));
    const property = fc.asyncProperty(hostileText(fc.constant(valid)), async (text) => {
      writeFileSync(path, text);
      try {
        await loadKeys({ directory, password: PASSWORD, scheme });
      } catch (error) {
        if (!isQuorateError(error, "KEYS_MALFORMED") && !isQuorateError(error, "KEYS_WRONG_PASSWORD")) throw error;
      }
    });
    try {
      await fc.assert(property, parameters);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

export const ADAPTERS: readonly Target[] = [http, provider, keystore];
