/**
 * A network that stays up. In: checked options, and where its files go. Out: agents that are killed, stopped and
 * restarted by name, and looked at. Not its job: what a person types; `prompt.ts`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AgentClient } from "@quorate/client";
import { ATOMIC_PER_TOKEN, type NodeId, parseAddress } from "@quorate/common";
import type { NodeAnswer, StatusAnswer } from "@quorate/common/http";
import { buildPage, compile, formMesh, type GroundContext, startAgents } from "../demo/ground.ts";
import { agentConfig } from "../harness/agentConfig.ts";
import { startChain } from "../harness/chain.ts";
import type { Cleanup } from "../harness/cleanup.ts";
import { type AgentLaunch, LocalNetwork } from "../harness/network.ts";
import { connect, send } from "../harness/seed.ts";
import { waitFor } from "../harness/waitFor.ts";
import type { DevnetOptions } from "./flags.ts";
import { takeName } from "./localName.ts";
import { findPorts, type Ports } from "./ports.ts";

/**
 * As in `demo --life`: shares are collected for an eighth of it, and a record has to land within a half (P-37, P-90).
 */
const EPOCH_SECONDS = 20;
const CLAIM_DEADLINE_MS = 10_000;
/** On a machine that others use too everything takes ten times as long. */
const FIRST_EPOCH_MS = 300_000;
/** Agents close every epoch that a jump of the clock has passed over, and there are 65,000 in 15 days. */
const CATCH_UP_MS = 300_000;

/**
 * The first nodes' operators are stakers for whoever tries things; the accounts of the next ones send what the network
 * needs.
 */
const STAKERS = 2;
const SUBMITTERS = 4;

/** The operator's account has the stake of so many nodes, and something to send around. */
const NODES_OF_ONES_OWN = 3n;
const SPENDING_ATOMIC = 1_000n * ATOMIC_PER_TOKEN;

export interface DevnetContext extends GroundContext {
  readonly cleanup: Cleanup;
  /** Told when an agent ends that nobody ended. */
  onAgentEnded(id: NodeId, exit: string): void;
}

/** An account that whoever tries things may use. */
export interface DevnetAccount {
  readonly name: string;
  readonly address: string;
  /** 32 bytes of hex. */
  readonly keyFile: string;
}

export interface AgentLook {
  readonly name: string;
  readonly isUp: boolean;
  readonly http: string;
  /** Of its node, as a running agent tells; null while none does. */
  readonly state: string | null;
  readonly uptime: string;
  readonly peers: number | null;
}

export interface DevnetLook {
  readonly closedEpoch: number | null;
  readonly acceptedReports: number;
  readonly payableEpoch: number | null;
  readonly agents: readonly AgentLook[];
}

type NetworkFile = Parameters<typeof takeName>[0];

export class Devnet {
  readonly network: LocalNetwork;
  readonly networkFile: string;
  /** What `--network local` is: what the network's file holds. */
  readonly facts: NetworkFile;
  readonly accounts: readonly DevnetAccount[];
  /** The configuration of a node that is not registered yet. */
  readonly ownConfigFile: string;
  #networkName = "local";
  readonly #ports: Ports;
  readonly #context: DevnetContext;

  private constructor(network: LocalNetwork, ports: Ports, context: DevnetContext) {
    const { directory, chain, deployment, rewards, nodes } = network;
    this.network = network;
    this.#ports = ports;
    this.#context = context;
    this.networkFile = join(directory, "network.json");
    this.ownConfigFile = join(directory, "mine", "agent.yaml");
    this.facts = {
      name: "local",
      chainId: String(chain.chainId),
      contracts: { rewards, pool: deployment.pool, deployBlock: deployment.fromBlock },
      rpc: [chain.url],
      agents: nodes.map(({ id }) => this.httpOf(id)),
      bootstrap: network.agents.slice(0, 3).flatMap(({ addresses }) => addresses),
    };
    this.accounts = accountsOf(network);
  }

