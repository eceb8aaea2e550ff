/**
 * The wiring: one line for each part, from → to. No business here; what each part does is said in its own file.
 *
 *   config, keys → store, network, follower, BLS → core (agent) ↔ driver → API → HTTP
 */
import { type Address, type SigningDomain, signIdentity, toHex, verifyIdentity } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { createSigner, createVerifier } from "./adapters/bls/bls.ts";
import { RewardsContract } from "./adapters/chain/contracts.ts";
import { createChainFollower } from "./adapters/chain/follower.ts";
import { createHttpServer } from "./adapters/http/server.ts";
import { exposedSecrets, keyFiles, loadKeys, type NodeKeys, readPassword } from "./adapters/keys/keys.ts";
import { createLibp2pNetwork } from "./adapters/libp2p/createLibp2pNetwork.ts";
import { createMetrics } from "./adapters/metrics/metrics.ts";
import { openStore } from "./adapters/sqlite/store.ts";
import { openSubmitter } from "./adapters/submitter/open.ts";
import { TreeWorker } from "./adapters/tree/treeWorker.ts";
import { LedgerThread } from "./audit/ledgerThread.ts";
import { banner } from "./banner.ts";
import type { Config } from "./config.ts";
import { createAgent } from "./core/agent.ts";
import type { Agent } from "./core/io.ts";
import { createDriver, type Driver } from "./driver/driver.ts";
import type { AgentApi, LedgerAudit, Logger, Network, ProofAnswer, Store, Submitter } from "./driver/ports.ts";
import { VERSION } from "./version.ts";

/** Inbound connections beyond four times the target are refused: every node dials some, and a few dial many. */
const CONNECTIONS_PER_TARGET = 4;

/** Shorter than an answer over HTTP may take: without it a proof is still worth something. */
const DISTRIBUTOR_TIMEOUT_MS = 2_000;

export interface RunningNode {
  readonly api: AgentApi;
  /** Such as `http://127.0.0.1:8900`. */
  readonly httpUrl: string;
  readonly p2pAddresses: readonly string[];
  stop(): Promise<void>;
}

export interface NodeModules {
  readonly logger: Logger;
  /** Told once, when the agent must not go on. */
  onFatal(error: unknown): void;
  /** Log lines that nobody read in time, since the start. */
  droppedLogLines?(): number;
}

/**
 * Starts one agent and resolves when it listens; the chain is followed from then on. @throws the coded errors of each
 * part
 */
export async function startNode(config: Config, modules: NodeModules): Promise<RunningNode> {
  const { logger, onFatal } = modules;
  const domain: SigningDomain = { chainId: config.chain.chainId, verifyingContract: config.chain.rewards };
  const scheme = await loadNativeScheme();
  const keys = await loadKeys({
    directory: config.keys.directory,
    password: readPassword(config.keys.passwordFile),
    scheme,
  });
  warnOfExposed(config, logger);
  const { chainId, rewards, pool, deployBlock } = config.chain;
  const deployment = { chainId, rewards, pool, deployBlock };
  const store = openStore(config.store.path, deployment);
  const ledger = new LedgerThread({ path: config.store.path, deployment });
  const signer = createSigner(scheme, keys.blsSecret);
  const verifier = createVerifier(scheme);
  const network = await createLibp2pNetwork(
    {
      identitySecret: keys.identitySecret,
      listen: config.p2p.listen,
      announce: config.p2p.announce,
      bootstrap: config.p2p.bootstrap,
      networkId: { chainId: config.chain.chainId, contract: config.chain.rewards },
      targetPeers: config.p2p.targetPeers,
      maxConnections: config.p2p.targetPeers * CONNECTIONS_PER_TARGET,
    },
    { logger },
  );
  logger.info(banner(config, keys, network.peerId), "AGENT_STARTING");
  const follower = createChainFollower(config.chain, { logger });
  const agent = createAgent(
    { domain, blsKey: keys.blsKey, claimDeadlineMs: config.claims.deadlineMs, submits: config.submit?.allow ?? null },
    { scheme, signIdentity: (digest) => signIdentity(keys.identitySecret, digest), verifyIdentity },
    store.load(),
  );
  const submitter = await openAccount(config, logger);
  const driver = createDriver({
    ...{ agent, store, network, follower, verifier, signer, logger, nowMs, onFatal },
    openTrees: () => new TreeWorker(),
    submitter,
    contract: config.chain.rewards,
  });
  const api = createApi(config, keys, { agent, driver, network, store, submitter, ledger });
  const metrics = createMetrics(() => ({
    ...agent.status(),
    submitter: submitter?.status() ?? null,
    droppedLogLines: modules.droppedLogLines?.() ?? 0,
  }));
  const http = createHttpServer({ ...config.http }, { api, logger, metrics });
  await driver.start();
  const httpUrl = await http.start();
  return {
    api,
    httpUrl,
    p2pAddresses: network.addresses(),
    async stop() {
      await http.stop();
      await ledger.close();
      await driver.stop();
    },
  };
}

