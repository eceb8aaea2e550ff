import type { NodeId } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { NOTHING_RESTORED, publishedShares, TestAgent } from "../../../test/support/cluster.ts";
import { LedgerDisk } from "../../../test/support/ledgerDisk.ts";
import { ALL, boot, node } from "../../../test/support/twenty.ts";

/** The epochs of the reports that an agent published, in order. */
function reported(agent: TestAgent): number[] {
  return publishedShares(agent.effects).flatMap(({ kind, epoch }) => (kind === "EpochReport" ? [epoch] : []));
}

/** Node `id` with three closed epochs on its disk, started again. */
async function restarted(id: NodeId): Promise<TestAgent> {
  const disk = new LedgerDisk();
  for (const record of (await boot(id)).records) if (record.type === "ledger") disk.write(record);
  const agent = new TestAgent(node(id), { ...NOTHING_RESTORED, ledger: disk.load() }, { trees: true });
  await agent.feed({ type: "started" });
  await agent.feed({ type: "chain-health", health: { healthy: true } });
  return agent;
}

describe("the report of an epoch", () => {
  it("P-75: is signed unasked, for the last two closed epochs of a ledger that was just read", async () => {
    expect(reported(await boot(1))).toEqual([]);
    const agent = await new TestAgent(node(1), NOTHING_RESTORED, { trees: true }).boot(ALL, 3);
    expect(reported(agent)).toEqual([1, 2]);
  });

  it("P-75: and of the last two after a restart, when it died before it had signed either", async () => {
    expect(reported(await restarted(1))).toEqual([1, 2]);
  });
});
