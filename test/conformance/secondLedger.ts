/**
 * A second ledger, written from docs/protocol.md alone and naively: it shares no code with the agent's, keeps every
 * event, and computes each epoch by going through them again. Enters: a history (docs/histories.md). Leaves: what each
 * closed epoch comes to. The exponential of P-31 alone is the common package's: vectors of its own hold it to Solady's
 * (packages/common/vectors/emission.json).
 */
import { expWad } from "@quorate/common";
import { AbiCoder, keccak256 } from "ethers";

/** An event as its JSON has it; which fields are there depends on the type. */
export interface JsonEvent {
  readonly type: string;
  readonly timestamp: number;
  readonly id?: number;
  readonly ids?: readonly number[];
  readonly signers?: readonly number[];
  readonly nonSigners?: readonly number[];
  readonly extraSigners?: readonly number[];
  readonly [field: string]: unknown;
}

interface Contributor {
  readonly beneficiary: string;
  readonly stake: bigint;
}

interface Node {
  readonly id: number;
  readonly stake: bigint;
  readonly feeBps: bigint;
  readonly contributors: readonly Contributor[];
  readonly registeredAt: number;
  state: string;
  silent: boolean;
  changedAt: number;
  exitedAt: number | null;
  unlocksAt: number | null;
  /** Times at which it became active, and stopped being so. */
  readonly spells: { from: number; to: number | null }[];
  level: number;
  run: number;
  heardAtReport: number;
}

/** What P-56 keeps of one epoch: disjoint blocks, and who signed a later record. */
interface Shown {
  readonly blocks: number[][];
  later: number[];
}

export interface SecondEpoch {
  readonly epoch: number;
  readonly root: string;
  readonly totalOwed: string;
  readonly carry: string;
  readonly activate: readonly number[];
  readonly decommission: readonly number[];
  readonly nodes: readonly object[];
  readonly amounts: Readonly<Record<string, string>>;
}

export class SecondLedger {
  readonly #events: readonly JsonEvent[];
  readonly #genesis: number;
  readonly #epochSeconds: number;
  readonly #nodes = new Map<number, Node>();
  readonly #shown = new Map<number, Shown>();
  readonly #owed = new Map<string, bigint>();
  #accepted = 0;
  #carry = 0n;
  #next = 0;

  constructor(events: readonly JsonEvent[]) {
    this.#events = events;
    const started = events.find(({ type }) => type === "started");
    this.#genesis = Number(started?.["genesis"]);
    this.#epochSeconds = Number(started?.["epochSeconds"]);
  }

  /** Every epoch that closes by a finalised block of this time (P-51). */
  closedBy(timestamp: number): SecondEpoch[] {
    const closed: SecondEpoch[] = [];
    for (let epoch = 0; this.#end(epoch) <= timestamp; epoch++) closed.push(this.#close(epoch));
    return closed;
  }

  #end(epoch: number): number {
    return this.#genesis + (epoch + 1) * this.#epochSeconds;
  }

