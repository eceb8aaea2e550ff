/**
 * What `quorate doctor` finds on chain: each provider, this machine's clock against theirs, the contracts read back,
 * the node with this machine's keys, and who pays. Enters: the agent's configuration. Leaves: checks. Nothing is sent.
 */
import { nodeIdOfKey, type RewardsContract, tokenOf } from "@quorate/client";
import { formatAmount, toHex } from "@quorate/common";
import { ChainProviders } from "@quorate/common/chain";
import { formatEther } from "ethers";
import { connectRewards } from "../../adapters/chain/connectRewards.ts";
import { transportLine } from "../../adapters/chain/transportLine.ts";
import type { NodeKeys } from "../../adapters/keys/keys.ts";
import { openAccount } from "../../adapters/submitter/account.ts";
import type { Config } from "../../config.ts";
import { dateText } from "../print.ts";
import { bad, type Check, ok, saidBy, warn } from "./check.ts";
import { type Principal, principalStep, readPrincipal } from "./principal.ts";

/** Seconds that a new block may be ahead of this machine's clock, and behind it. */
const AHEAD_SECONDS = 15;
const BEHIND_SECONDS = 600;
/** Wei below which an account that sends is called nearly empty: five reports of 2,000,000 gas at 1 gwei. */
const LITTLE_WEI = 10_000_000_000_000_000n;

export async function chainChecks(config: Config, keys: NodeKeys | null): Promise<Check[]> {
  const providers = await providerChecks(config);
  if (providers.every(({ state }) => state === "bad")) return providers;
  const { chain } = config;
  const options = { chainId: BigInt(chain.chainId), timeoutMs: chain.timeoutMs };
  try {
    const contract = await connectRewards(chain.providers, chain.rewards, options);
    try {
      return [...providers, ...(await contractChecks(contract, config)), ...(await nodeChecks(contract, config, keys))];
    } finally {
      contract.close();
    }
  } catch (error) {
    const remedy = "Correct chain.rewards and chain.chainId, or take them from `quorate network show`.";
    return [...providers, bad("contracts", `${chain.rewards}: ${saidBy(error)}`, remedy)];
  }
}

async function providerChecks({ chain }: Config): Promise<Check[]> {
  const found = await Promise.all(chain.providers.map((url) => providerCheck(url, chain)));
  const { length } = chain.providers;
  if (length >= 3) return found;
  const few = `${length} of them: ${length === 1 ? "what it says is believed" : "both are needed"}`;
  return [...found, warn("chain", few, "Name three providers from different people in chain.providers (P-57).")];
}

async function providerCheck(url: string, { chainId, timeoutMs }: Config["chain"]): Promise<Check> {
  const { host } = new URL(url);
  let chain: ChainProviders | null = null;
  try {
    const options = { urls: [url], chainId: BigInt(chainId), timeoutMs, pauseMs: 200, openLine: transportLine };
    chain = await ChainProviders.connect(options);
    const [latest, finalised] = await Promise.all([chain.getBlock("latest"), chain.getBlock("finalized")]);
    if (latest === null || finalised === null) {
      return bad("chain", `${host}: tells no finalised block`, "Give a provider that follows finality.");
    }
    return clockCheck(host, latest.number, finalised.number, latest.timestamp);
  } catch (error) {
    return bad("chain", `${host}: ${saidBy(error)}`, "Check its address, its key and its plan, or name another one.");
  } finally {
    chain?.destroy();
  }
}

function clockCheck(host: string, latest: number, finalised: number, timestamp: number): Check {
  const behind = Math.round(Date.now() / 1_000) - timestamp;
  const place = `${host}: block ${latest} of ${dateText(timestamp)}, finalised ${finalised}`;
  if (behind < -AHEAD_SECONDS) {
    return warn("clock", `${place}, which is ${-behind} s ahead of this machine's clock`, "Set the clock, by NTP.");
  }
  if (behind > BEHIND_SECONDS) {
    const remedy =
      "Compare with another provider: either this one has fallen behind, or this machine's clock is wrong.";
    return warn("clock", `${place}, which is ${behind} s ago`, remedy);
  }
  return ok("chain", place);
}

