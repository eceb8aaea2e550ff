/**
 * The lines that add up to one recipient's lifetime amount. Enters: credits, as the closing of epochs gives them
 * (credits.ts). Leaves: a line for each epoch and node, and one for an epoch's bounties. Not here: any division;
 * nothing is computed twice.
 */
import type { Address, LedgerLine } from "@quorate/common";
import type { CreditPart, ObserveCredit } from "./credits.ts";

export class LineCollector {
  readonly #recipient: Address;
  #lines: LedgerLine[] = [];

  constructor(recipient: Address) {
    this.#recipient = recipient;
  }

  /** For `advanceLedger` and `foldHistory`. */
  readonly observe: ObserveCredit = (epoch, to, amount, part, node) => {
    if (to !== this.#recipient) return;
    const last = this.#lines.at(-1);
    const id = node?.id ?? null;
    // All credits of a node in an epoch come one after the other, and so do all bounties.
    if (last?.epoch === epoch && last.node === id) {
      this.#lines[this.#lines.length - 1] = added(last, part, amount);
      return;
    }
    const nothing = { fee: 0n, share: 0n, dust: 0n, bounty: 0n, amount: 0n };
    const of = { epoch, node: id, activeSeconds: node?.activeSeconds ?? 0, nodeReward: node?.reward ?? 0n };
    this.#lines.push(added({ ...of, ...nothing }, part, amount));
  };

  get count(): number {
    return this.#lines.length;
  }

  /** The lines since the last call, in the order of epochs. */
  take(): LedgerLine[] {
    const taken = this.#lines;
    this.#lines = [];
    return taken;
  }
}

function added(line: LedgerLine, part: CreditPart, amount: bigint): LedgerLine {
  return { ...line, [part]: line[part] + amount, amount: line.amount + amount };
}
