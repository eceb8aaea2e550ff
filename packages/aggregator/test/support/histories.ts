/**
 * The vectors of docs/histories.md, made by the ledger: each history's events, and what every closed epoch comes to.
 * Enters: histories (historyCases.ts). Leaves: JSON values. Not here: files (scripts/generateHistories.ts).
 */
import { buildRewardsTree, digestOf, type Hex, toHex } from "@quorate/common";
import { eventToJson } from "../../src/adapters/eventFile/eventJson.ts";
import type { ChainEvent } from "../../src/core/ledger/events.ts";
import { foldHistory } from "../../src/core/ledger/history.ts";
import { emptyLedger, type LedgerState } from "../../src/core/ledger/ledger.ts";
import { reportLists, silentReports } from "../../src/core/ledger/uptime.ts";
import { type HistoryCase, historyCases } from "./historyCases.ts";
import { admit, headAt } from "./reportChain.ts";

const domain = { chainId: 31_337n, verifyingContract: `0x${"5f".repeat(20)}` } as const;

/** What one closed epoch comes to, as the vectors hold it. */
export interface EpochVector {
  readonly epoch: number;
  readonly root: Hex;
  readonly totalOwed: string;
  readonly carry: string;
  readonly activate: readonly number[];
  readonly decommission: readonly number[];
  /** Every node that ever registered; level, run and silentReports are null where they mean nothing. */
  readonly nodes: readonly {
    readonly id: number;
    readonly state: string;
    readonly silent: boolean;
    readonly level: number | null;
    readonly run: number | null;
    readonly silentReports: number | null;
  }[];
  /** By recipient. */
  readonly amounts: Readonly<Record<string, string>>;
}

export interface HistoryVector {
  readonly name: string;
  readonly about: string;
  readonly domain: { readonly chainId: string; readonly verifyingContract: Hex };
  readonly head: { readonly number: number; readonly hash: Hex; readonly timestamp: number };
  readonly events: readonly unknown[];
  readonly epochs: readonly EpochVector[];
}

/** All of them, in the order of their files. */
export function historyVectors(): HistoryVector[] {
  return historyCases().map(vectorOf);
}

function vectorOf({ name, about, chain, until }: HistoryCase): HistoryVector {
  const head = headAt(until);
  const epochs: EpochVector[] = [];
  const state = emptyLedger();
  for (const { closed } of foldHistory(state, chain.events, head, { admit })) {
    if (closed !== null) epochs.push(epochVector(state, closed));
  }
  const events = chain.events.map((event) => JSON.parse(eventToJson(reported(event, epochs))) as unknown);
  return { name, about, domain: { ...domain, chainId: domain.chainId.toString() }, head, events, epochs };
}

function epochVector(state: LedgerState, epoch: number): EpochVector {
  const amounts = [...state.owed].filter(([, amount]) => amount > 0n).sort(([a], [b]) => (a < b ? -1 : 1));
  const { activate, decommission } = reportLists(state, epoch) ?? { activate: [], decommission: [] };
  const nodes = [...state.nodes.values()].map(({ node: { id, state: nodeState, silent } }) => {
    const uptime = nodeState === "exited" ? undefined : state.uptime.nodes.get(id);
    const isOut = nodeState === "pending" || nodeState === "decommissioned";
    const run = uptime !== undefined && isOut ? uptime.run : null;
    return { id, state: nodeState, silent, level: uptime?.level ?? null, run, silentReports: silentReports(state, id) };
  });
  return {
    epoch,
    root: buildRewardsTree(amounts).root,
    totalOwed: state.totalOwed.toString(),
    carry: state.carry.toString(),
    activate,
    decommission,
    nodes,
    amounts: Object.fromEntries(amounts.map(([recipient, amount]) => [recipient, amount.toString()])),
  };
}

/** Records and payable roots as the chain would have them, if this ledger's reports were recorded. */
function reported(event: ChainEvent, epochs: readonly EpochVector[]): ChainEvent {
  if (event.type !== "report-recorded" && event.type !== "root-payable") return event;
  const { epoch, root, totalOwed, activate, decommission } = epochs[event.epoch] as EpochVector;
  if (event.type === "root-payable") return { ...event, rewardsRoot: root, totalOwed: BigInt(totalOwed) };
  const report = { epoch, rewardsRoot: root, totalOwed: BigInt(totalOwed), activate, decommission };
  return { ...event, digest: toHex(digestOf(domain, "EpochReport", report)) };
}
