/**
 * A network for one end-to-end test file. In: the kind of chain and the number of nodes. Out: the network, and
 * helpers that a staker's and an operator's view need. Everything is undone by `close`, also after a failed start.
 */
import { type Address, type ClaimView, isQuorateError, type NodeId } from "@quorate/common";
import { ensureBuilt } from "@quorate/contracts";
import { type EvmKind, startChain } from "../harness/chain.ts";
import { Cleanup } from "../harness/cleanup.ts";
import { LocalNetwork, type NetworkOptions } from "../harness/network.ts";
import { makeTempDirectory, removeDirectory } from "../harness/tempDirectory.ts";
import { waitFor } from "../harness/waitFor.ts";

export interface Fixture {
  readonly network: LocalNetwork;
  close(): Promise<void>;
}

/**
 * Deploys, seeds and starts the network; starts no agent.
 * @param spareAccounts accounts after the owner's and the nodes', for who comes later
 */
export async function startFixture(kind: EvmKind, options: NetworkOptions, spareAccounts = 1): Promise<Fixture> {
  const cleanup = new Cleanup();
  try {
    await ensureBuilt();
    const directory = makeTempDirectory("quorate-e2e-");
    cleanup.add(() => removeDirectory(directory));
    const chain = await startChain(kind, directory, { accountCount: options.nodes + 1 + spareAccounts });
    cleanup.add(() => chain.stop());
    const network = await LocalNetwork.deploy(chain, directory, options, cleanup);
    await network.seedAndStart();
    return { network, close: () => cleanup.run() };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

/** Every running agent has a mesh peer at least, and its ledger has closed an epoch. */
export async function untilReady(network: LocalNetwork, timeoutMs = 180_000): Promise<void> {
  await waitFor({ what: "agents to be connected and in sync", timeoutMs }, async (report) => {
    const states = await Promise.all(network.agents.map(({ client }) => client.status())).catch(orUnreachable);
    if (states === null) return null;
    report(states.map(({ meshPeers, closedEpoch }) => `${meshPeers} mesh peers, epoch ${closedEpoch}`).join("; "));
    return states.every(({ meshPeers, closedEpoch }) => meshPeers > 0 && closedEpoch !== null) ? true : null;
  });
}

/** Asks an agent for a claim, of the last closed epoch where none is named, and stays until its end. */
export async function claimFrom(
  network: LocalNetwork,
  agentId: NodeId,
  recipient: Address,
  epoch?: number,
): Promise<ClaimView> {
  const { client } = network.agent(agentId);
  let claim = await client.requestClaim(recipient, epoch);
  for await (const view of client.watchClaim(recipient, claim.epoch)) claim = view;
  return claim;
}

/** The claim as soon as all but `missing` have signed. */
export async function untilMissing(
  network: LocalNetwork,
  agentId: NodeId,
  recipient: Address,
  epoch: number,
  missing: readonly NodeId[],
): Promise<ClaimView> {
  const { client } = network.agent(agentId);
  return waitFor({ what: `all but ${missing.join(", ")} to sign`, timeoutMs: 60_000 }, async (report) => {
    const claim = await client.claim(recipient, epoch);
    report(`${claim.status}, missing ${claim.missing.join(", ")}`);
    return claim.missing.join() === missing.join() ? claim : null;
  });
}

/** An agent of a busy machine may answer too late; it is asked again. */
export function orUnreachable(error: unknown): null {
  if (isQuorateError(error, "AGENT_UNREACHABLE")) return null;
  throw error;
}