async function contractChecks(contract: RewardsContract, { chain }: Config): Promise<Check[]> {
  const [version, pool, token, distributor, genesis] = await Promise.all([
    contract.read("version"),
    contract.pool(),
    contract.read("token"),
    contract.distributor(),
    contract.read("genesis"),
  ]);
  const checks = [ok("contracts", `${chain.rewards}: version ${version}, token ${token}, distributor ${distributor}`)];
  if (pool !== chain.pool) {
    checks.push(bad("contracts", `its pool is ${pool}, and chain.pool is ${chain.pool}`, `Write ${pool} there.`));
  }
  const head = await contract.chain.getBlockNumber();
  if (chain.deployBlock > head) {
    const found = `chain.deployBlock is ${chain.deployBlock}, and the newest block ${head}`;
    checks.push(bad("contracts", found, "Write the block of the deployment there."));
  }
  if (genesis === 0n) checks.push(warn("contracts", "the network has not started", "Wait for its founder's `start`."));
  return checks;
}

async function nodeChecks(contract: RewardsContract, config: Config, keys: NodeKeys | null): Promise<Check[]> {
  const checks = await accountChecks(contract, config);
  if (keys === null) return checks;
  const id = await nodeIdOfKey(contract, keys.blsKey);
  if (id === null) return [...checks, ...(await unregistered(contract, config))];
  return [...checks, ...registered(await readPrincipal(contract, id), config, keys)];
}

function registered(principal: Principal, { keys: expected }: Config, keys: NodeKeys): Check[] {
  const { id, state, operator, stake, identityKey, unlocksAt } = principal.node;
  const found = `node ${id} is ${state}, ${formatAmount(stake)}, operator ${operator}`;
  const checks: Check[] = [
    state === "exited"
      ? warn("node", found, `${sentence(principalStep(principal))} Its agent has nothing more to do.`)
      : state === "decommissioned"
        ? warn("node", found, "Let its agent run: it contests, and three reports with its signature activate it.")
        : ok("node", found),
  ];
  if (identityKey.toLowerCase() !== toHex(keys.identityKey)) {
    const own = toHex(keys.identityKey);
    const text = `it was registered with identity key ${identityKey}, and keys.directory has ${own}`;
    checks.push(bad("node", text, "Put the registered identity key back; no peer admits another one."));
  }
  if (expected.operator !== undefined && expected.operator !== operator) {
    const text = `another account than keys.operator (${expected.operator}) has registered it`;
    checks.push(bad("node", text, "Correct keys.operator, or find out who registered it."));
  }
  if (state !== "exited" && unlocksAt !== null) {
    const remedy = principal.now < unlocksAt ? "Keep its agent running until then." : "`quorate exit` takes it out.";
    checks.push(warn("node", `it leaves, and may be exited from ${dateText(unlocksAt)} on`, remedy));
  }
  return checks;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

async function unregistered(contract: RewardsContract, { keys: { operator } }: Config): Promise<Check[]> {
  const stake = (await contract.read("stakingRequirement")) as bigint;
  const checks = [
    warn("node", "no node has this key", "Run `quorate register`, or open a pool with `quorate pool open`."),
  ];
  if (operator === undefined) return checks;
  const have = await (await tokenOf(contract)).balanceOf(operator);
  const found = `${operator} holds ${formatAmount(have)}, and a node takes ${formatAmount(stake)}`;
  if (have >= stake) return [...checks, ok("balance", found)];
  return [...checks, warn("balance", found, `Send it ${formatAmount(stake - have)}, or open a pool.`)];
}

async function accountChecks({ chain }: RewardsContract, { submit }: Config): Promise<Check[]> {
  if (submit === null) {
    const found = "none: the agent sends nothing, contests of its own node included";
    return [warn("account", found, "Give it one of its own in submit.accountKeyFile, with some ether.")];
  }
  try {
    const { address } = await openAccount(submit.accountKeyFile, submit.passwordFile ?? null);
    const wei = await chain.getBalance(address);
    const found = `${address} holds ${formatEther(wei)} ether`;
    return wei < LITTLE_WEI ? [warn("account", found, "Send it some ether for fees.")] : [ok("account", found)];
  } catch (error) {
    const remedy = "Correct submit.accountKeyFile and submit.passwordFile.";
    return [bad("account", `${submit.accountKeyFile}: ${saidBy(error)}`, remedy)];
  }
}