  #close(epoch: number): SecondEpoch {
    const end = this.#end(epoch);
    for (; this.#next < this.#events.length; this.#next++) {
      const event = this.#events[this.#next] as JsonEvent;
      if (event.timestamp >= end) break;
      this.#apply(event);
    }
    this.#pay(epoch);
    if (epoch > 0) this.#judge(epoch - 1);
    return this.#result(epoch);
  }

  // ── Events (P-112, P-56, P-60, P-61, P-110) ────────────────────────────────────────────────────────────────────────

  #apply(event: JsonEvent): void {
    const at = event.timestamp;
    const named = (event.ids ?? (event.id === undefined ? [] : [event.id])).map((id) => this.#nodes.get(id) as Node);
    switch (event.type) {
      case "node-registered":
        return this.#register(event);
      case "started":
        for (const node of this.#nodes.values()) if (node.state === "active") node.spells.push({ from: at, to: null });
        return;
      case "nodes-activated":
        for (const node of named) {
          this.#move(node, "active", at);
          node.spells.push({ from: at, to: null });
        }
        return;
      case "nodes-decommissioned":
        for (const node of named) {
          this.#move(node, "decommissioned", at);
          node.level = 48;
          node.heardAtReport = this.#accepted;
        }
        return;
      case "node-exited":
        for (const node of named) {
          this.#move(node, "exited", at);
          node.exitedAt = at;
        }
        return;
      case "nodes-dropped":
      case "nodes-restored":
        for (const node of named) node.silent = event.type === "nodes-dropped";
        return;
      case "nodes-heard":
        for (const node of named) node.heardAtReport = this.#accepted;
        return;
      case "leave-requested":
        for (const node of named) node.unlocksAt ??= Number(event["unlocksAt"]);
        return;
      case "report-recorded":
        return this.#record(event);
      case "signers-shown":
        return this.#show(event);
    }
  }

  #register(event: JsonEvent): void {
    const given = event["contributors"] as readonly { beneficiary: string; stake: string }[];
    const contributors = given.map(({ beneficiary, stake }) => ({ beneficiary, stake: BigInt(stake) }));
    const id = event.id as number;
    this.#nodes.set(id, {
      id,
      contributors,
      stake: contributors.reduce((sum, { stake }) => sum + stake, 0n),
      feeBps: BigInt(event["feeBps"] as number),
      registeredAt: event.timestamp,
      state: event["seeded"] === true ? "active" : "pending",
      silent: false,
      changedAt: event.timestamp,
      exitedAt: null,
      unlocksAt: null,
      spells: [],
      level: 0,
      run: 0,
      heardAtReport: 0,
    });
  }

  #move(node: Node, to: string, at: number): void {
    const spell = node.spells.at(-1);
    if (spell?.to === null) spell.to = at;
    node.state = to;
    node.silent = false;
    node.changedAt = at;
    node.run = 0;
  }

  #record(event: JsonEvent): void {
    const active = [...this.#nodes.values()].filter(({ state }) => state === "active").map(({ id }) => id);
    const present = active.filter((id) => !event.nonSigners?.includes(id)).concat(event.extraSigners ?? []);
    const epoch = event["epoch"] as number;
    if (event["isFirst"] === true) {
      this.#accepted += 1;
      this.#shown.set(epoch, { blocks: [present], later: [] });
    } else (this.#shown.get(epoch) as Shown).later = present;
  }

  #show(event: JsonEvent): void {
    const epoch = event["epoch"] as number;
    const { blocks } = this.#shown.get(epoch) as Shown;
    let rest = [...(event.signers ?? [])];
    if (rest.some((id) => !this.#isJudged(this.#nodes.get(id) as Node, epoch))) return;
    for (const block of blocks) {
      const listed = block.filter((id) => rest.includes(id));
      if (listed.length > 0 && listed.length < block.length) return;
      rest = rest.filter((id) => !listed.includes(id));
    }
    if (rest.length > 0) blocks.push(rest);
  }

  // ── Money (P-31, P-52 to P-54, P-63) ───────────────────────────────────────────────────────────────────────────────

  /** By the last `Settled` in a block with a timestamp below `time`. Nothing is released up to genesis. */
  #released(time: number): bigint {
    if (time <= this.#genesis) return 0n;
    const settled = this.#events.filter((event) => event.type === "pool-settled" && event.timestamp < time).at(-1);
    if (settled === undefined) return 0n;
    const x = (151n * 10n ** 15n * BigInt(time - Number(settled["time"]))) / 31_536_000n;
    const part = (BigInt(settled["balance"] as string) * (10n ** 18n - expWad(-x))) / 10n ** 18n;
    return BigInt(settled["totalReleased"] as string) + part;
  }

  #pay(epoch: number): void {
    const [start, end] = [this.#end(epoch) - this.#epochSeconds, this.#end(epoch)];
    const emission = this.#released(end) - this.#released(start);
    let toSplit = emission + this.#carry;
    for (const event of this.#events) {
      if (event.type !== "report-recorded" || event.timestamp < start || event.timestamp >= end) continue;
      for (const earns of [event["isFirst"], event["becamePayable"]]) {
        if (earns !== true) continue;
        const bounty = (emission * 5n) / 10_000n;
        this.#credit(event["submitter"] as string, bounty);
        toSplit -= bounty;
      }
    }
    const weights = [...this.#nodes.values()].map((node) => node.stake * BigInt(activeSeconds(node, start, end)));
    const total = weights.reduce((sum, weight) => sum + weight, 0n);
    this.#carry = toSplit;
    for (const [i, node] of [...this.#nodes.values()].entries()) {
      if (total === 0n) break;
      const reward = (toSplit * (weights[i] as bigint)) / total;
      this.#carry -= reward;
      this.#payNode(node, reward);
    }
  }

  #payNode({ contributors, feeBps, stake }: Node, reward: bigint): void {
    const fee = (reward * feeBps) / 10_000n;
    const operator = (contributors[0] as Contributor).beneficiary;
    let dust = reward - fee;
    for (const contributor of contributors) {
      const share = ((reward - fee) * contributor.stake) / stake;
      this.#credit(contributor.beneficiary, share);
      dust -= share;
    }
    this.#credit(operator, fee + dust);
  }

  #credit(to: string, amount: bigint): void {
    this.#owed.set(to, (this.#owed.get(to) ?? 0n) + amount);
  }

  // ── Uptime (P-59 to P-62) ──────────────────────────────────────────────────────────────────────────────────────────

  #isJudged({ registeredAt, exitedAt }: Node, epoch: number): boolean {
    const end = this.#end(epoch);
    return registeredAt < end && (exitedAt === null || exitedAt >= end);
  }

  #judge(epoch: number): void {
    const shown = this.#shown.get(epoch);
    if (shown === undefined) return;
    const present = new Set([...shown.blocks.flat(), ...shown.later]);
    for (const node of this.#nodes.values()) {
      const isSame = node.changedAt < this.#end(epoch);
      if (node.state === "exited" || !this.#isJudged(node, epoch) || !isSame) continue;
      const isPresent = present.has(node.id);
      if (node.state === "active") node.level = isPresent ? Math.max(0, node.level - 1) : node.level + 24;
      else node.run = isPresent ? node.run + 1 : 0;
    }
  }

  #result(epoch: number): SecondEpoch {
    const all = [...this.#nodes.values()];
    const may = all.filter(({ state, unlocksAt }) => {
      return state !== "exited" && (unlocksAt === null || unlocksAt > this.#end(epoch));
    });
    const failing = may.filter(({ state, level }) => state === "active" && level > 48);
    const returning = may.filter(({ state, run }) => state !== "active" && run >= 3);
    const owed = [...this.#owed].filter(([, amount]) => amount > 0n).sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      epoch,
      root: rootOf(owed),
      totalOwed: owed.reduce((sum, [, amount]) => sum + amount, 0n).toString(),
      carry: this.#carry.toString(),
      activate: idsOf(returning.sort((a, b) => a.id - b.id)),
      decommission: idsOf(failing.sort((a, b) => b.level - a.level || a.id - b.id)),
      nodes: all.map((node) => this.#view(node)),
      amounts: Object.fromEntries(owed.map(([to, amount]) => [to, amount.toString()])),
    };
  }

  #view({ id, state, silent, level, run, heardAtReport }: Node): object {
    const silentReports = state === "decommissioned" ? this.#accepted - heardAtReport : null;
    if (state === "exited") return { id, state, silent, level: null, run: null, silentReports };
    return { id, state, silent, level, run: state === "active" ? null : run, silentReports };
  }
}

/** P-53: within the epoch, while it was active, and at most until it unlocks. */
function activeSeconds({ spells, unlocksAt }: Node, start: number, end: number): number {
  return spells.reduce((sum, { from, to }) => {
    const until = Math.min(end, to ?? end, unlocksAt ?? end);
    return sum + Math.max(0, until - Math.max(start, from));
  }, 0);
}

function idsOf(nodes: readonly Node[]): number[] {
  return nodes.slice(0, 64).map(({ id }) => id);
}

/** P-41. */
function rootOf(entries: readonly (readonly [string, bigint])[]): string {
  const coder = AbiCoder.defaultAbiCoder();
  const leaves = entries.map((entry) => keccak256(keccak256(coder.encode(["address", "uint256"], [...entry]))));
  if (leaves.length === 0) return `0x${"00".repeat(32)}`;
  leaves.sort();
  const nodes: string[] = Array(2 * leaves.length - 1).fill("");
  for (const [i, leaf] of leaves.entries()) nodes[nodes.length - 1 - i] = leaf;
  for (let i = leaves.length - 2; i >= 0; i--) {
    const pair = [nodes[2 * i + 1] as string, nodes[2 * i + 2] as string].sort();
    nodes[i] = keccak256(`0x${pair.map((hash) => hash.slice(2)).join("")}`);
  }
  return nodes[0] as string;
}
