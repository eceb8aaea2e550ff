import { decodeGossip, type NodeId } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { NOTHING_RESTORED, published, TestAgent } from "../../../test/support/cluster.ts";
import { LedgerDisk } from "../../../test/support/ledgerDisk.ts";
import { boot, node } from "../../../test/support/twenty.ts";
import type { Effect } from "../io.ts";

/** Answers every tree the agent wants built. */
async function buildTrees(agent: TestAgent, effects: readonly Effect[]): Promise<void> {
  const build = effects.find((effect) => effect.type === "build-tree");
  if (build?.type !== "build-tree") return;
  const root = `0x${String(build.epoch + 10).repeat(32)}` as const;
  await buildTrees(agent, await agent.feed({ type: "tree-built", epoch: build.epoch, root }));
}

/** The epochs of the reports that an agent published, in order. */
function reported(agent: TestAgent): number[] {
  const shares = published(agent.effects).map(decodeGossip);
  return shares.flatMap((it) => (it.type === "share" && it.share.kind === "EpochReport" ? [it.share.epoch] : []));
}

/** Node `id` with three closed epochs on its disk, started again. */
async function restarted(id: NodeId): Promise<TestAgent> {
  const disk = new LedgerDisk();
  for (const record of (await boot(id)).records) if (record.type === "ledger") disk.write(record);
  const agent = new TestAgent(node(id), { ...NOTHING_RESTORED, ledger: disk.load() });
  const started = await agent.feed({ type: "started" });
  await agent.feed({ type: "chain-health", health: { healthy: true } });
  await buildTrees(agent, started);
  return agent;
}

describe("the report of an epoch", () => {
  it("P-75: is signed unasked, for the last two closed epochs of a ledger that was just read", async () => {
    const agent = await boot(1);
    expect(reported(agent)).toEqual([]);
    await buildTrees(agent, agent.effects);
    expect(reported(agent)).toEqual([1, 2]);
  });

  it("P-75: and of the last two after a restart, when it died before it had signed either", async () => {
    expect(reported(await restarted(1))).toEqual([1, 2]);
  });
});
