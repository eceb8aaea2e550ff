/** A network from nothing to its start and on to another owner, by commands alone, on a real chain (P-30, P-49). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HDNodeWallet } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAnvil, type TestChain } from "../../../test/support/chain.ts";
import { command } from "../../../test/support/command.ts";

const MNEMONIC = "test test test test test test test test test test test junk";
const wallet = (index: number) => HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`);
const [founder, next] = [wallet(0), wallet(7)];
const directory = mkdtempSync(join(tmpdir(), "quorate-founding-"));
const record = join(directory, "record.json");
let chain: TestChain;

beforeAll(async () => {
  process.env["QUORATE_NETWORKS"] = directory;
  chain = await startAnvil();
});
afterAll(async () => {
  delete process.env["QUORATE_NETWORKS"];
  await chain?.stop();
  rmSync(directory, { recursive: true });
});

function as(who: HDNodeWallet): string[] {
  const path = join(directory, `${who.address}.key`);
  writeFileSync(path, who.privateKey, { mode: 0o600 });
  return ["--account-key-file", path, "--yes", "--json"];
}

const network = (...args: string[]) => command("network", ...args);

describe("quorate network", () => {
  it("deploys, reads back, and has a network's file that every other command takes", async () => {
    const parameters = join(directory, "parameters.json");
    const local = { kind: "local", chainId: "31337", parameters: { stakingRequirementAtomic: "100000000000" } };
    writeFileSync(parameters, JSON.stringify(local));
    const args = ["deploy", "--rpc", chain.url, "--parameters", parameters];
    await expect(network(...args, ...as(founder))).rejects.toMatchObject({ code: "FLAG_INVALID" });
    const { stdout, stderr } = await network(...args, "--record", record, "--save-as", "own", ...as(founder));
    const deployed = JSON.parse(stdout);
    expect(deployed).toMatchObject({ chainId: "31337", network: join(directory, "own.json") });
    expect(stderr).toMatch(/It costs at most [\d.]+ ether \(26000000 gas\)/);
    expect(stderr).toContain("all as meant");
    const shown = (await network("show", "own", "--json")).json();
    expect(shown).toMatchObject({
      contracts: { rewards: deployed.rewards.toLowerCase() },
      rpc: [new URL(chain.url).href],
    });
    const { stdout: names } = await network("list");
    expect(names).toMatch(/^mainnet +chain 42161 +not deployed yet$/m);
    expect(names).toMatch(/^own +chain 31337 +0x[0-9a-f]{40}$/m);
    expect(names).toMatch(/^parameters +name: /m);
    const checked = (await network("verify-deployment", "--rpc", chain.url, "--record", record, "--json")).json();
    expect((checked["checks"] as { ok: boolean }[]).every(({ ok }) => ok)).toBe(true);
  });

  it("P-30: operators prove possession, the founder seeds and starts; another deployment's proof is refused", async () => {
    const files: string[] = [];
    for (const name of ["one", "two"]) {
      const home = join(directory, name);
      await command("init", "--directory", home, "--network", "own", "--devnet", "--yes");
      const out = join(directory, `${name}.json`);
      await network("possession", "--config", join(home, "agent.yaml"), "--operator", next.address, "--out", out);
      files.push(out);
    }
    const foreign = join(directory, "foreign.possession");
    writeFileSync(foreign, JSON.stringify({ ...JSON.parse(readFileSync(files[0] as string, "utf8")), chainId: "1" }));
    const at = ["--network", "own", ...as(founder)];
    await expect(network("seed", "--possession", foreign, ...at)).rejects.toMatchObject({
      code: "POSSESSION_FILE_INVALID",
      values: { problems: ["it is for another deployment"] },
    });
    const early = network("start", ...at);
    await expect(early).rejects.toMatchObject({ code: "TRANSACTION_REVERTED" });
    expect((await network("seed", "--possession", ...files, ...at)).json()).toMatchObject({ nodes: 2, genesis: 0 });
    const started = await network("start", ...at);
    expect(started.stderr).toContain("The network starts, with 200 SESH of principal. 200 SESH are paid in first.");
    expect(started.json()["genesis"]).toBeGreaterThan(0);
  });

  it("is handed over, and the new owner accepts and upgrades", async () => {
    const at = ["--network", "own"];
    await expect(network("hand-over", ...at, ...as(founder))).rejects.toMatchObject({ code: "FLAG_INVALID" });
    await network("hand-over", "--to", next.address, ...at, ...as(founder));
    const taken = (await network("hand-over", "--accept", ...at, ...as(next))).json();
    expect(taken).toMatchObject({ owner: next.address.toLowerCase() });
    const args = ["upgrade", "--rpc", chain.url, "--record", record, "--what", "pool"];
    const done = await network(...args, "--next", join(directory, "next.json"), ...as(next));
    expect(done.json()).toMatchObject({ operation: null, left: null });
  });

  it("source-input is the compiler's own input, which names the contract's source", async () => {
    const out = join(directory, "input.json");
    const told = (await network("source-input", "--of", "ServiceNodeRewards", "--out", out, "--json")).json();
    const [source = ""] = (told["contract"] as string).split(":");
    expect(told["compiler"]).toMatch(/^v0\.8\.\d+\+commit\.[0-9a-f]{8}$/);
    expect(Object.keys(JSON.parse(readFileSync(out, "utf8")).sources)).toContain(source);
  });
});
