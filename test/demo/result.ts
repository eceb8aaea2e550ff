/**
 * What a run of the demo found. In: facts gathered on the way. Out: the JSON line (every key always there, `null` where
 * the run did not get that far; amounts as decimal strings) and the summary for people. Not its job: exit status and
 * streams.
 */
import { formatAmount } from "@quorate/common";
import { wrap } from "./wrap.ts";

export interface DemoResult {
  /** True only when the tokens have arrived, and with `--life` everything after that has happened. */
  readonly ok: boolean;
  readonly nodes: number;
  readonly offline: number;
  /** Stake that signed, in 1/10000 of the active stake, floored. */
  readonly signedStakeBps: number | null;
  readonly signers: readonly number[];
  /** Active nodes whose signature is not in the bundle. */
  readonly nonSigners: readonly number[];
  /** Active nodes without a signature when the quorum failed; empty when it was reached. */
  readonly missing: readonly number[];
  /** What is known of why they are missing, a line for each reason. */
  readonly reasons: readonly string[];
  /** From the staker's request to the quorum. */
  readonly timeToQuorumMs: number | null;
  /** The demo answers within this time after the staker's request, one way or the other. */
  readonly deadlineMs: number;
  /** From the staker's request to the agent's answer. */
  readonly answeredAfterMs: number | null;
  readonly epoch: number | null;
  /** Of the one transaction that verifies, records and pays, as the receipt says. */
  readonly gasUsed: number | null;
  readonly recipient: string | null;
  readonly amountAtomic: string | null;
  readonly balanceBeforeAtomic: string | null;
  readonly balanceAfterAtomic: string | null;
  /** The node that registered by the command line and is pending. */
  readonly pendingNode: number | null;
  /** With `--life`: nodes that reports activated for the first time. Empty without, like the next two. */
  readonly activated: readonly number[];
  /** Nodes that reports decommissioned. */
  readonly decommissioned: readonly number[];
  /** Of those, the ones that reports activated again. */
  readonly returned: readonly number[];
  /**
   * Records that landed, payable ones of an epoch that had one already included. Null without `--life`, like the next
   * two.
   */
  readonly reports: number | null;
  /** Epochs whose root became payable. */
  readonly payableEpochs: readonly number[] | null;
  /** What the second staker got by a proof. */
  readonly claimedByProofAtomic: string | null;
  readonly elapsedMs: number;
  /** The same in seconds. */
  readonly seconds: number;
  /** Where the logs of chain and agents are; `null` when they were of no interest and are gone. */
  readonly logs: string | null;
  /** Why the run failed; `null` when it did not. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** What is known before anything has happened. */
export function emptyResult(nodes: number, offline: number, deadlineMs: number): DemoResult {
  return {
    ...{ ok: false, nodes, offline, signedStakeBps: null, signers: [], nonSigners: [], missing: [], reasons: [] },
    ...{ timeToQuorumMs: null, deadlineMs, answeredAfterMs: null, epoch: null, gasUsed: null },
    ...{ recipient: null, amountAtomic: null, balanceBeforeAtomic: null, balanceAfterAtomic: null, pendingNode: null },
    ...{ activated: [], decommissioned: [], returned: [], reports: null, payableEpochs: null },
    ...{ claimedByProofAtomic: null, elapsedMs: 0, seconds: 0, logs: null, error: null },
  };
}

type Style = (format: "bold" | "green" | "red" | "dim", text: string) => string;

/** Where the summary's values begin. */
const VALUES_INDENT = 14;

/** The last lines of the demo: who signed, who did not, how long it took, what arrived. */
export function summarise(result: DemoResult, style: Style): string {
  const lines = result.ok ? success(result, style) : failure(result, style);
  return lines.map((line) => (line === "" ? "" : wrap(`  ${line}`, VALUES_INDENT))).join("\n");
}

function success(result: DemoResult, style: Style): string[] {
  const received = BigInt(result.balanceAfterAtomic ?? 0) - BigInt(result.balanceBeforeAtomic ?? 0);
  const silent = result.nonSigners.length === 0 ? "every node signed" : `silent: ${nodeList(result.nonSigners)}`;
  return [
    style("green", style("bold", `${formatAmount(received)} arrived.`)),
    "",
    `Recipient   ${result.recipient}`,
    `Balance     ${formatAmount(BigInt(result.balanceBeforeAtomic ?? 0))} before, ` +
      `${formatAmount(BigInt(result.balanceAfterAtomic ?? 0))} after`,
    `Signed      ${signedLine(result)}; ${silent}`,
    `Time        ${seconds(result.timeToQuorumMs)} from the staker's request to 95% of the stake`,
    `Gas         ${count(result.gasUsed)} to verify the signatures on chain and to pay, in one transaction`,
    ...lifeLines(result),
    style("dim", `All of it   ${seconds(result.elapsedMs)}; every process has ended`),
    "",
    ...whatNext(result, style),
  ];
}

/** What a person who has seen this may want to do. */
function whatNext(result: DemoResult, style: Style): string[] {
  const steps = [
    ["npx -y pnpm@12 devnet", "a network that stays up, and its page"],
    ...(result.claimedByProofAtomic === null
      ? [["npx -y pnpm@12 demo --life", "what follows: nodes come and go"]]
      : []),
    ["npx -y pnpm@12 demo --offline 2", "what happens without a quorum"],
  ] as const;
  const commands = steps.map(([command = "", about]) => `  ${command.padEnd(32)}  ${style("dim", `# ${about}`)}`);
  return ["Next:", ...commands, "  docs/operating.md runs a node of your own, docs/claiming.md gets paid"];
}

function lifeLines({ reports, payableEpochs, claimedByProofAtomic, ...result }: DemoResult): string[] {
  if (claimedByProofAtomic === null) return [];
  return [
    `Reports     ${count(reports)} records landed; roots of ${payableEpochs?.length ?? 0} epochs became payable`,
    `By proof    ${formatAmount(BigInt(claimedByProofAtomic))} to the second staker`,
    `Nodes       ${nodeList(result.activated)} activated; ${nodeList(result.decommissioned)} decommissioned, and ` +
      `back: ${nodeList(result.returned)}`,
  ];
}

function failure(result: DemoResult, style: Style): string[] {
  const title = style("red", style("bold", "Not paid."));
  if (result.error?.code === "INTERRUPTED") return [`${title} Interrupted; every process has ended.`];
  const isPaid = result.gasUsed !== null;
  const failed = isPaid ? style("red", style("bold", "Paid, but the network did not go through its life.")) : title;
  if (result.missing.length === 0)
    return [failed, "", ...(result.error?.message ?? "").split("\n"), "", `Logs        ${result.logs ?? "none"}`];
  return [
    `${title} ${style("bold", "Too little stake has signed, so there is no bundle and nothing went on chain.")}`,
    "",
    `Signed      ${signedLine(result)}; 95% is needed`,
    `Missing     ${nodeList(result.missing)}`,
    ...result.reasons.map((reason) => `            ${reason}`),
    `Time        answered ${seconds(result.answeredAfterMs)} after the staker's request; the deadline is ` +
      `${seconds(result.deadlineMs)}`,
    style("dim", `All of it   ${seconds(result.elapsedMs)}; every process has ended`),
  ];
}

function signedLine(result: DemoResult): string {
  const active = result.signers.length + (result.ok ? result.nonSigners.length : result.missing.length);
  return `${result.signers.length} of ${active} nodes, ${percent(result.signedStakeBps ?? 0)} of the stake`;
}

/** 9583 is "95.83%". */
export function percent(bps: number): string {
  return `${(bps / 100).toFixed(2)}%`;
}

export function nodeList(ids: readonly number[]): string {
  if (ids.length === 0) return "none";
  return `${ids.length === 1 ? "node" : "nodes"} ${ids.join(", ")}`;
}

export function seconds(ms: number | null): string {
  return ms === null ? "?" : ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function count(value: number | null): string {
  return value === null ? "?" : value.toLocaleString("en-US");
}
