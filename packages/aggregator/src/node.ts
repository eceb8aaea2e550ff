/**
 * The wiring: one line for each part, from → to. No business here; what each part does is said in its own file.
 *
 *   config, keys → store, network, follower, BLS → core (agent) ↔ driver → API → HTTP
 */
import { type Address, isQuorateError, type SignatureScheme, type SigningDomain, toHex } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { createSigner, createVerifier } from "./adapters/bls/bls.ts";
import { connectRewards } from "./adapters/chain/connectRewards.ts";
import { createChainFollower } from "./adapters/chain/follower.ts";
import { createHttpServer, type HttpServer, type HttpServerOptions } from "./adapters/http/server.ts";
import { createIdentityCheck } from "./adapters/keys/identityCheck.ts";
import { nativeIdentitySigner } from "./adapters/keys/identityKey.ts";
import { exposedSecrets, keyFiles, loadKeys, type NodeKeys, readPassword } from "./adapters/keys/keys.ts";
import { createLibp2pNetwork, type Libp2pNetworkOptions } from "./adapters/libp2p/createLibp2pNetwork.ts";
import { createMetrics, type MeasuredStatus } from "./adapters/metrics/metrics.ts";
import { openStore } from "./adapters/sqlite/store.ts";
import { openSubmitter } from "./adapters/submitter/open.ts";
import { submissionsPath } from "./adapters/submitter/store.ts";
import { TreeWorker } from "./adapters/tree/treeWorker.ts";
import { agentPlaces } from "./agentPlaces.ts";
import { LedgerThread } from "./audit/ledgerThread.ts";
import { banner } from "./banner.ts";
import type { Config } from "./config.ts";
import { hasKey } from "./configValues.ts";
import { createAgent } from "./core/agent.ts";
import type { Agent } from "./core/io.ts";
import { requestBudget } from "./core/peers/requestCost.ts";
import { subnetsOf } from "./core/peers/subnets.ts";
import { createDriver, type Driver } from "./driver/driver.ts";
import type {
  AgentApi,
  ChainFollower,
  LedgerAudit,
  Logger,
  Network,
  ProofAnswer,
  Store,
  Submitter,
} from "./driver/ports.ts";
import { Observations } from "./observations.ts";
import { readiness, type Situation } from "./readiness.ts";
import { StoreSpace } from "./storeSpace.ts";
import { VERSION } from "./version.ts";

/** Inbound connections beyond four times the target are refused: every node dials some, and a few dial many. */
const CONNECTIONS_PER_TARGET = 4;

/** Shorter than an answer over HTTP may take: without it a proof is still worth something. */
const DISTRIBUTOR_TIMEOUT_MS = 2_000;

