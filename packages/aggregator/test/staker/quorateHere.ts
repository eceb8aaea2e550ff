/** `quorate` with a network's file of the ground in a folder of its own, which ends with the tests. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HDNodeWallet } from "ethers";
import { afterAll, beforeAll } from "vitest";
import { command } from "../support/command.ts";
import { ground } from "./ground.ts";

export const directory: string = mkdtempSync(join(tmpdir(), "quorate-staker-"));

beforeAll(() => {
  process.env["QUORATE_NETWORKS"] = directory;
  const { deployment } = ground.net.network;
  const contracts = { rewards: ground.net.rewards, pool: deployment.pool, deployBlock: 0 };
  file("own.json", JSON.stringify({ name: "own", chainId: "31337", contracts, rpc: [ground.net.chain.url] }));
});

afterAll(() => {
  delete process.env["QUORATE_NETWORKS"];
  rmSync(directory, { recursive: true });
});

function file(name: string, text: string): string {
  writeFileSync(join(directory, name), text, { mode: 0o600 });
  return join(directory, name);
}

export const keyOf = ({ privateKey, address }: HDNodeWallet) => file(`${address}.key`, privateKey);
export const quorate = (...args: string[]) => command(...args, "--network", "own");
