/**
 * A local EVM for the demo and the end-to-end tests. In: which node, and how fast it mines. Out: one handle for both
 * kinds: url, signers, time, reorganisation. Both mine by interval, because epochs close only when block time passes.
 */
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { quorateError } from "@quorate/common";
import { CHAIN_START_SECONDS } from "@quorate/contracts/chain-start";
import { HDNodeWallet, JsonRpcProvider, type Provider } from "ethers";
import { type Child, startChild } from "./child.ts";

export type EvmKind = "hardhat" | "anvil";

/** What a chain process is told. */
export interface EvmOptions {
  readonly chainId: number;
  readonly mnemonic: string;
  readonly accountCount: number;
  readonly blockTimeMs: number;
  /** The timestamp of the first block. */
  readonly startSeconds: number;
  /** The EIP-2537 precompiles need prague or later. */
  readonly hardfork: string;
  /** Where anvil keeps its state over a restart. */
  readonly stateFile: string;
  /** Where it listens on 127.0.0.1; 0 for any free one. */
  readonly port: number;
}

export interface Chain {
  readonly kind: EvmKind;
  readonly url: string;
  readonly chainId: number;
  readonly provider: JsonRpcProvider;
  /** The funded account `index` of the public development mnemonic, connected. */
  signer(index: number): HDNodeWallet;
  /** Replaces the last `depth` blocks by as many empty ones. Only anvil can. */
  reorg(depth: number): Promise<void>;
  /**
   * Stops the node, and starts it again from its own state after so long, at the same URL. Only anvil can, once at a
   * time.
   */
  restart(awayMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Known to everyone: these accounts must never hold anything of worth. */
const DEVELOPMENT_MNEMONIC = "test test test test test test test test test test test junk";

/** Chain ids that both tools use for themselves. */
const CHAIN_ID = 31_337;

/** Loading Hardhat takes 1–2 s alone, several when 24 agents start beside it. */
const START_TIMEOUT_MS = 120_000;

export async function startChain(
  kind: EvmKind,
  directory: string,
  options: { readonly accountCount: number; readonly port?: number },
): Promise<Chain> {
  const evmOptions: EvmOptions = {
    chainId: CHAIN_ID,
    mnemonic: DEVELOPMENT_MNEMONIC,
    accountCount: options.accountCount,
    blockTimeMs: 1_000,
    // From there on these chains keep pace with the host, because agents wait in real time for epochs to close. Agents
    // read the time of day nowhere: what they compare with a block's timestamp are other blocks' timestamps.
    startSeconds: CHAIN_START_SECONDS,
    hardfork: "osaka",
    stateFile: join(directory, `${kind}-state.json`),
    port: options.port ?? 0,
  };
  const child = startChild({
    name: `${kind} chain`,
    module: fileURLToPath(new URL(kind === "hardhat" ? "./hardhatNode.ts" : "./anvilNode.ts", import.meta.url)),
    args: [JSON.stringify(evmOptions)],
    logFile: join(directory, `${kind}.log`),
  });
  try {
    const { url } = await child.ready<{ url: string }>(START_TIMEOUT_MS);
    return chainHandle(kind, url, child);
  } catch (error) {
    await child.kill();
    throw error;
  }
}

function chainHandle(kind: EvmKind, url: string, child: Child): Chain {
  // Without `staticNetwork` every call asks for the chain id first; without `cacheTimeout` a nonce read twice within
  // 250 ms is stale.
  const provider = new JsonRpcProvider(url, CHAIN_ID, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 });
  provider.pollingInterval = 200;
  const restarts = new EventEmitter();
  child.onMessage((message) => {
    if ((message as { type?: string }).type === "restarted") restarts.emit("restarted");
  });
  return {
    kind,
    url,
    chainId: CHAIN_ID,
    provider,
    signer: (index) => developmentWallet(index, provider),
    reorg: async (depth) => {
      if (kind !== "anvil") throw quorateError("CHAIN_CANNOT_REORGANISE", { kind, depth });
      await provider.send("anvil_reorg", [depth, []]);
    },
    restart: async (awayMs) => {
      if (kind !== "anvil") throw quorateError("CHAIN_CANNOT_RESTART", { kind, awayMs });
      const restarted = once(restarts, "restarted");
      child.send({ type: "restart", awayMs });
      await restarted;
    },
    stop: async () => {
      provider.destroy();
      await child.stop();
    },
  };
}

/** Account `index` by the path that Hardhat and anvil fund. */
export function developmentWallet(index: number, provider?: Provider): HDNodeWallet {
  const wallet = HDNodeWallet.fromPhrase(DEVELOPMENT_MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`);
  return provider === undefined ? wallet : wallet.connect(provider);
}