  /** Resolves when every agent is up and connected. */
  static async start(options: DevnetOptions, directory: string, context: DevnetContext): Promise<Devnet> {
    const { progress, cleanup } = context;
    await compile(progress);
    await buildPage(progress);
    // One more for a node of one's own.
    const ports = await findPorts(options.nodes + 1);
    const onChain = progress.stage("Local chain up");
    const accounts = { accountCount: options.nodes + 2, port: ports.chain };
    const chain = await startChain(options.chain, directory, accounts);
    cleanup.add(() => chain.stop());
    onChain.done(`${options.chain}, a block a second, ${chain.url}`);
    const deploying = progress.stage("Contracts deployed");
    const settings = {
      nodes: options.nodes,
      epochSeconds: EPOCH_SECONDS,
      claimDeadlineMs: CLAIM_DEADLINE_MS,
      submitters: Array.from({ length: Math.min(SUBMITTERS, options.nodes - STAKERS) }, (_, i) => STAKERS + 1 + i),
      launchOf: (id: NodeId): AgentLaunch => ({ place: placeOf(ports, id) }),
    };
    const network = await LocalNetwork.deploy(chain, directory, settings, cleanup);
    deploying.done(`rewards at ${network.rewards}`);
    const seeding = progress.stage("Nodes seeded");
    await network.seedAndStart();
    seeding.done(`${options.nodes} nodes; epochs of ${EPOCH_SECONDS} s`);
    await startAgents(network, context);
    await formMesh(network, context);
    await firstEpoch(network, context);
    const devnet = new Devnet(network, ports, context);
    for (const { id } of network.nodes) devnet.#watch(id);
    await devnet.#prepareOwnNode();
    await devnet.#tellCommands();
    return devnet;
  }

  get directory(): string {
    return this.network.directory;
  }

  /** What commands know this network by: its name, or its file where another devnet has the name. */
  get networkName(): string {
    return this.#networkName;
  }

  httpOf(id: NodeId): string {
    return `http://127.0.0.1:${this.#ports.agent(id).http}`;
  }

  /** The page, as the first agent serves it. */
  get portal(): string {
    return `${this.httpOf(1)}/`;
  }

  healthOf(id: NodeId): string {
    return `http://127.0.0.1:${this.#ports.agent(id).health}`;
  }

  logOf(id: NodeId): string {
    return join(this.network.node(id).directory, "agent.log");
  }

  isUp(id: NodeId): boolean {
    return this.network.agents.some((agent) => agent.id === id);
  }

  /** What a power cut does to it. */
  async kill(id: NodeId): Promise<void> {
    if (this.isUp(id)) await this.network.killAgent(id);
  }

  /** As its operator would. */
  async stop(id: NodeId): Promise<void> {
    if (this.isUp(id)) await this.network.stopAgent(id);
  }

  /** From its own store, at the same addresses. */
  async restart(id: NodeId): Promise<void> {
    await this.stop(id);
    await this.network.startAgent(id);
    this.#watch(id);
  }

