/**
 * A network that admits, judges and heals itself, with separate agent processes on Hardhat's chain. `demo --life` is
 * most of it, as its users start it; beside it, in networks of their own, agents that send reports are killed around a
 * submission, and a node contests. All of them wait for epochs more than they work.
 */
import { spawn } from "node:child_process";
import { isQuorateError, type NodeId, parseAddress, verifyRewardsProof } from "@quorate/common";
import { Transaction, type TransactionResponse } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Asked,
  type FaultyProvider,
  startFaultyProvider,
} from "../../packages/aggregator/src/adapters/submitter/testing/ground.ts";
import { REPOSITORY } from "../harness/child.ts";
import type { LocalNetwork } from "../harness/network.ts";
import { connect } from "../harness/seed.ts";
import { waitFor } from "../harness/waitFor.ts";
import { type ContestStory, contestStory } from "./contestStory.ts";
import { type DevnetStory, devnetStory } from "./devnetStory.ts";
import { type Fixture, startFixture, untilReady } from "./fixture.ts";

/** One of ten: a tenth of the stake. */
const DEMO = ["-y", "pnpm@12", "demo", "--life", "--nodes", "10", "--json"];

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let demo: Promise<Ended>;
let contested: Promise<ContestStory>;
let devnet: Promise<DevnetStory>;
let endDemo = (): void => {};

beforeAll(() => {
  const env = { ...process.env, npm_config_prefer_offline: "true", NO_COLOR: "1" };
  const child = spawn("npx", DEMO, { cwd: REPOSITORY, env, stdio: ["ignore", "pipe", "pipe"] });
  endDemo = () => void child.kill();
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  contested = contestStory();
  // Its failure is its own test's.
  contested.catch(() => {});
  devnet = devnetStory();
  devnet.catch(() => {});
  demo = new Promise((resolve) => child.once("close", (status) => resolve({ status, ...output })));
});

// The demo ends all of its processes when what started it ends.
afterAll(() => endDemo());

describe("agents that send reports, killed around a submission", () => {
  const NODES = 4;
  const SENDERS: readonly NodeId[] = [1, 2];
  /** Half of it is for landing a record (P-37): enough to start an agent again on a busy machine. */
  const EPOCH_SECONDS = 20;

  /**
   * Where an agent dies, by what it asks its provider: before the question is asked, or when it was asked and before
   * the answer.
   */
  const MOMENTS = [
    { name: "before it has signed", method: "eth_estimateGas", asked: false },
    { name: "signed, not sent", method: "eth_sendRawTransaction", asked: false },
    { name: "sent, not answered", method: "eth_sendRawTransaction", asked: true },
    { name: "sent, before it looks for the receipt", method: "eth_getTransactionReceipt", asked: false },
    { name: "found in a block", method: "eth_getTransactionReceipt", asked: true },
  ] as const;

  let fixture: Fixture;
  let network: LocalNetwork;
  const providers = new Map<NodeId, FaultyProvider>();
  let armed: (typeof MOMENTS)[number] | null = null;
  let dead: NodeId | null = null;

  /** Kills the first sender that comes to the armed moment; what it asked is never answered. */
  const killAt = (id: NodeId, isAsked: boolean) => (question: Asked) => {
    if (armed === null || armed.method !== question.method || armed.asked !== isAsked) return undefined;
    armed = null;
    dead = id;
    void network.killAgent(id);
    return "hang" as const;
  };

  beforeAll(async () => {
    // The chain's URL is known only when it is up; agents start later.
    const rpcUrlOf = (id: NodeId): string | undefined => providers.get(id)?.url;
    const options = {
      nodes: NODES,
      epochSeconds: EPOCH_SECONDS,
      claimDeadlineMs: 60_000,
      submitters: SENDERS,
      rpcUrlOf,
    };
    fixture = await startFixture("hardhat", options);
    network = fixture.network;
    for (const id of SENDERS) {
      const provider = await startFaultyProvider({ url: network.chain.url });
      provider.before = killAt(id, false);
      provider.after = killAt(id, true);
      providers.set(id, provider);
    }
    await network.startAgents([1, 2, 3, 4]);
    await untilReady(network);
  });

  afterAll(async () => {
    await fixture?.close();
    for (const provider of providers.values()) await provider.stop();
  });

  const recorded = async (): Promise<number[]> => {
    const contract = connect("ServiceNodeRewards", network.rewards, network.chain.signer(0));
    const logs = await contract.queryFilter("EpochReportRecorded", network.deployment.fromBlock);
    return logs.map((log) => Number((log as unknown as { args: { epoch: bigint } }).args.epoch));
  };

  /** The transactions of an account that succeeded, oldest first. */
  const succeeded = async (account: string): Promise<TransactionResponse[]> => {
    const { provider } = network.chain;
    const latest = await provider.getBlockNumber();
    const transactions: TransactionResponse[] = [];
    for (let number = network.deployment.fromBlock; number <= latest; number++) {
      const block = await provider.getBlock(number, true);
      transactions.push(...(block?.prefetchedTransactions.filter(({ from }) => from.toLowerCase() === account) ?? []));
    }
    const receipts = await Promise.all(transactions.map(({ hash }) => provider.getTransactionReceipt(hash)));
    return transactions.filter((_, i) => receipts[i]?.status === 1);
  };

  /** Every transaction that an agent has given to its provider, in all its lives. */
  const sentBy = (id: NodeId): Transaction[] =>
    (providers.get(id)?.asked ?? [])
      .filter(({ method }) => method === "eth_sendRawTransaction")
      .map(({ params }) => Transaction.from(params[0] as string));

  it("behaviour: each restarts from its own file, no epoch is without its record, and no call lands twice (P-37, P-92)", async () => {
    for (const moment of MOMENTS) {
      armed = moment;
      const victim = await waitFor({ what: `a sender to die ${moment.name}`, timeoutMs: 240_000, pollMs: 20 }, () => {
        return dead;
      });
      dead = null;
      await network.startAgent(victim);
    }
    // The last one died over the report of the last closed epoch, or before; the next epoch has to be recorded without
    // more ado.
    const last = await waitFor({ what: "another record", timeoutMs: 240_000 }, async (report) => {
      const { closedEpoch } = await network.agent(3).client.status();
      const epochs = await recorded();
      report(`closed ${closedEpoch}, recorded ${epochs.join(", ")}`);
      return closedEpoch !== null && epochs.includes(closedEpoch) ? closedEpoch : null;
    });
    const epochs = new Set(await recorded());
    const first = Math.min(...epochs);
    expect([...epochs].sort((a, b) => a - b)).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i));

    let sent = 0;
    for (const id of SENDERS) {
      const landed = await succeeded(network.node(id).operator);
      const calls = landed.map(({ to, data }) => `${to} ${data}`);
      expect(new Set(calls).size, `node ${id}`).toBe(calls.length);
      // What was signed once was never signed for another nonce: the two could both have landed.
      const noncesOf = new Map<string, Set<number>>();
      for (const { to, data, nonce } of sentBy(id)) {
        const call = `${to} ${data}`;
        noncesOf.set(call, (noncesOf.get(call) ?? new Set()).add(nonce));
      }
      expect([...noncesOf.values()].filter((nonces) => nonces.size > 1)).toEqual([]);
      sent += noncesOf.size;
    }
    expect(sent).toBeGreaterThan(0);
  });

  it("an agent proves what a staker is owed, and names the distributor as the contract does (P-41)", async () => {
    const { client } = network.agent(3);
    const { operator } = network.node(3);
    const proof = await waitFor({ what: "a payable root", timeoutMs: 120_000 }, () =>
      client.proof(operator).catch((error: unknown) => {
        if (isQuorateError(error, "PROOF_NOT_FOUND")) return null;
        throw error;
      }),
    );
    expect(verifyRewardsProof(proof.rewardsRoot, operator, proof.amount, proof.proof)).toBe(true);
    expect(proof.distributor).toBe(parseAddress(network.deployment.distributor));
  });
});