/** Who can read a node's keys can sign as that node. */
function warnOfExposed({ keys, submit }: Config, logger: Logger): void {
  const { accountKeyFile, passwordFile } = submit ?? {};
  const given = [keys.passwordFile, accountKeyFile, passwordFile].filter((path) => path !== undefined);
  for (const exposed of exposedSecrets([...keyFiles(keys.directory), ...given])) {
    logger.warn(exposed, "SECRET_EXPOSED");
  }
}

/** Milliseconds since 1970, never going back: the clock of the process, not of the wall. */
function nowMs(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}

/** Where the signed transactions of a store's agent are. */
export function submissionsPath(storePath: string): string {
  return `${storePath}.submissions`;
}

/** Null for an agent without an account: it does everything but submit. */
function openAccount({ chain, submit, store }: Config, logger: Logger): Promise<Submitter | null> {
  if (submit === null) return Promise.resolve(null);
  return openSubmitter({ chain, submit, path: submissionsPath(store.path) }, { logger });
}

interface ApiModules {
  readonly agent: Agent;
  readonly driver: Driver;
  readonly network: Network;
  readonly store: Store;
  readonly submitter: Submitter | null;
  readonly ledger: LedgerAudit;
}

function createApi(config: Config, keys: NodeKeys, modules: ApiModules): AgentApi {
  const { agent, driver, network, store, submitter, ledger } = modules;
  const distributor = distributorReader(config);
  return {
    ledger,
    network: { chainId: String(config.chain.chainId), contract: config.chain.rewards },
    status: () => ({
      ...agent.status(),
      peerId: network.peerId,
      addresses: network.addresses(),
      meshPeers: network.status().meshPeers,
      version: VERSION,
      submitter: submitter?.status() ?? null,
      unsigned: agent.unsigned(),
    }),
    ready: () => readiness(keys, agent),
    nodes: () => agent.nodes().map((node) => ({ ...node, uptime: agent.uptime(node.id) })),
    proof: (recipient) => newestProof(agent, driver, distributor, recipient),
    owed: (recipient) => agent.owed(recipient),
    requestClaim: (recipient, epoch) => driver.requestClaim(recipient, epoch),
    claim: (recipient, epoch) => agent.claim(recipient, epoch, nowMs()),
    watchClaim: (recipient, epoch, onChange) => driver.watchClaim(recipient, epoch, onChange),
    bundle: (recipient, epoch) => agent.claim(recipient, epoch, nowMs())?.bundle ?? store.bundle(recipient, epoch),
  };
}

/** The newest payable root first: it holds the highest amounts, and stays valid longest (P-40). */
async function newestProof(
  agent: Agent,
  driver: Driver,
  distributor: () => Promise<Address | null>,
  recipient: Address,
): Promise<ProofAnswer | null> {
  for (const { epoch, rootIndex, rewardsRoot, agrees } of [...agent.payableRoots()].reverse()) {
    const found = agrees === true ? await driver.proof(epoch, recipient) : null;
    if (found === null) continue;
    return { recipient, epoch, rootIndex, rewardsRoot, ...found, distributor: await distributor() };
  }
  return null;
}

/** What the contract says of its distributor, asked once (it never changes) of the first provider that answers. */
function distributorReader({ chain }: Config): () => Promise<Address | null> {
  let known: Address | null = null;
  return async () => {
    for (const provider of known === null ? chain.providers : []) {
      known = await distributorAt(provider, chain).catch(() => null);
      if (known !== null) break;
    }
    return known;
  };
}

async function distributorAt(provider: string, { rewards }: Config["chain"]): Promise<Address> {
  const contract = await RewardsContract.connect(provider, rewards, DISTRIBUTOR_TIMEOUT_MS);
  try {
    return await contract.distributor();
  } finally {
    contract.close();
  }
}

/** Ready: this agent could serve a claim now. Each reason says what is in the way. */
function readiness(keys: NodeKeys, agent: Agent): { readonly ready: boolean; readonly reasons: readonly string[] } {
  const { chain, closedEpoch, nodeId, nodes, connectedPeers } = agent.status();
  const reasons: string[] = [];
  if (!chain.healthy) reasons.push(`${chain.code}: ${chain.detail}`);
  if (closedEpoch === null) reasons.push("EPOCH_NOT_CLOSED: no epoch has closed yet");
  const own = agent.nodes().find(({ id }) => id === nodeId);
  if (own === undefined) reasons.push("NODE_NOT_REGISTERED: this agent's BLS key is not registered");
  else if (own.identityKey !== toHex(keys.identityKey) || !own.identityValid) {
    reasons.push(
      `IDENTITY_KEY_INVALID: node ${own.id} is registered with another identity key, or its signature is not valid`,
    );
  }
  const others = nodes.active + nodes.pending + nodes.decommissioned - (own === undefined ? 0 : 1);
  if (others > 0 && connectedPeers === 0) reasons.push("NETWORK_PEER_NOT_CONNECTED: no peer is connected");
  return { ready: reasons.length === 0, reasons };
}
