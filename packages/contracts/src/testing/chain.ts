// A chain in this process for tests and measurements: Hardhat's simulated network at the hardfork of hardhat.config.ts.
// Automines, and its accounts are funded. No server, no port. Its time is its own: it begins at `CHAIN_START_SECONDS`,
// each block is a second after the one before unless a test says otherwise, and neither the host's clock nor its load
// changes what happens here.
import { TRANSACTION_GAS_CAP } from "@quorate/common";
import { BrowserProvider, HDNodeWallet, JsonRpcSigner } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../../hardhat.config.ts";
import { packageDir } from "../artifacts.ts";

/** What EDR needs of a connection. */
type Rpc = (method: string, params?: unknown[]) => Promise<unknown>;

/** Calls that mine a block, while the chain automines, or that take blocks back. */
const MOVES_TIME = new Set(["eth_sendTransaction", "eth_sendRawTransaction", "evm_mine", "evm_revert"]);

/** One chain, empty at first. */
export interface SimulatedChain {
  readonly provider: BrowserProvider;
  readonly signers: readonly JsonRpcSigner[];
  /** Mines a block exactly `seconds` after the latest. */
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

/** A hardfork that a chain can run. */
export type Hardfork = "osaka" | "cancun" | "amsterdam";

/**
 * What a transaction may use at amsterdam. Gas for state is not capped there (EIP-8037), but EDR's cap is on both
 * kinds, so that such a chain has none: 50 seeds take 49 million.
 */
const AMSTERDAM_GAS_LIMIT = 100_000_000n;
const AMSTERDAM = { transactionGasCap: false, blockGasLimit: AMSTERDAM_GAS_LIMIT } as const;

/** By provider, the largest gas limit that a transaction may have on its chain. */
const gasLimits = new WeakMap<object, bigint>();

/** The largest gas limit that a transaction may have on the chain behind `provider`. */
export function gasLimitOn(provider: object | null | undefined): bigint {
  return gasLimits.get(provider ?? {}) ?? TRANSACTION_GAS_CAP;
}

/** How a chain differs from another. */
export interface SimulatedChainOptions {
  /** Default osaka; before prague there is no EIP-2537. EDR calls its amsterdam experimental. */
  readonly hardfork?: Hardfork;
  /** Default 31337. */
  readonly chainId?: number;
}

type Hre = Awaited<ReturnType<typeof createHardhatRuntimeEnvironment>>;

let hardhat: Promise<Hre> | undefined;

/** Hardhat, once for all chains of this process: it reads 10 MB of the compiler's output, for its stack traces. */
function ownHardhat(): Promise<Hre> {
  hardhat ??= createHardhatRuntimeEnvironment(config, {}, packageDir);
  return hardhat;
}

/** Every test pays its deployments from these; 10,000 ether each is plenty. */
const ACCOUNTS = 40;
const BALANCE_WEI = 10_000n * 10n ** 18n;
const DEVELOPMENT_MNEMONIC = "test test test test test test test test test test test junk";

let accounts: { readonly privateKey: string; readonly balance: bigint }[] | undefined;

/** Hardhat's own accounts. Left to Hardhat, each would be stretched from the mnemonic anew: two seconds a chain. */
function developmentAccounts() {
  if (accounts !== undefined) return accounts;
  const parent = HDNodeWallet.fromPhrase(DEVELOPMENT_MNEMONIC, undefined, "m/44'/60'/0'/0");
  accounts = Array.from({ length: ACCOUNTS }, (_, i) => {
    return { privateKey: parent.deriveChild(i).privateKey, balance: BALANCE_WEI };
  });
  return accounts;
}

/** Starts a chain. */
export async function startSimulatedChain(options: SimulatedChainOptions = {}): Promise<SimulatedChain> {
  const hre = await ownHardhat();
  const amsterdam = options.hardfork === "amsterdam" ? AMSTERDAM : {};
  const override = { ...options, ...amsterdam, accounts: developmentAccounts() };
  const connection = await hre.network.create({ network: "sim", override });
  const call = await withOwnTime(async (method, params = []) => connection.provider.request({ method, params }));
  const request = ({ method, params }: { method: string; params?: unknown[] | Record<string, unknown> }) =>
    call(method, params as unknown[] | undefined);
  // Without a cache: a test reads right after it writes.
  const provider = new BrowserProvider({ request }, undefined, { cacheTimeout: -1 });
  if (options.hardfork === "amsterdam") gasLimits.set(provider, AMSTERDAM_GAS_LIMIT);
  const addresses = (await call("eth_accounts")) as string[];
  return {
    provider,
    signers: await Promise.all(addresses.map((address) => provider.getSigner(address))),
    async increaseTime(seconds) {
      await call("evm_setNextBlockTimestamp", [(await latestBlock(call)).timestamp + seconds]);
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
      // Not getSigner, which asks whether the account is one of the chain's own.
      return new JsonRpcSigner(provider, address);
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

/**
 * EDR gives a block the host's time, shifted by a constant. This sets the time of the next one, and so of what is
 * simulated until then, after every call that mines: one second after the latest. What the caller sets itself stands
 * until a block is mined.
 */
async function withOwnTime(rpc: Rpc): Promise<Rpc> {
  const setNext = async ({ timestamp }: Block): Promise<unknown> => rpc("evm_setNextBlockTimestamp", [timestamp + 1]);
  let known = await latestBlock(rpc);
  await setNext(known);
  const move: Rpc = async (method, params) => {
    try {
      return await rpc(method, params);
    } finally {
      const latest = await latestBlock(rpc);
      if (latest.hash !== known.hash) await setNext(latest);
      known = latest;
    }
  };
  // One after the other, or the second of two transactions sent at once would be mined before its time is set.
  let last: Promise<unknown> = Promise.resolve();
  return (method, params) => {
    if (!MOVES_TIME.has(method)) return rpc(method, params);
    const moved = last.then(() => move(method, params));
    last = moved.catch(() => {});
    return moved;
  };
}

interface Block {
  readonly hash: string;
  readonly timestamp: number;
}

async function latestBlock(rpc: Rpc): Promise<Block> {
  const block = (await rpc("eth_getBlockByNumber", ["latest", false])) as { hash: string; timestamp: string };
  return { hash: block.hash, timestamp: Number(block.timestamp) };
}
