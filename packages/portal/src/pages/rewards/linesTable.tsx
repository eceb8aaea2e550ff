/** Lines of a ledger, newest first: only those that can be seen are drawn. */
import type { LedgerLine } from "@quorate/common";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { tokens } from "../../parts/format.ts";
import { useVirtual } from "../../parts/useVirtual.ts";
import { t } from "../../strings/index.ts";

const s = t.rewards.why;
const amounts = ["nodeReward", "fee", "share", "dust", "bounty", "amount"] as const;
const heads = [s.columns.reward, s.columns.fee, s.columns.share, s.columns.dust, s.columns.bounty, s.columns.amount];

export function LinesTable({ lines }: { readonly lines: readonly LedgerLine[] }): JSX.Element {
  const box = useRef<HTMLElement>(null);
  const { rows, before, after } = useVirtual(lines.length, 38, box);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="scroll tall" ref={box} tabIndex={0} aria-label={s.lines}>
      <table class="lines" aria-rowcount={lines.length + 1}>
        <thead>
          <tr>
            <th class="number">{s.columns.epoch}</th>
            <th class="number">{s.columns.node}</th>
            <th class="number">{s.columns.seconds}</th>
            {heads.map((head) => (
              <th key={head} class="number">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr class="space" style={{ height: before }} />
          {rows.map((i) => {
            const line = lines[lines.length - 1 - i];
            return line === undefined ? null : <Line key={i} line={line} at={i} />;
          })}
          <tr class="space" style={{ height: after }} />
        </tbody>
      </table>
    </section>
  );
}

function Line({ line, at }: { readonly line: LedgerLine; readonly at: number }): JSX.Element {
  return (
    <tr aria-rowindex={at + 2}>
      <td class="number">{line.epoch}</td>
      <td class="number">{line.node ?? "–"}</td>
      <td class="number">{line.activeSeconds}</td>
      {amounts.map((name) => (
        <td key={name} class="number">
          {line[name] === 0n ? "–" : tokens(line[name])}
        </td>
      ))}
    </tr>
  );
}
