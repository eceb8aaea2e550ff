// A chain in this process for tests and measurements: Hardhat's simulated network at the hardfork of hardhat.config.ts.
// Automines, and its accounts are funded. No server, no port.
import { BrowserProvider, type JsonRpcSigner } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../../hardhat.config.ts";
import { packageDir } from "../artifacts.ts";

/** One chain, empty at first. */
export interface SimulatedChain {
  readonly provider: BrowserProvider;
  readonly signers: readonly JsonRpcSigner[];
  /** Lets time pass and mines a block at its end. */
  increaseTime(seconds: number): Promise<void>;
  /** Sets the timestamp, in seconds, of the next block, and of what is simulated until then. */
  setNextTimestamp(timestamp: number): Promise<void>;
  /** Mines blocks by `setAutomine(false)` and `mine()` when several transactions must share one. */
  setAutomine(on: boolean): Promise<void>;
  mine(): Promise<void>;
  /** Puts code at an address. */
  setCode(address: string, code: string): Promise<void>;
  /** An account that may send without its key: with plenty of ether and this nonce. */
  impersonate(address: string, nonce: number): Promise<JsonRpcSigner>;
  /** Remembers the state; the returned function goes back to it, once. */
  snapshot(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** How a chain differs from another. */
export interface SimulatedChainOptions {
  /** Default osaka; before prague there is no EIP-2537. */
  readonly hardfork?: "osaka" | "cancun";
  /** Default 31337. */
  readonly chainId?: number;
}

/** Starts a chain. */
export async function startSimulatedChain(options: SimulatedChainOptions = {}): Promise<SimulatedChain> {
  const hre = await createHardhatRuntimeEnvironment(config, {}, packageDir);
  const connection = await hre.network.create({ network: "sim", override: options });
  const rpc = connection.provider;
  // Without a cache: a test reads right after it writes.
  const provider = new BrowserProvider(rpc, undefined, { cacheTimeout: -1 });
  const call = async (method: string, params: unknown[] = []): Promise<unknown> => rpc.request({ method, params });
  const accounts = (await call("eth_accounts")) as string[];
  return {
    provider,
    signers: await Promise.all(accounts.map((account) => provider.getSigner(account))),
    async increaseTime(seconds) {
      await call("evm_increaseTime", [seconds]);
      await call("evm_mine");
    },
    async setNextTimestamp(timestamp) {
      await call("evm_setNextBlockTimestamp", [timestamp]);
    },
    async setAutomine(on) {
      await call("evm_setAutomine", [on]);
    },
    async mine() {
      await call("evm_mine");
    },
    async setCode(address, code) {
      await call("hardhat_setCode", [address, code]);
    },
    async impersonate(address, nonce) {
      await call("hardhat_impersonateAccount", [address]);
      await call("hardhat_setBalance", [address, "0x21e19e0c9bab2400000"]); // 10,000 ether
      await call("hardhat_setNonce", [address, `0x${nonce.toString(16)}`]);
      return provider.getSigner(address);
    },
    async snapshot() {
      const id = await call("evm_snapshot");
      return async () => void (await call("evm_revert", [id]));
    },
    async close() {
      provider.destroy();
      await connection.close();
    },
  };
}
