/**
 * The traps of docs/traps.md: every row names tests, and they exist under these names; and the tests of traps that have
 * no better place.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeGossip, encodeGossip } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { copyId, messageId } from "../../packages/aggregator/src/adapters/libp2p/gossip.ts";
import { scoreParams } from "../../packages/aggregator/src/adapters/libp2p/scoring.ts";
import { openStore } from "../../packages/aggregator/src/adapters/sqlite/store.ts";
import { makeShare } from "../../packages/aggregator/test/support/cluster.ts";
import { DEPLOYMENT } from "../../packages/aggregator/test/support/storeCases.ts";
import { boot, node, owedToStaker, STAKER } from "../../packages/aggregator/test/support/twenty.ts";
import { REPOSITORY } from "../harness/child.ts";

const rows = readFileSync(join(REPOSITORY, "docs/traps.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| trap "))
  .map((line) => line.slice(2, -2).split(" | "))
  .map(([trap = "", , tests = ""]) => ({ trap, tests: tests.split("<br>") }));

describe("docs/traps.md", () => {
  it("is there", () => expect(rows.length).toBeGreaterThan(30));

  it.each(rows)("trap: $trap", ({ tests }) => {
    for (const test of tests) {
      const [, path = "", name = ""] = /^`([^`]+)`: (.+)$/.exec(test) ?? [];
      expect(existsSync(join(REPOSITORY, path)), `no file for "${test}"`).toBe(true);
      expect(readFileSync(join(REPOSITORY, path), "utf8"), `no test "${name}" in ${path}`).toContain(name);
    }
  });
});

describe("traps of gossip", () => {
  it("trap: a message id binds the signature: a fake does not make the honest share look seen", async () => {
    const amount = await owedToStaker();
    const honest = makeShare(node(2), { recipient: STAKER, epoch: 2, amount });
    const fake = makeShare(node(2), { recipient: STAKER, epoch: 2, amount, secret: node(3).blsSecret });
    const [honestBytes, fakeBytes] = [honest, fake].map((share) => encodeGossip({ type: "shares", shares: [share] }));
    if (honestBytes === undefined || fakeBytes === undefined) throw new Error("two shares");
    expect(messageId(fakeBytes)).not.toEqual(messageId(honestBytes));
    expect(copyId(fakeBytes)).not.toBe(copyId(honestBytes));
    // Each byte of the signature counts.
    for (let i = 0; i < honest.signature.length; i++) {
      const signature = Uint8Array.from(honest.signature);
      signature[i] = (signature[i] as number) ^ 1;
      const changed = encodeGossip({ type: "shares", shares: [{ ...honest, signature }] });
      expect(messageId(changed)).not.toEqual(messageId(honestBytes));
      expect(copyId(changed)).not.toBe(copyId(honestBytes));
    }
    // And one content has one encoding, so that nobody else can give the honest share a second id.
    expect(encodeGossip(decodeGossip(honestBytes))).toEqual(honestBytes);

    const agent = await boot(1);
    expect(await agent.gossip(fakeBytes)).toMatchObject({ verdict: "reject" });
    expect(await agent.gossip(honestBytes)).toMatchObject({ verdict: "accept" });
  });

  it("trap: neither silence nor slowness nor a shared host costs a score", () => {
    const { topics, IPColocationFactorWeight, appSpecificScore } = scoreParams("claims", () => 0);
    expect(IPColocationFactorWeight).toBe(0);
    expect(appSpecificScore("anyone")).toBeCloseTo(0);
    for (const topic of Object.values(topics)) {
      // P3 and P3b: what a peer did not deliver, or delivered late.
      expect([topic.meshMessageDeliveriesWeight, topic.meshFailurePenaltyWeight]).toEqual([0, 0]);
      // P4, what was rejected, is the one part that is negative: an honest peer forwards nothing that is (P-83).
      expect(topic.invalidMessageDeliveriesWeight).toBeLessThan(0);
      expect(topic.timeInMeshWeight).toBeGreaterThanOrEqual(0);
      expect(topic.firstMessageDeliveriesWeight).toBeGreaterThanOrEqual(0);
    }
  });
});

describe("traps of the store", () => {
  it("trap: amounts above 64 bits come back from the store", () => {
    const directory = mkdtempSync(join(tmpdir(), "quorate-traps-"));
    const path = join(directory, "agent.sqlite");
    const signing = {
      id: { kind: "RewardClaim", epoch: 1, subject: STAKER },
      digest: `0x${"0d".repeat(32)}`,
      signed: { kind: "RewardClaim", message: { recipient: STAKER, amount: 2n ** 128n - 1n } },
    } as const;
    try {
      const store = openStore(path, DEPLOYMENT);
      store.persist([{ type: "signing", ...signing }]);
      store.close();
      const again = openStore(path, DEPLOYMENT);
      expect(again.load().signings).toEqual([signing]);
      again.close();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