export interface RunningNode {
  readonly api: AgentApi;
  /** Such as `http://127.0.0.1:8900`. */
  readonly httpUrl: string;
  /** Of health and metrics; null when they have no listener of their own. */
  readonly healthUrl: string | null;
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
  const { logger } = modules;
  let fatal: Situation["fault"] = null;
  const onFatal = (error: unknown): void => {
    fatal = { code: isQuorateError(error) ? error.code : "INTERNAL_ERROR", values: {} };
    modules.onFatal(error);
  };
  const domain: SigningDomain = { chainId: config.chain.chainId, verifyingContract: config.chain.rewards };
  const scheme = await loadNativeScheme();
  warnOfExposed(config, logger);
  warnOfPublished(config, logger);
  const keys = await openKeys(config, scheme);
  const { chainId, rewards, pool, deployBlock } = config.chain;
  const deployment = { chainId, rewards, pool, deployBlock };
  const store = openStore(config.store.path, deployment);
  const ledger = new LedgerThread({ path: config.store.path, deployment });
  const signer = createSigner(scheme, keys.blsSecret);
  const observations = new Observations(nowMs);
  const verifier = observations.timed(createVerifier(scheme));
  const network = await createLibp2pNetwork(networkOptions(config, keys), { logger });
  logger.info(banner(config, keys, network.peerId), "AGENT_STARTING");
  const follower = createChainFollower(config.chain, { logger });
  const agent = createAgent(
    { ...ownAgent(config, keys), domain },
    {
      scheme,
      signIdentity: nativeIdentitySigner(keys.identitySecret),
      verifyIdentity: createIdentityCheck(),
    },
    store.load(),
  );
  const submitter = await openAccount(config, logger);
  const driver = createDriver({
    ...{ agent, store, network, follower, verifier, signer, logger, nowMs, onFatal },
    openTrees: () => new TreeWorker(),
    submitter,
    contract: config.chain.rewards,
    onEffect: (effect) => observations.effect(effect),
  });
  const space = new StoreSpace({ path: config.store.path });
  const fault = () => fatal ?? space.fault;
  const api = createApi(config, keys, { agent, follower, driver, network, store, submitter, ledger, fault });
  const droppedLogLines = () => modules.droppedLogLines?.() ?? 0;
  const counted = () => ({ droppedLogLines: droppedLogLines(), observed: observations.view(), storeSpace: space.view });
  const http = createInterface(config, { api, agent, network, logger, counted });
  await space.start();
  await driver.start();
  const httpUrl = await http.start();
  return {
    api,
    httpUrl,
    healthUrl: http.healthUrl,
    p2pAddresses: network.addresses(),
    async stop() {
      await http.stop();
      space.stop();
      await ledger.close();
      await driver.stop();
    },
  };
}

function openKeys({ keys }: Config, scheme: SignatureScheme): Promise<NodeKeys> {
  return loadKeys({ directory: keys.directory, password: readPassword(keys.passwordFile), scheme });
}

