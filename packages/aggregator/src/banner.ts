/**
 * The first line of an agent's log: which agent this is, of which network, and what it was told to do. Enters: the
 * configuration, the keys. Leaves: plain values. No secret: of URLs only the host, since paths and users hold keys.
 */
import { toHex } from "@quorate/common";
import type { Config } from "./config.ts";
import { VERSION } from "./version.ts";

export interface BannerKeys {
  readonly blsKey: Uint8Array;
  readonly identityKey: Uint8Array;
}

export function banner(config: Config, keys: BannerKeys, peerId: string): Readonly<Record<string, unknown>> {
  const { chain, p2p, http, store, submit } = config;
  return {
    version: VERSION,
    node: process.version,
    blsKey: toHex(keys.blsKey),
    identityKey: toHex(keys.identityKey),
    peerId,
    chainId: chain.chainId,
    rewards: chain.rewards,
    pool: chain.pool,
    deployBlock: chain.deployBlock,
    providers: chain.providers.map((url) => new URL(url).host),
    listen: p2p.listen,
    bootstrap: p2p.bootstrap.length,
    targetPeers: p2p.targetPeers,
    http: `${http.host}:${http.port}`,
    store: store.path,
    submits: submit !== null,
  };
}