describe("a node that was silent for long", () => {
  it("contests by itself when it is back, others send what says that it lives, and reports activate it (P-76, P-95, P-111)", async () => {
    const { heard, signed, silentBefore, stateAtEnd } = await contested;
    expect(silentBefore).toBeGreaterThanOrEqual(12);
    expect(signed.length).toBeGreaterThanOrEqual(1);
    // Turns are shorter than a block here, so that a second one may land before the first is seen (P-91).
    expect(heard.flat()).toContain(4);
    expect(stateAtEnd).toBe("active");
  });
});

describe("a tenth of the stake dies", () => {
  it("reports are signed unasked and pass, the dead are decommissioned, the root becomes payable and pays by proof, the dead return and earn (P-59 to P-62, P-75, P-90)", async () => {
    const { status, stdout, stderr } = await demo;
    expect(status, stderr).toBe(0);
    expect(stdout.match(/\n/g)).toHaveLength(1);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ ok: true, activated: [11], decommissioned: [10], returned: [10], error: null });
    expect(result.claimedByProofAtomic).toMatch(/^[1-9]\d*$/);
    // Three epochs to decommission and activate, three to come back, each report one epoch after what it judges.
    expect(result.reports).toBeGreaterThanOrEqual(8);
    expect(result.payableEpochs.length).toBeGreaterThanOrEqual(3);
    expect(result.seconds).toBeGreaterThan(100);
    // The table, once, where nobody can rewrite.
    expect(stderr.match(/active → decommissioned → active/g)).toHaveLength(1);
    expect(stderr).toMatch(/node 11 .*pending → active/);
  });
});

describe.skipIf(process.platform !== "linux")("a devnet, and an operator who goes by the page", () => {
  /** Three epochs to be activated, six starts of an agent, and others on the same cores. */
  const TIMEOUT_MS = 900_000;

  it(
    "what it prints works, and agents are killed and restarted by name",
    async () => {
      const { printed, killed, restarted, listed, agents } = await devnet;
      expect(printed["status"]).toContain("node             1 (active)");
      expect(printed["status"]).toMatch(/finalised block is \d+ s (ahead of|behind) this machine's clock/);
      expect(printed["balance"]).toMatch(/SESH/);
      expect(printed["claim"]).toMatch(/0x[0-9a-f]{64}/);
      expect(printed["metrics"]).toContain('quorate_node_state{state="active"} 1');
      expect(printed["register"]).toContain("pending");
      expect(killed).toMatchObject({ isUp: false });
      expect(restarted).toMatchObject({ isUp: true });
      // P-138: so that whoever knows one agent finds the others.
      expect(listed).toEqual(expect.arrayContaining([...agents]));
      expect(agents).toHaveLength(4);
    },
    TIMEOUT_MS,
  );

  it("every command of docs/operating.md, from keys to the principal's return (P-21, P-34, P-61, P-108)", async () => {
    const { pageBlocks, stateAtEnd } = await devnet;
    expect(pageBlocks).toBeGreaterThan(15);
    expect(stateAtEnd).toBe("exited");
  });

  it("behaviour: nothing of it is left when the npx that started it is killed", async () => {
    const { left, leftFiles } = await devnet;
    expect({ left, leftFiles }).toEqual({ left: [], leftFiles: [] });
  });
});
