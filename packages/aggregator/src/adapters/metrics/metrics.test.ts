import { describe, expect, it } from "vitest";
import { ACCOUNT, testAgent } from "../../../test/support/httpServer.ts";
import { createMetrics, type MeasuredStatus } from "./metrics.ts";

async function valuesOf(change: Partial<MeasuredStatus>): Promise<Record<string, string>> {
  const status = { ...testAgent().api.status(), ...change };
  const text = await createMetrics(() => status).metrics();
  return Object.fromEntries([...text.matchAll(/^(quorate_\S+) (\S+)$/gm)].map(([, name, value]) => [name, value]));
}

describe("metrics of reports", () => {
  it("tell what stands on chain, how the node was judged, and what its account does (P-59, P-110)", async () => {
    const values = await valuesOf({
      acceptedReports: 7,
      payableEpoch: 0,
      uptime: "UPMMP",
      silentReports: 3,
      submitter: { ...ACCOUNT, queued: 2, reorganised: 1 },
    });
    expect(values).toMatchObject({
      quorate_accepted_reports: "7",
      quorate_payable_epoch: "0",
      quorate_missed_epochs: "2",
      quorate_silent_reports: "3",
      quorate_submitter: "1",
      quorate_submitter_balance_ether: "0.25",
      quorate_submitter_queued: "2",
      quorate_submitter_in_the_way: "1",
      quorate_submitter_reorganised: "1",
    });
  });

  it("of an agent without account, report and verdict raise no alarm", async () => {
    expect(await valuesOf({ payableEpoch: null, uptime: "", silentReports: null, submitter: null })).toMatchObject({
      quorate_payable_epoch: "-1",
      quorate_missed_epochs: "0",
      quorate_silent_reports: "0",
      quorate_submitter: "0",
      quorate_submitter_balance_ether: "Nan",
      quorate_submitter_queued: "0",
      quorate_submitter_in_the_way: "0",
    });
  });
});
