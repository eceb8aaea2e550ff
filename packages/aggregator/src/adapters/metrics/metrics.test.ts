import { describe, expect, it } from "vitest";
import { ACCOUNT, testAgent } from "../../../test/support/httpServer.ts";
import { createMetrics, type MeasuredStatus, renderMetricsTable } from "./metrics.ts";

async function valuesOf(change: Partial<MeasuredStatus>): Promise<Record<string, string>> {
  const status = { ...testAgent().api.status(), ...change };
  const text = await createMetrics(() => status).metrics();
  return Object.fromEntries([...text.matchAll(/^(quorate_\S+) (\S+)$/gm)].map(([, name, value]) => [name, value]));
}

describe("counters and levels", () => {
  it("what is counted since the start is a counter, never falls and ends in _total; nothing else does", async () => {
    let status: MeasuredStatus = { ...testAgent().api.status(), sharesAccepted: 5, acceptedReports: 9 };
    const page = createMetrics(() => status);
    const typesOf = (text: string) =>
      [...text.matchAll(/^# TYPE (quorate_\S+) (\S+)$/gm)].map(([, name = "", type]) => ({ name, type }));
    const types = typesOf(await page.metrics());
    expect(types.length).toBeGreaterThan(20);
    expect(types.filter(({ name, type }) => name.endsWith("_total") !== (type === "counter"))).toEqual([]);
    status = { ...status, sharesAccepted: 3, acceptedReports: 8 };
    const text = await page.metrics();
    expect(text).toContain("\nquorate_shares_accepted_total 5\n");
    expect(text).toContain("\nquorate_accepted_reports 8\n");
    status = { ...status, sharesAccepted: 7 };
    expect(await page.metrics()).toContain("\nquorate_shares_accepted_total 7\n");
  });

  it("one page takes one look at the agent", async () => {
    let looks = 0;
    const page = createMetrics(() => {
      looks += 1;
      return testAgent().api.status();
    });
    await page.metrics();
    expect(looks).toBe(1);
  });

  it("every metric has its row in docs/metrics.md, with its type", async () => {
    const text = await createMetrics(() => testAgent().api.status()).metrics();
    const rows = renderMetricsTable();
    const types = [...text.matchAll(/^# TYPE (quorate_\S+) (\S+)$/gm)];
    expect(types.filter(([, name, type]) => !rows.includes(`\`${name}`) || !rows.includes(`| ${type} |`))).toEqual([]);
  });
});

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
      quorate_submitter_reorganised_total: "1",
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
