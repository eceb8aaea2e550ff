import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseProofFile, type QuorateError } from "@quorate/common";
import { exitStatusOf } from "@quorate/common/command-line";
import { afterAll, describe, expect, it } from "vitest";
import {
  ACCOUNT,
  ALICE,
  BOB,
  COLLECTING,
  PROOF,
  READY,
  serve,
  stopServers,
  testAgent,
} from "../../test/support/httpServer.ts";
import { quorate } from "../../test/support/quorate.ts";
import { createProgram, usageOf } from "./program.ts";

const directory = mkdtempSync(join(tmpdir(), "quorate-cli-"));
afterAll(async () => {
  await stopServers();
  rmSync(directory, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const AT = ["--rpc", "http://127.0.0.1:9", "--contract", `0x${"11".repeat(20)}`];
const WRONG_USAGE = [
  ["sign"],
  ["claim"],
  ["claim", "--agent", "http://127.0.0.1:9", "--recipient", ALICE, "--rpc", "http://127.0.0.1:9"],
  ["verify", "--bundle", "x"],
  ["verify", ...AT],
  ["verify", "--bundle", "x", "--proof", "y", ...AT],
  ["run", "--bogus"],
  ["keys", "generate", "--bogus"],
  ["keys"],
  ["ledger", "explain", ALICE, "--agent", "ftp://127.0.0.1"],
  ["ledger", "diff", "nowhere"],
  ["ledger", "recompute", "--rpc", "nowhere"],
  ["claim", "--agent", "127.0.0.1:8900", "--recipient", ALICE],
  ["claim", "--agent", "http://127.0.0.1:9", "--recipient", ALICE, "--epoch", "-1"],
  ["register", "--config", "x", "--account-key-file", "y", "--resume", "0x12"],
  ["register", "--config", "x", "--account-key-file", "y", "--fee-bps", "10001"],
  ["status", "--agent", "127.0.0.1:8900"],
  ["verify", "--bundle", "x", "--rpc", "127.0.0.1:8545", "--contract", `0x${"11".repeat(20)}`],
  ["register", "--config", "x", "--account-key-file", "y", "--wait", "soon"],
];

describe("quorate", () => {
  it("--help names every command and ends with 0", async () => {
    const { code, stdout } = await quorate("--help");
    expect(code).toBe(0);
    for (const command of ["keys", "register", "run", "status", "claim", "verify", "ledger"])
      expect(stdout).toContain(`  ${command} `);
  });

  it("error: wrong usage is coded, on every command (P-106)", async () => {
    for (const args of WRONG_USAGE) {
      const error = await createProgram()
        .parseAsync(args, { from: "user" })
        .catch((thrown: unknown) => thrown);
      const code = usageOf(error)?.help === false ? "FLAG_INVALID" : (error as QuorateError).code;
      expect([args, code]).toEqual([args, "FLAG_INVALID"]);
    }
  });

  it("error: wrong usage ends with 2, and no stack", async () => {
    for (const args of [WRONG_USAGE[0] ?? [], WRONG_USAGE.at(-1) ?? []]) {
      const { code, stderr, stdout } = await quorate(...args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^FLAG_INVALID: .*\n {2}(?:error|flag): .*\n(?: {2}.*\n)+$/);
    }
  });

  it("keys generate prints public parts only, and never overwrites", async () => {
    const passwordFile = file("password", "devnet\n");
    const out = join(directory, "keys");
    const made = await quorate("keys", "generate", "--out", out, "--password-file", passwordFile, "--devnet");
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/BLS key +0x[0-9a-f]{192}\nidentity key +0x[0-9a-f]{64}\npeer id +12D3Koo/);
    const again = await quorate("keys", "generate", "--out", out, "--password-file", passwordFile, "--devnet");
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/^KEYS_EXIST: /m);
  });

  it("error: each with its code, the values and what to do", async () => {
    const cases: [string, string[]][] = [
      ["CONFIG_UNREADABLE", ["run", "--config", join(directory, "nowhere.yaml")]],
      ["CONFIG_INVALID", ["run", "--config", file("empty.yaml", "")]],
      [
        "BUNDLE_MALFORMED",
        [
          "verify",
          "--bundle",
          file("bundle.json", "{}"),
          "--rpc",
          "http://127.0.0.1:9",
          "--contract",
          `0x${"11".repeat(20)}`,
        ],
      ],
      ["ADDRESS_MALFORMED", ["claim", "--agent", "http://127.0.0.1:9", "--recipient", "me"]],
      ["AGENT_UNREACHABLE", ["status", "--agent", "http://127.0.0.1:9"]],
      [
        "FLAG_INVALID",
        ["claim", "--agent", "http://127.0.0.1:9", "--recipient", `0x${"11".repeat(20)}`, "--epoch", "last"],
      ],
    ];
    for (const [expected, args] of cases) {
      const error = await createProgram()
        .parseAsync(args, { from: "user" })
        .catch((thrown: unknown) => thrown as QuorateError);
      expect(error).toMatchObject({ code: expected, message: expect.stringContaining("what to do: ") });
      const status = { ADDRESS_MALFORMED: 2, FLAG_INVALID: 2, AGENT_UNREACHABLE: 5 }[expected] ?? 1;
      expect([expected, exitStatusOf(error as QuorateError)]).toEqual([expected, status]);
    }
  });

  it("claim and status say of each node why it has not signed, with both amounts where they differ (P-89)", async () => {
    const agent = testAgent();
    agent.stored = { ...COLLECTING, status: "failed" };
    agent.unsigned = [agent.stored];
    const url = await serve(agent);
    const status = await quorate("status", "--agent", url);
    const claim = await quorate("claim", "--agent", url, "--recipient", ALICE, "--epoch", "3");
    expect([status.code, claim.code, claim.stderr.includes("QUORUM_NOT_REACHED")]).toEqual([0, 3, true]);
    for (const text of [status.stdout, claim.stderr.split("QUORUM_NOT_REACHED")[0]]) {
      expect(text).toMatch(/node 3: .*\(EPOCH_NOT_CLOSED, 3 epochs closed\)/);
      expect(text).toMatch(/node 2: signed 0\.000000007 SESH, this agent's ledger says 1,152,921,504\.606846977 SESH/);
    }
    expect(status.stdout).toContain(`claim of ${ALICE}, epoch 3: failed, 33.33% signed, missing 2, 3`);
  });

  it("claim gives a proof with its calldata where there is one, and writes what `verify --proof` reads (P-41)", async () => {
    const agent = testAgent();
    const url = await serve(agent);
    const out = join(directory, "proof.json");
    const { code, stdout, stderr } = await quorate("claim", "--agent", url, "--recipient", ALICE, "--out", out);
    expect([code, stderr, agent.asked]).toEqual([0, "", []]);
    expect(stdout).toContain("held against     nothing but itself");
    const { domain, ...content } = parseProofFile(readFileSync(out, "utf8"));
    const { distributor, ...proof } = PROOF;
    expect(content).toEqual({ ...proof, to: distributor });
    expect(domain).toEqual({ chainId: 31_337n, verifyingContract: agent.api.network.contract });
    const verified = await quorate("verify", "--proof", out, ...AT);
    expect(verified.stderr).toMatch(/^CHAIN_PROVIDER_FAILED/);
  });

  it("claim asks for signatures where there is no proof, and with --signed or --epoch; it says which", async () => {
    const agent = testAgent();
    agent.stored = READY;
    agent.reply = { ok: true, claim: READY };
    const url = await serve(agent);
    const claim = (...more: string[]) => quorate("claim", "--agent", url, "--recipient", ALICE, ...more);
    for (const flags of [["--signed"], ["--epoch", "3"]]) {
      const { stdout } = await claim(...flags);
      expect(JSON.parse(stdout)).toEqual(READY.bundle);
    }
    agent.proof = null;
    const { stdout, stderr } = await claim();
    expect(JSON.parse(stdout)).toEqual(READY.bundle);
    expect(stderr).toMatch(/^no proof: .*; asking for signatures/);
  });

  it("error: PROOF_INVALID for an agent's proof of something else, and nothing is written", async () => {
    const agent = testAgent();
    agent.proof = { ...PROOF, amount: PROOF.amount + 1n };
    const { code, stdout, stderr } = await quorate("claim", "--agent", await serve(agent), "--recipient", ALICE);
    expect([code, stdout, stderr]).toEqual([1, "", expect.stringMatching(/^PROOF_INVALID: /m)]);
  });

  it("claim --out checks the path before anybody signs, and keeps a file that is there (P-106)", async () => {
    const agent = testAgent();
    agent.stored = READY;
    agent.reply = { ok: true, claim: READY };
    const url = await serve(agent);
    const claim = (...more: string[]) =>
      quorate("claim", "--signed", "--agent", url, "--recipient", ALICE, "--out", ...more);
    const missing = await claim(join(directory, "missing", "b.json"));
    expect([missing.code, missing.stderr.split(":")[0], agent.asked]).toEqual([1, "OUTPUT_FILE_UNWRITABLE", []]);
    const old = file("old.json", "old");
    expect(await claim(old)).toMatchObject({ code: 1, stderr: expect.stringMatching(/^OUTPUT_FILE_EXISTS/) });
    expect([readFileSync(old, "utf8"), agent.asked]).toEqual(["old", []]);
    expect(await claim(old, "--force")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`bundle           ${old}`),
    });
    expect(JSON.parse(readFileSync(old, "utf8"))).toEqual(READY.bundle);
    const full = await claim("/dev/full");
    expect([full.code, JSON.parse(full.stdout)]).toEqual([1, READY.bundle]);
  });

  it("verify against a silent port ends, and says which provider was silent (P-106)", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const out = join(directory, "silent.json");
    await quorate("claim", "--agent", await serve(), "--recipient", ALICE, "--out", out);
    const at = ["--rpc", `http://127.0.0.1:${port}`, "--contract", `0x${"bb".repeat(20)}`];
    const { code, stderr } = await quorate("verify", "--proof", out, ...at);
    silent.close();
    expect([code, stderr]).toEqual([
      5,
      expect.stringMatching(/^CHAIN_PROVIDER_FAILED: .*\n {2}provider: 127\.0\.0\.1/),
    ]);
    expect(stderr).toContain("no whole answer within 10000 ms");
  });

  it("status shows reports, the own node's uptime and silence, and what is in the account's way (P-59, P-110)", async () => {
    const agent = testAgent();
    const url = await serve(agent);
    const quiet = (await quorate("status", "--agent", url)).stdout;
    expect(quiet).toMatch(/^reports +3 accepted; the root of epoch 2 is payable$/m);
    expect(quiet).toMatch(/^uptime +●●○ 1 of 3 epochs missed$/m);
    expect(quiet).toMatch(/^account +none: this agent submits nothing$/m);
    expect(quiet).not.toMatch(/^silent/m);

    agent.submitter = ACCOUNT;
    agent.silentReports = 24;
    const { stdout } = await quorate("status", "--agent", url);
    expect(stdout).toMatch(/^silent +not heard for 24 reports/m);
    expect(stdout).toMatch(/^account +0xb{40}, 0\.25 ether$/m);
    expect(stdout).toMatch(/^sending +report:3 \(0x(0f){32}, nonce 5\); 0 queued, 1 not final yet$/m);
    expect(stdout).toMatch(/^in the way +SUBMIT_NO_FUNDS \(account\): balance 1, needed 2$/m);
  });

  it("status shows how far the network is from a claim, and why the agent is not ready (P-126)", async () => {
    const agent = testAgent();
    const url = await serve(agent);
    const enough = (await quorate("status", "--agent", url)).stdout;
    expect(enough).toMatch(/^stake in reach +100\.00% of the active stake \(a claim needs 95\.00%\), .*: enough$/m);
    expect(enough).not.toMatch(/^out of reach/m);

    agent.reach = { activeBps: 8_333, floorBps: 8_333, suffices: false, missing: [6, 9] };
    agent.reasons = ["STAKE_OUT_OF_REACH (nodes): too little"];
    const { stdout } = await quorate("status", "--agent", url);
    expect(stdout).toMatch(/^ready +no: STAKE_OUT_OF_REACH \(nodes\): too little$/m);
    expect(stdout).toMatch(/^stake in reach +83\.33% of .*, 83\.33% with the decommissioned \(75\.00%\): not enough$/m);
    expect(stdout).toMatch(/^out of reach +nodes 6, 9$/m);
  });

  it("status shows a node that leaves, one that has exited, and one that is another's", async () => {
    const agent = testAgent();
    const url = await serve(agent);
    const own = { nodeId: 7, state: "active", operator: BOB, unlocksAt: 1_800_000_000, foreign: [] } as const;
    agent.ownNode = own;
    const leaving = (await quorate("status", "--agent", url)).stdout;
    expect(leaving).toMatch(/^node +7 \(active, leaving\)$/m);
    expect(leaving).toMatch(/^may be exited +from 2027-01-15T08:00:00\.000Z on$/m);

    agent.ownNode = { ...own, state: "exited" };
    const exited = (await quorate("status", "--agent", url)).stdout;
    expect(exited).toMatch(/^node +7 \(exited\)$/m);
    expect(exited).toMatch(/^principal +from 2027-01-15T08:00:00\.000Z on$/m);

    agent.ownNode = { ...own, unlocksAt: null, foreign: ["NODE_FOREIGN_IDENTITY", "NODE_FOREIGN_OPERATOR"] };
    const foreign = (await quorate("status", "--agent", url)).stdout;
    expect(foreign).toMatch(/^operator +0xb{40}: another account than keys\.operator$/m);
    expect(foreign).toMatch(/^identity +registered with another identity key/m);

    agent.ownNode = null;
    expect((await quorate("status", "--agent", url)).stdout).toMatch(/^node +1 \(active\)$/m);
  });

  it("error: a run that fails after its network is up ends all the same: a taken HTTP port", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const keys = join(directory, "run-keys");
    const passwordFile = file("run-password", "devnet\n");
    await quorate("keys", "generate", "--out", keys, "--password-file", passwordFile, "--devnet");
    const config = {
      chain: {
        providers: ["http://127.0.0.1:9"],
        chainId: 1,
        rewards: `0x${"11".repeat(20)}`,
        pool: `0x${"22".repeat(20)}`,
      },
      p2p: { listen: ["/ip4/127.0.0.1/tcp/0"] },
      http: { port: (taken.address() as AddressInfo).port },
      keys: { directory: keys, passwordFile },
      store: { path: join(directory, "run.sqlite") },
      log: { level: "error" },
    };
    const { code, stderr } = await quorate("run", "--config", file("run.yaml", JSON.stringify(config)));
    taken.close();
    expect([code, stderr.split(":")[0]]).toEqual([1, "HTTP_LISTEN_FAILED"]);
  });
});
