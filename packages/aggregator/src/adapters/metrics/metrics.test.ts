import { Durations } from "@quorate/common";
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

describe("metrics of the own node and of what is in reach", () => {
  it("tell that it leaves and when, has exited, or is another's, and how much stake is in reach (P-126)", async () => {
    const operator = `0x${"0b".repeat(20)}` as const;
    const ownNode = {
      nodeId: 1,
      state: "exited",
      operator,
      unlocksAt: 1_800_000_000,
      foreign: ["NODE_FOREIGN_OPERATOR"],
    } as const;
    const reach = { activeBps: 9_000, floorBps: 8_000, suffices: false, missing: [2] };
    expect(await valuesOf({ ownNode, reach, ready: false })).toMatchObject({
      quorate_ready: "0",
      quorate_node_leaving: "1",
      quorate_node_unlock_timestamp_seconds: "1800000000",
      quorate_node_exited: "1",
      quorate_node_foreign: "1",
      quorate_reachable_active_bps: "9000",
      quorate_reachable_floor_bps: "8000",
    });
    expect(await valuesOf({ ready: true, ownNode: null })).toMatchObject({
      quorate_ready: "1",
      quorate_node_leaving: "0",
      quorate_node_exited: "0",
      quorate_node_foreign: "0",
    });
  });

  it("tell of each listener what it holds and cut, and how many claims wait (P-125)", async () => {
    const dropped = { room: 3, refused: 0, unread: 2, pipelined: 0, lingering: 0 };
    const main = { connections: 5, dropped, answers: { "2xx": 7, "4xx": 1, "5xx": 0 } };
    const values = await valuesOf({
      http: { listeners: { main, health: { ...main, connections: 1 } }, claimsWaiting: 4, claimsAtOnce: 8 },
    });
    expect(values).toMatchObject({
      'quorate_http_connections{listener="main"}': "5",
      'quorate_http_connections{listener="health"}': "1",
      'quorate_http_dropped_total{listener="main",reason="unread"}': "2",
      'quorate_http_answers_total{listener="main",status="2xx"}': "7",
      quorate_claims_waiting: "4",
    });
  });
});

describe("the page as Prometheus reads it", () => {
  /** Of the text format 0.0.4; what `promtool check metrics` would refuse. */
  const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\S+)$/;

  it("has help and type before every sample, each series once, and a number for each", async () => {
    const text = await createMetrics(() => ({ ...testAgent().api.status(), submitter: ACCOUNT })).metrics();
    expect(text.endsWith("\n")).toBe(true);
    const typed = new Map<string, string>();
    const series = new Set<string>();
    const wrong: string[] = [];
    for (const line of text.split("\n").filter((one) => one !== "")) {
      const [, kind = "", name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
      if (kind === "TYPE") typed.set(name, rest);
      if (kind !== "") continue;
      const [, of = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
      const base = of.replace(/_(bucket|sum|count)$/, "");
      const isNumber = /^(nan|[+-]?inf)$/i.test(value) || (value !== "" && Number.isFinite(Number(value)));
      if (!(typed.has(of) || typed.get(base) === "histogram") || !isNumber || series.has(of + labels)) wrong.push(line);
      series.add(of + labels);
    }
    expect(wrong).toEqual([]);
    expect(series.size).toBeGreaterThan(60);
  });
});

describe("metrics of claims, of the own node's presence and of the machine", () => {
  const durations = (...seconds: number[]) => {
    const counted = new Durations([0.5, 2]);
    for (const one of seconds) counted.add(one * 1_000);
    return counted.view();
  };

  it("tell how claims ended, and how long quorum, checks and turns took (P-86, P-125)", async () => {
    const observed = {
      codes: { CLAIM_READY: 3 },
      claims: { ready: 3, failed: 2, refused: 1 },
      quorum: durations(0.25, 1, 9),
      verify: durations(0.5),
    };
    const http = { listeners: {}, claimsWaiting: 0, claimsAtOnce: 8, claimWaits: durations() };
    expect(await valuesOf({ observed, http })).toMatchObject({
      'quorate_claims_total{outcome="ready"}': "3",
      'quorate_claims_total{outcome="failed"}': "2",
      'quorate_claims_total{outcome="refused"}': "1",
      'quorate_claim_quorum_seconds_bucket{le="0.5"}': "1",
      'quorate_claim_quorum_seconds_bucket{le="2"}': "2",
      'quorate_claim_quorum_seconds_bucket{le="+Inf"}': "3",
      quorate_claim_quorum_seconds_sum: "10.25",
      quorate_claim_quorum_seconds_count: "3",
      'quorate_verify_seconds_bucket{le="0.5"}': "1",
      quorate_claim_wait_seconds_count: "0",
      'quorate_events_total{code="CLAIM_READY"}': "3",
    });
  });

  it("tell version, state, presence, and what is left of the disk (P-60)", async () => {
    const ownNode = { nodeId: 1, state: "decommissioned", operator: `0x${"0b".repeat(20)}`, unlocksAt: null } as const;
    const values = await valuesOf({
      version: "1.2.3",
      ownNode: { ...ownNode, foreign: [] },
      uptime: "UPMPPMM",
      storeSpace: { bytes: 4_096, freeBytes: 7 },
    });
    expect(values).toMatchObject({
      [`quorate_build_info{version="1.2.3",node="${process.versions.node}"}`]: "1",
      'quorate_node_state{state="decommissioned"}': "1",
      'quorate_node_state{state="active"}': "0",
      quorate_present_epochs: "3",
      quorate_missed_epochs: "3",
      quorate_missed_in_a_row: "2",
      quorate_store_bytes: "4096",
      quorate_store_free_bytes: "7",
    });
    const unseen = await valuesOf({ uptime: "MMP" });
    expect(unseen).toMatchObject({ quorate_store_bytes: "Nan", quorate_missed_in_a_row: "0" });
  });
});