function networkOptions({ chain, p2p, http }: Config, { identitySecret }: NodeKeys): Libp2pNetworkOptions {
  return {
    ...p2p,
    identitySecret,
    publicUrl: http.publicUrl,
    networkId: { chainId: chain.chainId, contract: chain.rewards },
    maxConnections: p2p.targetPeers * CONNECTIONS_PER_TARGET,
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

/** Whatever is in http.portal.rpc is read by everyone who asks. */
function warnOfPublished({ http: { portal } }: Config, logger: Logger): void {
  for (const url of portal.enabled ? portal.rpc.filter(hasKey) : [])
    logger.warn({ field: "http.portal.rpc", host: new URL(url).host }, "PORTAL_RPC_KEY_PUBLIC");
}

/** What the core is told of its own node. */
function ownAgent({ claims, submit, keys: { operator } }: Config, { blsKey, identityKey }: NodeKeys) {
  return {
    blsKey,
    identityKey: toHex(identityKey),
    ...(operator === undefined ? {} : { operator }),
    claimDeadlineMs: claims.deadlineMs,
    submits: submit?.allow ?? null,
  };
}

interface InterfaceModules {
  readonly api: AgentApi;
  readonly agent: Agent;
  readonly network: Network;
  readonly logger: Logger;
  /** Everything else that metrics show. */
  counted(): Pick<MeasuredStatus, "droppedLogLines" | "observed" | "storeSpace">;
}

function createInterface(config: Config, modules: InterfaceModules): HttpServer {
  const { api, agent, network, logger } = modules;
  const metrics = createMetrics(() => {
    const { ready } = api.ready();
    const { direct } = network.status();
    return { ...api.status(), ready, direct, http: http.view(), ...modules.counted() };
  });
  const http: HttpServer = createHttpServer(httpOptions(config, agent), { api, logger, metrics });
  return http;
}

/** Between the port of the interface and, unless it is configured, the one of health and metrics. */
const HEALTH_PORT_OFFSET = 1_000;

function httpOptions({ http }: Config, agent: Agent): HttpServerOptions {
  const { host, port, healthHost, healthPort, publicUrl, allowedOrigins, trustedProxies } = http;
  const { enabled, rpc, explorer = null } = http.portal;
  const publicName = publicUrl === undefined ? [] : [new URL(publicUrl).hostname];
  const above = port + HEALTH_PORT_OFFSET;
  const byDefault = port === 0 ? 0 : above <= 65_535 ? above : port - HEALTH_PORT_OFFSET;
  const wanted = healthPort ?? byDefault;
  const shares = wanted === "off" || (wanted === port && port !== 0);
  return {
    ...{ host, port, allowedOrigins, trustedProxies },
    allowedHosts: [...http.allowedHosts, ...publicName],
    health: shares ? null : { host: healthHost, port: wanted },
    portal: enabled ? { rpc, explorer, publicUrl: publicUrl ?? null } : null,
    claimBudget: () => requestBudget(subnetsOf({ nodes: agent.nodes(), options: {} })),
  };
}

/** Milliseconds since 1970, never going back: the clock of the process, not of the wall. */
function nowMs(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}

/** Null for an agent without an account: it does everything but submit. */
function openAccount({ chain, submit, store }: Config, logger: Logger): Promise<Submitter | null> {
  if (submit === null) return Promise.resolve(null);
  return openSubmitter({ chain, submit, path: submissionsPath(store.path) }, { logger });
}

interface ApiModules {
  readonly agent: Agent;
  readonly follower: ChainFollower;
  readonly driver: Driver;
  readonly network: Network;
  readonly store: Store;
  readonly submitter: Submitter | null;
  readonly ledger: LedgerAudit;
  /** What keeps the agent from recording anything. */
  fault(): Situation["fault"];
}

function createApi(config: Config, keys: NodeKeys, modules: ApiModules): AgentApi {
  const { agent, follower, driver, network, store, submitter, ledger, fault } = modules;
  const distributor = distributorReader(config);
  return {
    ledger,
    network: { chainId: String(config.chain.chainId), contract: config.chain.rewards },
    status: () => ({
      ...agent.status(),
      chain: { ...agent.status().chain, ...follower.status() },
      peerId: network.peerId,
      addresses: network.addresses(),
      meshPeers: network.status().meshPeers,
      version: VERSION,
      submitter: submitter?.status() ?? null,
      unsigned: agent.unsigned(),
    }),
    ready: atMostEvery(READY_MS, () => {
      return readiness({ status: agent.status(), blsKey: toHex(keys.blsKey), fault: fault() });
    }),
    nodes: () => {
      const own = agent.status().ownNode?.nodeId;
      return agent.nodes().map((node) => {
        const { id } = node;
        return { ...node, uptime: agent.uptime(id), unlocksAt: agent.unlocksAt(id), own: id === own };
      });
    },
    agents: () => agentPlaces(agent.nodes(), network.agentUrls()),
    proof: (recipient) => newestProof(agent, driver, distributor, recipient),
    owed: (recipient) => agent.owed(recipient),
    requestClaim: (recipient, epoch) => driver.requestClaim(recipient, epoch),
    claim: (recipient, epoch) => agent.claim(recipient, epoch, nowMs()),
    watchClaim: (recipient, epoch, onChange) => driver.watchClaim(recipient, epoch, onChange),
    bundle: (recipient, epoch) => agent.claim(recipient, epoch, nowMs())?.bundle ?? store.bundle(recipient, epoch),
  };
}

/**
 * Milliseconds for which an answer of /readyz is good: it looks at every node, and anybody may ask as often as they
 * like.
 */
const READY_MS = 250;

function atMostEvery<T>(intervalMs: number, look: () => T): () => T {
  let last: { readonly seen: T; readonly atMs: number } | null = null;
  return () => {
    const atMs = nowMs();
    if (last === null || atMs - last.atMs >= intervalMs) last = { seen: look(), atMs };
    return last.seen;
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
  const contract = await connectRewards(provider, rewards, { timeoutMs: DISTRIBUTOR_TIMEOUT_MS });
  try {
    return await contract.distributor();
  } finally {
    contract.close();
  }
}
