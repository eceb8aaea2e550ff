/**
 * What the demo and the devnet begin with, stage by stage: contracts compiled, agents started, their mesh formed. In: a
 * network, and where progress is shown. Out: a network whose agents gossip.
 */
import { ensureBuilt } from "@quorate/contracts";
import { ensurePortal } from "../../packages/portal/scripts/portal.ts";
import type { LocalNetwork } from "../harness/network.ts";
import { waitFor } from "../harness/waitFor.ts";
import type { Progress } from "./progress.ts";

/** Gossip needs no more than this many mesh peers to reach everyone; gossipsub looks for 6. */
const MESH_PEERS = 4;

/** Seconds alone; on a machine that others use too everything takes ten times as long. */
const MESH_MS = 120_000;

export interface GroundContext {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export async function compile(progress: Progress): Promise<void> {
  const stage = progress.stage("Contracts compiled");
  await ensureBuilt((line) => stage.update(line));
  stage.done("Solidity, with EIP-2537 for BLS12-381");
}

/** What agents serve: built from sources that are newer, while contracts are compiled and the chain starts. */
export async function buildPage(progress: Progress): Promise<void> {
  const stage = progress.stage("Page built");
  await ensurePortal();
  stage.done("what every agent serves to browsers");
}

export async function startAgents(network: LocalNetwork, { progress }: Pick<GroundContext, "progress">): Promise<void> {
  const stage = progress.stage("Agents up");
  const all = network.nodes.length;
  stage.update(`0 of ${all} processes`, 0);
  await network.startAgents(
    network.nodes.map(({ id }) => id),
    (ready) => stage.update(`${ready} of ${all} processes`, ready / all),
  );
  stage.done(`${all} of ${all} processes`, 1);
}

export async function formMesh(network: LocalNetwork, { progress, signal }: GroundContext): Promise<void> {
  const stage = progress.stage("Mesh formed");
  const { agents } = network;
  const enough = Math.min(MESH_PEERS, agents.length - 1);
  await waitFor({ what: "the gossip mesh to form", timeoutMs: MESH_MS, signal }, async (report) => {
    // One that does not answer yet is busy with the others' start: it is asked again.
    const asked = agents.map(({ client }) =>
      client.status().then(
        ({ meshPeers }) => meshPeers,
        () => null,
      ),
    );
    const meshPeers = await Promise.all(asked);
    const connected = meshPeers.filter((peers) => peers !== null && peers >= enough).length;
    stage.update(
      `${connected} of ${agents.length} agents have ${enough} mesh peers or more`,
      connected / agents.length,
    );
    report(`mesh peers by agent: ${meshPeers.map((peers) => peers ?? "no answer").join(", ")}`);
    return connected === agents.length ? true : null;
  });
  stage.done(enough === 0 ? "one agent needs no peers" : `each agent gossips with ${enough} peers or more`, 1);
}
