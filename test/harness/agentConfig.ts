/**
 * The configuration of one agent of a local network. In: the network and the node's directory. Out: what goes into
 * its YAML file.
 */
import { join } from "node:path";
import type { Address } from "@quorate/common";
import type { Deployment } from "@quorate/contracts";
import type { Chain } from "./chain.ts";

/** Protects throw-away keys of a devnet, that is: nothing. */
export const PASSWORD = "devnet";

/** Where an agent is to be found. Default: any free port of 127.0.0.1. */
export interface AgentPlace {
  /** Of its listener for peers: a multiaddr. */
  readonly listen: string;
  /** What it tells peers instead of that. */
  readonly announce?: string;
  /** Of its HTTP interface. */
  readonly httpHost: string;
  /** Likewise; default any free port. */
  readonly httpPort?: number;
  /** Of health and metrics on 127.0.0.1; default any free port. */
  readonly healthPort?: number;
  /** What it tells others of its HTTP interface (P-138); default nothing. */
  readonly publicUrl?: string;
}

export interface AgentConfigInput {
  readonly network: {
    readonly chain: Pick<Chain, "url" | "chainId">;
    readonly deployment: Pick<Deployment, "pool" | "fromBlock">;
    readonly rewards: Address;
    /** The file that holds PASSWORD. */
    readonly passwordFile: string;
  };
  /** Of the node: keys and store are in it. */
  readonly directory: string;
  /** Multiaddrs of agents that are up. */
  readonly bootstrap: readonly string[];
  readonly claimDeadlineMs: number;
  /** The file with the key of the account that pays; null for an agent that submits nothing. */
  readonly accountKeyFile: string | null;
  /** Default: the chain's. */
  readonly rpcUrl?: string | readonly string[] | undefined;
  readonly place?: AgentPlace | undefined;
}

export function agentConfig(input: AgentConfigInput) {
  const { network, directory, bootstrap, claimDeadlineMs, accountKeyFile, rpcUrl, place } = input;
  const { chain, deployment } = network;
  return {
    chain: {
      providers: [rpcUrl ?? chain.url].flat(),
      chainId: chain.chainId,
      rewards: network.rewards,
      pool: deployment.pool,
      deployBlock: deployment.fromBlock,
      // The local chain's block time: dozens of agents share two cores, and none is in a hurry.
      pollMs: 1_000,
    },
    p2p: {
      // Port 0: whichever are free; the ready message tells them.
      listen: [place?.listen ?? "/ip4/127.0.0.1/tcp/0"],
      ...(place?.announce === undefined ? {} : { announce: [place.announce] }),
      bootstrap,
      allowPrivateAddresses: true,
    },
    http: httpConfig(place, chain.url),
    keys: { directory: join(directory, "keys"), passwordFile: network.passwordFile },
    store: { path: join(directory, "agent.sqlite") },
    claims: { deadlineMs: claimDeadlineMs },
    ...(accountKeyFile === null ? {} : { submit: { accountKeyFile } }),
    log: { level: "info" },
  };
}

function httpConfig(place: AgentPlace | undefined, chainUrl: string) {
  const { httpHost, httpPort, healthPort, publicUrl } = place ?? {};
  return {
    port: httpPort ?? 0,
    ...(httpHost === undefined ? {} : { host: httpHost }),
    ...(healthPort === undefined ? {} : { healthPort }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    // So that the page works without a wallet.
    portal: { rpc: [chainUrl] },
  };
}
