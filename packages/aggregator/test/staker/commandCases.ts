/** Stakers' commands, and the example of the client's README, which is a process of its own. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { send } from "@quorate/contracts/testing";
import { describe, expect, it } from "vitest";
import { command } from "../support/command.ts";
import { linesAnswer, serve } from "../support/httpServer.ts";
import { DEAD, ground } from "./ground.ts";
import { openPool } from "./pool.ts";
import { directory, keyOf, quorate } from "./quorateHere.ts";

const README = new URL("../../../client/README.md", import.meta.url);
const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));

describe("quorate", () => {
  it("claim --submit goes from nothing to tokens in one command and one transaction; balance and history tell", async () => {
    const { address, wallet } = await ground.newcomer();
    const agent = await ground.net.serve(address, { claim: await ground.net.signed(address, 1_500n) });
    const asking = ["--agent", DEAD, "--agent", agent];
    const before = await quorate("balance", address, ...asking);
    expect(before.stdout).toMatch(/^payable now +0\.0000015 SESH$/m);
    expect(before.stdout).toMatch(/^how +by signatures of the stake: `quorate claim --submit`, one transaction$/m);

    const claim = ["claim", ...asking, "--submit", "--account-key-file", keyOf(wallet)];
    const dry = await quorate(...claim, "--dry-run");
    expect(dry.stdout).toMatch(/^Pays 0\.0000015 SESH to 0x[0-9a-f]{40}, by a bundle .* of epoch 3, from http/m);
    expect(await ground.net.balanceOf(address)).toBe(0n);
    const paid = await quorate(...claim, "--yes", "--json");
    expect(paid.json()).toMatchObject({ paid: "1500", recipient: address, kind: "bundle", agent });
    expect(paid.stderr).toContain(`${DEAD} is no help (AGENT_UNREACHABLE`);
    expect(await ground.net.balanceOf(address)).toBe(1_500n);

    const after = (await quorate("balance", address, "--agent", agent, "--json")).json();
    expect(after).toMatchObject({ paid: "1500", payableNow: "0", how: "nothing" });
    const rows = (await quorate("history", address, "--payments", "--csv")).stdout.trimEnd().split("\r\n");
    expect(rows).toEqual([
      "type,time,epoch,amount,lifetime,nodes,transaction,block",
      expect.stringMatching(/^paid,20\d\d-[^,]+Z,,0\.0000015,0\.0000015,,0x[0-9a-f]{64},\d+$/),
    ]);
    await expect(quorate(...claim, "--yes")).rejects.toMatchObject({ code: "NOTHING_OWED" });
  });

  it("claim without --submit prints the file, and beside it where to send its calldata and the command that would", async () => {
    const { address } = await ground.newcomer();
    const agent = await ground.net.serve(address, { proof: await ground.net.record(address, 60n) });
    const { stdout, stderr } = await quorate("claim", "--recipient", address, "--agent", agent);
    const { calldata, kind } = JSON.parse(stdout);
    expect(kind).toBe("RewardsProof");
    expect(stderr).toMatch(new RegExp(`^send to +${await ground.net.contract.distributor()}$`, "m"));
    expect(stderr).toMatch(new RegExp(`^calldata +${calldata}$`, "m"));
    expect(stderr).toContain(`quorate claim --network own --agent ${agent}/ --submit --account-key-file <file>`);

    const path = join(directory, "proof.json");
    const shown = await quorate("claim", "--recipient", address, "--agent", agent, "--out", path);
    expect(shown.stdout).toMatch(/^pays now +0\.00000006 SESH$/m);
    expect((await quorate("verify", "--proof", path)).stdout).toMatch(/^proof +valid/m);
  });

  it("history shows what an agent's ledger says of each epoch, which must add up, and the payments (P-50)", async () => {
    const { address } = await ground.newcomer();
    const part = { activeSeconds: 60, nodeReward: 9n, fee: 0n, dust: 0n, bounty: 0n };
    const line = (epoch: number, node: number, share: bigint) => ({ ...part, epoch, node, share, amount: share });
    const agent = ground.net.agent(address, {});
    const lines = [line(0, 1, 10n), line(0, 2, 5n), line(1, 1, 20n)];
    agent.ledger = {
      ...agent.ledger,
      epochs: async () => ({ epochs: [], closedEpoch: 1 }),
      page: async (recipient) => linesAnswer({ recipient, from: 0, to: 1, before: 0n, after: 35n, lines, next: null }),
    };
    const url = await serve(agent);
    const { stdout } = await quorate("history", address, "--agent", url);
    expect(stdout).toMatch(/has earned 0\.000000035 SESH\.\n/);
    expect(stdout).toMatch(
      /^ +0 +20\S+Z +1 2 +0\.000000015 +0\.000000015\n +1 +20\S+Z +1 +0\.00000002 +0\.000000035$/m,
    );
    expect(stdout).toMatch(/^0 payments, 0 SESH in all\.$/m);
  });

  it("pools, contribute and withdraw --pool: shown before they are sent, in tokens", async () => {
    const [operator, contributor] = [await ground.newcomer(), await ground.newcomer()];
    const pool = await openPool(operator.wallet, 71);
    await send(ground.net.network.token, "transfer", contributor.address, 25n * 10n ** 9n);
    const shown = (await quorate("pools", "--account", contributor.address)).stdout;
    expect(shown).toContain(`${pool}  open\n  operator ${operator.address}, fee 10.00% of the node's reward`);
    expect(shown).toMatch(/25 SESH of 100 SESH paid in; you can pay [\d.]+ SESH to 75 SESH/);
    const by = ["--pool", pool, "--account-key-file", keyOf(contributor.wallet), "--yes", "--json"];
    const paid = await quorate("contribute", "--amount", "25", ...by);
    expect(paid.json()).toMatchObject({ pool, amount: "25000000000", total: "50000000000" });
    expect(paid.stderr).toContain("You can take it back from a day on");
    await expect(quorate("withdraw", ...by)).rejects.toMatchObject({ code: "CONTRIBUTION_NOT_NOW" });
    await ground.net.passTime(86_400);
    expect((await quorate("withdraw", ...by)).json()).toMatchObject({ pool, amount: "25000000000" });
  });

  it("error: --submit without a chain, and for another account than the recipient", async () => {
    const { address, wallet } = await ground.newcomer();
    const unheld = command("claim", "--agent", DEAD, "--recipient", address, "--submit");
    await expect(unheld).rejects.toMatchObject({ code: "FLAG_INVALID", values: { flag: "--submit" } });
    const other = ["--recipient", `0x${"12".repeat(20)}`, "--account-key-file", keyOf(wallet)];
    await expect(quorate("claim", "--agent", DEAD, "--submit", ...other)).rejects.toMatchObject({
      code: "SIGNER_NOT_RECIPIENT",
    });
  });
});

it("the example of the client's README pays", async () => {
  const { address, wallet } = await ground.newcomer();
  const agent = await ground.net.serve(address, { proof: await ground.net.record(address, 77n) });
  const code = /```js\n([\s\S]*?)```/.exec(readFileSync(README, "utf8"))?.[1] ?? "";
  expect(
    code
      .trimEnd()
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("import")),
  ).toHaveLength(8);
  const env = {
    ...process.env,
    AGENT: agent,
    RPC: ground.net.chain.url,
    REWARDS: ground.net.rewards,
    KEY: wallet.privateKey,
  };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], {
    cwd: PACKAGE,
    env,
  });
  expect(stdout).toMatch(/^proof: pays 77 atomic units in one transaction\npaid 77 by 0x[0-9a-f]{64}\n$/);
  expect(await ground.net.balanceOf(address)).toBe(77n);
});
