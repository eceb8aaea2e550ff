/**
 * A whole network on this machine: contracts, seeded nodes, an agent process for each. In: a chain, how many nodes,
 * how long an epoch. Out: agents that can be started, stopped, killed and asked. Not its job: what is asked of them;
 * the demo and the tests do.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AgentClient, createAgentClient } from "@quorate/client";
import {
  type Address,
  ATOMIC_PER_TOKEN,
  type NodeId,
  parseAddress,
  quorateError,
  type SignatureScheme,
  type SigningDomain,
} from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { type Deployment, deploy } from "@quorate/contracts";
import { createKeys, loadKeys, type NodeKeys } from "../../packages/aggregator/src/adapters/keys/keys.ts";
import { type HeldPort, holdPort } from "../../packages/aggregator/test/support/ports.ts";
import { type AgentPlace, agentConfig, PASSWORD } from "./agentConfig.ts";
import type { Chain } from "./chain.ts";
import { type Child, type ChildExit, type ChildOptions, startChild } from "./child.ts";
import type { Cleanup } from "./cleanup.ts";
import { quorateCommand } from "./cli.ts";
import { type SeedTarget, seedNodes, startNetwork } from "./seed.ts";

/** The account that deploys and owns. Node i has account i; the ids begin at 1 too (P-20). */
const OWNER_ACCOUNT = 0;

/** 40 million SESH: a few seconds of 15.1% a year are then an amount worth looking at. */
const POOL_FUNDING_ATOMIC = 40_000_000n * ATOMIC_PER_TOKEN;

/** Starting an agent is one second of one core; more at once only makes each slower. */
const AGENTS_STARTING_AT_ONCE = 4;

/** One second alone, 20 when others compile on the same two cores. */
const AGENT_START_TIMEOUT_MS = 120_000;

export interface NetworkOptions {
  readonly nodes: number;
  readonly epochSeconds: number;
  /** How long an agent collects shares for one claim. */
  readonly claimDeadlineMs: number;
  /** Contributors of each node, the operator among them: 1 to 10 (P-27). Each is a recipient. Default 1. */
  readonly contributors?: number;
  /** The nodes whose agents have their operator's account and send reports. Default none. */
  readonly submitters?: readonly NodeId[];
  /**
   * The JSON-RPC URLs of a node's agent, where they are not the chain's own: for a test that stands between the two.
   */
  readonly rpcUrlOf?: (id: NodeId) => string | readonly string[] | undefined;
  /** How long one agent's start may take. Default AGENT_START_TIMEOUT_MS. */
  readonly startTimeoutMs?: number;
  /**
   * How a node's agent is started, and where: for tests that stand between agents. Default: any free ports of
   * 127.0.0.1, that of HTTP the same after a restart, and told to others (P-138).
   */
  readonly launchOf?: (id: NodeId) => AgentLaunch;
  /** The module that agents run; default the built command. */
  readonly command?: string;
}

type Options = NetworkOptions & { readonly command: string };

export interface AgentLaunch extends Pick<ChildOptions, "env" | "imports" | "within"> {
  readonly place: AgentPlace;
}

/** A seeded node: its keys, its account and its files. */
export interface LocalNode {
  readonly id: NodeId;
  readonly operator: Address;
  /** Who earns by it: the operator first. */
  readonly recipients: readonly Address[];
  readonly keys: NodeKeys;
  readonly directory: string;
}

export interface AgentProcess {
  readonly id: NodeId;
  readonly child: Child;
  /** Base URL of its HTTP interface. */
  readonly http: string;
  /** Base URL of its health paths. */
  readonly health: string;
  readonly addresses: readonly string[];
  readonly client: AgentClient;
}

interface ReadyMessage {
  readonly http: string;
  /** Where health and metrics have a listener of their own. */
  readonly health: string | null;
  readonly p2p: readonly string[];
}

export class LocalNetwork {
  readonly chain: Chain;
  readonly directory: string;
  readonly deployment: Deployment;
  readonly domain: SigningDomain;
  readonly nodes: readonly LocalNode[];
  readonly scheme: SignatureScheme;
  readonly #options: Options;
  readonly #joined = new Map<NodeId, LocalNode>();
  readonly #agents = new Map<NodeId, AgentProcess>();
  readonly #bootstrap: string[] = [];
  /** For HTTP: agents tell others their URLs, so these are chosen before they start. */
  readonly #ports = new Map<NodeId, HeldPort>();
  readonly #cleanup: Cleanup;

