/**
 * `--network local`, for as long as a devnet runs. In: what the network's file holds. Out: the name where it is free,
 * and how it is given back. A devnet that runs already keeps it: commands copied from its screen would otherwise act on
 * another network.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { networksDirectory, readNetwork, saveNetwork } from "../../packages/aggregator/src/cli/networks.ts";

type NetworkFile = Parameters<typeof saveNetwork>[0];

/** A chain on this machine answers at once, or is busy. */
const CHAIN_ANSWER_MS = 5_000;

/** @returns how the name is given back; null when another network that is up has it */
export async function takeName(facts: NetworkFile): Promise<(() => void) | null> {
  const file = join(networksDirectory(), `${facts.name}.json`);
  if (existsSync(file) && (await isUp(file))) return null;
  saveNetwork(facts);
  const text = readFileSync(file, "utf8");
  return () => {
    // Another devnet may have taken the name meanwhile.
    if (existsSync(file) && readFileSync(file, "utf8") === text) rmSync(file);
  };
}

/** A devnet that was killed has left its file, and nobody answers. */
async function isUp(file: string): Promise<boolean> {
  try {
    const [rpc = ""] = readNetwork(file).rpc;
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
    const headers = { "content-type": "application/json" };
    const response = await fetch(rpc, { method: "POST", headers, body, signal: AbortSignal.timeout(CHAIN_ANSWER_MS) });
    return response.ok;
  } catch {
    return false;
  }
}