  /**
   * Moves the chain's clock on. Resolves to its new time, in seconds since 1970, when every agent that is up has read
   * a final block of then: what waits for that time works from then on.
   */
  async moveTime(seconds: number): Promise<number> {
    const { provider } = this.network.chain;
    await provider.send("evm_increaseTime", [seconds]);
    await provider.send("evm_mine", []);
    const { timestamp } = (await provider.getBlock("latest")) as { timestamp: number };
    await Promise.all(this.network.agents.map(({ id, client }) => this.#untilRead(id, client, timestamp)));
    return timestamp;
  }

  async #untilRead(id: NodeId, client: AgentClient, timestamp: number): Promise<void> {
    await waitFor({ what: `${nameOf(id)} to read the chain's new time`, timeoutMs: CATCH_UP_MS }, async (report) => {
      // Whoever is killed meanwhile reads it after its restart.
      if (!this.isUp(id)) return true;
      const status = await client.status().catch(() => null);
      report(`it is at ${status?.head?.timestamp ?? "no block"} of ${timestamp}`);
      return (status?.head?.timestamp ?? 0) >= timestamp ? true : null;
    });
  }

  async look(): Promise<DevnetLook> {
    const [asked] = this.network.agents;
    const status = (await asked?.client.status().catch(() => null)) ?? null;
    const nodes = (await asked?.client.nodes().catch(() => null)) ?? [];
    const agents = await Promise.all(this.network.nodes.map(({ id }) => this.#lookAt(id, nodes)));
    return { ...factsOf(status), agents };
  }

  async #lookAt(id: NodeId, nodes: readonly NodeAnswer[]): Promise<AgentLook> {
    const isUp = this.isUp(id);
    const peers = isUp
      ? await this.network
          .agent(id)
          .client.status()
          .then(peersOf, () => null)
      : null;
    const node = nodes.find((candidate) => candidate.id === id);
    return {
      name: nameOf(id),
      isUp,
      http: this.httpOf(id),
      state: node?.state ?? null,
      uptime: node?.uptime ?? "",
      peers,
    };
  }

  #watch(id: NodeId): void {
    const { child } = this.network.agent(id);
    void child.exited.then(async ({ code, signal }) => {
      // Whoever ends it takes it out of the network first.
      const isOurs = this.isUp(id) && this.network.agent(id).child === child;
      if (!isOurs || this.#context.cleanup.begun) return;
      await this.network.killAgent(id);
      this.#context.onAgentEnded(id, signal ?? `exit status ${code}`);
    });
  }

  /** So that `--network local` is this one, for as long as it runs, unless another devnet has the name. */
  async #tellCommands(): Promise<void> {
    writeFileSync(this.networkFile, `${JSON.stringify(this.facts, null, 2)}\n`);
    const giveBack = await takeName(this.facts);
    if (giveBack === null) this.#networkName = this.networkFile;
    else this.#context.cleanup.add(giveBack);
  }

  /** Everything that `quorate register` and `quorate run` need for one node more. */
  async #prepareOwnNode(): Promise<void> {
    const { network } = this;
    const id = network.nodes.length + 1;
    const directory = join(network.directory, "mine");
    mkdirSync(directory, { recursive: true });
    const bootstrap = network.agents.slice(0, 3).flatMap(({ addresses }) => addresses);
    const place = placeOf(this.#ports, id);
    const config = { network, directory, bootstrap, claimDeadlineMs: CLAIM_DEADLINE_MS, accountKeyFile: null, place };
    writeFileSync(this.ownConfigFile, `${JSON.stringify(agentConfig(config), null, 2)}\n`);
    const token = connect("SessionToken", network.token, network.chain.signer(0));
    const { stakingRequirementAtomic } = network.deployment.parameters;
    await send(
      token,
      "transfer",
      network.chain.signer(id).address,
      NODES_OF_ONES_OWN * stakingRequirementAtomic + SPENDING_ATOMIC,
    );
  }
}

/** Before that nobody is owed anything, and nothing could be claimed. */
async function firstEpoch(network: LocalNetwork, { progress, signal }: DevnetContext): Promise<void> {
  const stage = progress.stage("First epoch closed");
  const { client } = network.agent(1);
  const what = { what: "the first epoch to close", timeoutMs: FIRST_EPOCH_MS, signal };
  const epoch = await waitFor(what, async () => (await client.status()).closedEpoch);
  stage.done(`epoch ${epoch}: everyone's ledger says who is owed what`);
}

export function nameOf(id: NodeId): string {
  return `agent-${id}`;
}

function placeOf(ports: Ports, id: NodeId): AgentLaunch["place"] {
  const { http, health, p2p } = ports.agent(id);
  const httpHost = "127.0.0.1";
  const publicUrl = `http://${httpHost}:${http}`;
  return { listen: `/ip4/127.0.0.1/tcp/${p2p}`, httpHost, httpPort: http, healthPort: health, publicUrl };
}

/** Their key files are written here. All have ether; the operator has tokens for nodes too. */
function accountsOf({ chain, directory, nodes }: LocalNetwork): DevnetAccount[] {
  mkdirSync(join(directory, "accounts"), { recursive: true });
  const account = (name: string, index: number): DevnetAccount => {
    const { address, privateKey } = chain.signer(index);
    const keyFile = join(directory, "accounts", `${name}.key`);
    writeFileSync(keyFile, privateKey, { mode: 0o600 });
    return { name, address: parseAddress(address), keyFile };
  };
  const stakers = nodes.slice(0, STAKERS).map(({ id }) => account(`staker-${id}`, id));
  return [...stakers, account("operator", nodes.length + 1)];
}

function factsOf(status: StatusAnswer | null): Omit<DevnetLook, "agents"> {
  const { closedEpoch = null, acceptedReports = 0, payableEpoch = null } = status ?? {};
  return { closedEpoch, acceptedReports, payableEpoch };
}

function peersOf({ connectedPeers }: StatusAnswer): number {
  return connectedPeers;
}