  private constructor(parts: {
    chain: Chain;
    directory: string;
    deployment: Deployment;
    nodes: readonly LocalNode[];
    scheme: SignatureScheme;
    options: Options;
    cleanup: Cleanup;
  }) {
    this.chain = parts.chain;
    this.directory = parts.directory;
    this.deployment = parts.deployment;
    this.domain = domainOf(parts.deployment);
    this.nodes = parts.nodes;
    this.scheme = parts.scheme;
    this.#options = parts.options;
    this.#cleanup = parts.cleanup;
  }

  /** Deploys and funds; nodes are neither seeded nor running yet. `contracts` must be built. */
  static async deploy(
    chain: Chain,
    directory: string,
    options: NetworkOptions,
    cleanup: Cleanup,
  ): Promise<LocalNetwork> {
    const scheme = await loadNativeScheme();
    const parameters = { epochSeconds: options.epochSeconds, poolFundingAtomic: POOL_FUNDING_ATOMIC };
    const [deployment, command] = await Promise.all([
      deploy(chain.signer(OWNER_ACCOUNT), parameters),
      options.command ?? quorateCommand(),
    ]);
    const nodes: LocalNode[] = [];
    writeFileSync(join(directory, "password"), PASSWORD, { mode: 0o600 });
    for (let id = 1; id <= options.nodes; id++) {
      const nodeDirectory = join(directory, `node-${id}`);
      const keys = await createKeys({
        directory: join(nodeDirectory, "keys"),
        password: PASSWORD,
        protection: "devnet",
        scheme,
      });
      const operator = parseAddress(chain.signer(id).address);
      const recipients = [operator, ...contributorAddresses(id, (options.contributors ?? 1) - 1)];
      nodes.push({ id, operator, recipients, keys, directory: nodeDirectory });
    }
    const parts = { chain, directory, deployment, nodes, scheme, options: { ...options, command }, cleanup };
    const network = new LocalNetwork(parts);
    await Promise.all(nodes.map(({ id }) => network.#holdPort(id)));
    return network;
  }

  get rewards(): Address {
    return parseAddress(this.deployment.rewards);
  }

  /** A file with the password of every key here. */
  get passwordFile(): string {
    return join(this.directory, "password");
  }

  get token(): Address {
    return parseAddress(this.deployment.token);
  }

  /** Running agents, by id. */
  get agents(): readonly AgentProcess[] {
    return [...this.#agents.values()].sort((a, b) => a.id - b.id);
  }

  node(id: NodeId): LocalNode {
    const node = this.nodes[id - 1] ?? this.#joined.get(id);
    if (node === undefined) throw new Error(`no node ${id} in this network`);
    return node;
  }

  agent(id: NodeId): AgentProcess {
    const agent = this.#agents.get(id);
    if (agent === undefined) throw new Error(`agent ${id} is not running`);
    return agent;
  }

  /** Takes in a node that has registered since (`registerByCli`), so that its agent can be started like the others. */
  async join(id: NodeId): Promise<LocalNode> {
    const directory = join(this.directory, `node-${id}`);
    const keys = await loadKeys({ directory: join(directory, "keys"), password: PASSWORD, scheme: this.scheme });
    const operator = parseAddress(this.chain.signer(id).address);
    const node = { id, operator, recipients: [operator], keys, directory };
    this.#joined.set(id, node);
    await this.#holdPort(id);
    return node;
  }

  /** Until its agent is started, nobody else gets it. */
  async #holdPort(id: NodeId): Promise<void> {
    if (this.#options.launchOf !== undefined) return;
    this.#ports.set(id, await holdPort());
  }

  #ownPlace(id: NodeId): AgentPlace | undefined {
    const held = this.#ports.get(id);
    if (held === undefined) return undefined;
    held.release();
    const httpHost = "127.0.0.1";
    const publicUrl = `http://${httpHost}:${held.port}`;
    return { listen: `/ip4/${httpHost}/tcp/0`, httpHost, httpPort: held.port, publicUrl };
  }

  /** Seeds every node and starts the network: epoch 0 begins. */
  async seedAndStart(): Promise<void> {
    const target: SeedTarget = {
      domain: this.domain,
      token: this.token,
      owner: this.chain.signer(OWNER_ACCOUNT),
      stakeAtomic: this.deployment.parameters.stakingRequirementAtomic,
    };
    const secrets = this.nodes.map(({ keys, operator, recipients }) => ({
      ...keys,
      operator,
      otherContributors: recipients.slice(1),
    }));
    await seedNodes(this.scheme, target, secrets);
    await startNetwork(target, this.nodes.length);
  }

  /**
   * Starts agents, a few at a time: the first alone, because the others are told its address, and find its compiled
   * code in the cache.
   */
  async startAgents(ids: readonly NodeId[], onReady: (ready: number) => void = () => {}): Promise<void> {
    const waiting = [...ids];
    let ready = 0;
    const startNext = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        await this.startAgent(id);
        onReady(++ready);
      }
    };
    const first = this.#agents.size === 0 ? waiting.shift() : undefined;
    if (first !== undefined) {
      await this.startAgent(first);
      onReady(++ready);
    }
    await Promise.all(Array.from({ length: AGENTS_STARTING_AT_ONCE }, startNext));
  }

