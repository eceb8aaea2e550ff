/**
 * Separate agent processes over TCP, on Hardhat's node, whose finalised block is its latest. Six equal nodes: below
 * 20 the quorum of 95% is everyone (P-24), so that one agent that is away holds a claim open for as long as a test
 * needs.
 */
import { join } from "node:path";
import { fromHex, parseAddress, parseBundle, toHex } from "@quorate/common";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../packages/aggregator/src/adapters/sqlite/store.ts";
import type { RestoredState } from "../../packages/aggregator/src/core/io.ts";
import { runCli } from "../harness/cli.ts";
import type { LocalNetwork } from "../harness/network.ts";
import { balanceOf, claimRewards, submitBundle } from "../harness/settle.ts";
import { waitFor } from "../harness/waitFor.ts";
import { claimFrom, type Fixture, orUnreachable, startFixture, untilMissing, untilReady } from "./fixture.ts";

const NODES = 6;
const LATE = 6;
/** Five epochs are signed (P-70), which leaves restarts of agents time enough on a busy machine. */
const EPOCH_SECONDS = 20;

let fixture: Fixture;
let network: LocalNetwork;

beforeAll(async () => {
  fixture = await startFixture("hardhat", { nodes: NODES, epochSeconds: EPOCH_SECONDS, claimDeadlineMs: 100_000 });
  network = fixture.network;
  await network.startAgents([1, 2, 3, 4, 5]);
  await untilReady(network);
});

afterAll(() => fixture?.close());

const storeOf = (id: number): RestoredState => {
  const { chain, rewards, deployment } = network;
  const { chainId } = chain;
  const of = { chainId, rewards, pool: parseAddress(deployment.pool), deployBlock: deployment.fromBlock };
  const store = openStore(join(network.node(id).directory, "agent.sqlite"), of);
  try {
    return store.load();
  } finally {
    store.close();
  }
};

describe("agents as processes", () => {
  it("error: CHAIN_CANNOT_REORGANISE: Hardhat's node has no way to", async () => {
    await expect(network.chain.reorg(1)).rejects.toMatchObject({ code: "CHAIN_CANNOT_REORGANISE" });
  });

  it("no agent is ready while one of six is away: no claim could succeed, and all say who is missing (P-126)", async () => {
    const missing = (values: unknown): unknown => (values as { missing?: unknown } | undefined)?.missing;
    const causes = await waitFor({ what: "the agent to miss one node alone", timeoutMs: 180_000 }, async (report) => {
      const now = await network.agent(2).client.ready().catch(orUnreachable);
      report(now?.reasons.join("; ") ?? "no answer");
      const [cause, ...others] = now?.causes ?? [];
      return others.length === 0 && String(missing(cause?.values)) === String([LATE]) ? now?.causes : null;
    });
    expect(causes).toMatchObject([{ code: "STAKE_OUT_OF_REACH", atFault: "nodes", values: { missing: [LATE] } }]);
    const { health } = network.agent(2);
    expect((await fetch(`${health}/healthz`, { method: "HEAD" })).status).toBe(200);
    expect((await fetch(`${health}/readyz`)).status).toBe(503);
    expect(await (await fetch(`${health}/metrics`)).text()).toMatch(/^quorate_reachable_active_bps 8333$/m);
  });

  it("an agent that starts late catches up, signs what was asked before, and the claim is paid (P-87)", async () => {
    const recipient = network.node(1).operator;
    const { epoch } = await network.agent(2).client.requestClaim(recipient);
    const open = await untilMissing(network, 2, recipient, epoch, [LATE]);
    expect(open).toMatchObject({ status: "collecting", bundle: null, signedBps: 8333 });

    await network.startAgent(LATE);
    const claim = await claimFrom(network, 2, recipient, epoch);
    expect(claim).toMatchObject({ status: "ready", epoch, signedBps: 10_000, missing: [], disagreements: [] });

    const bundle = claim.bundle;
    if (bundle === null) throw new Error("a ready claim without a bundle");
    expect(parseBundle(bundle).lists).toEqual({ nonSigners: [], extraSigners: [] });
    const before = await balanceOf(network, recipient);
    await submitBundle(network, bundle, 1);
    await claimRewards(network, 1);
    expect((await balanceOf(network, recipient)) - before).toBe(claim.amount);
  });

  it("with all of them there every agent is ready (P-126)", async () => {
    await waitFor({ what: "all agents to be ready", timeoutMs: 180_000 }, async (report) => {
      const states = await Promise.all(network.agents.map(({ client }) => client.ready())).catch(orUnreachable);
      if (states === null) return null;
      report(states.map(({ reasons }) => reasons.join() || "ready").join("; "));
      return states.every(({ ready }) => ready) ? true : null;
    });
  });

  it("behaviour: an agent killed in the middle goes on from its own store, with the same digest and nothing lost (P-71)", async () => {
    await network.stopAgent(LATE);
    const recipient = network.node(2).operator;
    const { epoch, digest } = await network.agent(3).client.requestClaim(recipient);
    await untilMissing(network, 3, recipient, epoch, [LATE]);

    await network.killAgent(3);
    const atDeath = storeOf(3);
    expect(atDeath.claims).toContainEqual({ recipient, epoch });
    const signing = atDeath.signings.find(({ id }) => id.subject === recipient && id.epoch === epoch);
    expect(signing).toMatchObject({ digest });

    await network.startAgent(3);
    // Without anyone asking again: the claim is its own, and the other shares come back by catch-up.
    expect(await untilMissing(network, 3, recipient, epoch, [LATE])).toMatchObject({ status: "collecting", digest });
    await network.startAgent(LATE);
    const claim = await claimFrom(network, 3, recipient, epoch);
    expect(claim).toMatchObject({ status: "ready", epoch, digest, missing: [] });

    // The aggregate of everyone is the sum of everyone's one share over that digest, the killed agent's included.
    const shares = network.nodes.map(({ keys }) => network.scheme.sign(keys.blsSecret, fromHex(digest)));
    expect(claim.bundle?.signature).toBe(toHex(network.scheme.aggregateSignatures(shares)));

    expect(await network.stopAgent(3)).toEqual({ code: 0, signal: null });
    const atEnd = storeOf(3);
    expect(atEnd.signings).toContainEqual(signing);
    expect(atEnd.bundles).toContainEqual({ recipient, epoch, bundle: claim.bundle });
  });

  it("`quorate claim` asks any agent and leaves a bundle that `quorate verify` holds against the chain alone (P-101)", async () => {
    await network.startAgent(3);
    await untilReady(network);
    const file = join(network.directory, "bundle.json");
    const recipient = network.node(5).operator;
    await runCli({
      args: ["claim", "--agent", network.agent(5).http, "--recipient", recipient, "--out", file],
      logFile: join(network.directory, "claim.log"),
    });
    const verify = ["verify", "--bundle", file, "--rpc", network.chain.url, "--contract", network.rewards];
    await runCli({ args: verify, logFile: join(network.directory, "verify.log") });
  });
});