  /** Starts one agent, new or again from its own store. */
  async startAgent(id: NodeId): Promise<AgentProcess> {
    const child = this.launchAgent(id);
    const {
      http,
      health: apart,
      p2p,
    } = await child.ready<ReadyMessage>(this.#options.startTimeoutMs ?? AGENT_START_TIMEOUT_MS);
    const health = apart ?? http;
    const agent: AgentProcess = { id, child, http, health, addresses: p2p, client: createAgentClient({ url: http }) };
    this.#agents.set(id, agent);
    return agent;
  }

  /** Only the process, for those who want to see it die before it is ready. */
  launchAgent(id: NodeId): Child {
    if (this.#cleanup.begun) throw quorateError("INTERRUPTED", { starting: `agent ${id}` });
    const node = this.node(id);
    const bootstrap = [...this.#bootstrap, ...this.agents.slice(0, 3).flatMap(({ addresses }) => addresses)];
    const configFile = join(node.directory, "agent.yaml");
    const { claimDeadlineMs, rpcUrlOf, launchOf } = this.#options;
    const { place, ...launch } = launchOf?.(id) ?? {};
    const accountKeyFile = this.#accountKeyFile(node);
    const config = agentConfig({
      network: this,
      directory: node.directory,
      bootstrap,
      claimDeadlineMs,
      accountKeyFile,
      rpcUrl: rpcUrlOf?.(id),
      place: place ?? this.#ownPlace(id),
    });
    // JSON is YAML.
    writeFileSync(configFile, JSON.stringify(config, null, 2));
    const child = startChild({
      name: `agent ${id}`,
      module: this.#options.command,
      args: ["run", "--config", configFile],
      logFile: join(node.directory, "agent.log"),
      ...launch,
    });
    this.#cleanup.add(() => child.kill());
    return child;
  }

  /** Readable by its owner only, as the agent demands. */
  #accountKeyFile({ id, directory }: LocalNode): string | null {
    if (!(this.#options.submitters ?? []).includes(id)) return null;
    const file = join(directory, "account.key");
    writeFileSync(file, this.chain.signer(id).privateKey, { mode: 0o600 });
    return file;
  }

  /** A multiaddr that every agent started from now on dials, and lets in: an onlooker of the test's own. */
  addBootstrap(address: string): void {
    this.#bootstrap.push(address);
  }

  /** Stops an agent as its operator would. */
  async stopAgent(id: NodeId): Promise<ChildExit> {
    const { child } = this.agent(id);
    this.#agents.delete(id);
    return child.stop();
  }

  /** What a power cut does to an agent. */
  async killAgent(id: NodeId): Promise<ChildExit> {
    const { child } = this.agent(id);
    this.#agents.delete(id);
    return child.kill();
  }
}

/** Nobody has their keys: they only earn. */
function contributorAddresses(id: NodeId, count: number): Address[] {
  return Array.from({ length: count }, (_, i) =>
    parseAddress(`0x${(0xc0_0000 + id * 16 + i).toString(16).padStart(40, "0")}`),
  );
}

function domainOf(deployment: Deployment): SigningDomain {
  return { chainId: deployment.chainId, verifyingContract: parseAddress(deployment.rewards) };
}
