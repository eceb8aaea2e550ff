/** Uptime by epoch: all nodes as a heat map, those that missed most first, with a sentence that says the same. */
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useLocation } from "wouter-preact";
import type { HeatRow } from "../../charts/heat.ts";
import { HeatMap } from "../../charts/heatMap.tsx";
import { percent } from "../../parts/format.ts";
import { Notice } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import type { NodesSaid } from "../../truth/nodesSaid.ts";
import { uptimeOf } from "./nodeRows.ts";

const words = t.network.uptime;
const VERDICTS = { P: words.legend.present, M: words.legend.missed, U: words.legend.unjudged } as const;

export function UptimeBody({ said }: { readonly said: NodesSaid }): JSX.Element {
  const [, navigate] = useLocation();
  const { rows, columns, present, judged, perfect } = useMemo(() => mapOf(said), [said]);
  if (judged === 0) return <Notice kind="info">{words.nothing}</Notice>;
  const say = ({ id }: HeatRow, column: number, mark: string) => {
    const epoch = said.epoch - columns + column;
    return words.cell(id, String(epoch), VERDICTS[mark as keyof typeof VERDICTS] ?? words.none);
  };
  const count = t.network.stakes.nodes(String(rows.length));
  return (
    <>
      <p>
        {words.summary(count, String(columns), percent(Math.floor((present * 10_000) / judged)))}{" "}
        {words.perfect(t.network.stakes.nodes(String(perfect)))} {words.order}
      </p>
      <ul class="legend">
        {(["P", "M", "U"] as const).map((mark) => (
          <li key={mark}>
            <span class={`strip-cell ${CELLS[mark]}`} aria-hidden="true" /> {VERDICTS[mark]}
          </li>
        ))}
      </ul>
      <HeatMap
        {...{ label: words.label, hint: words.hint, rows, columns, say }}
        onOpen={({ id }) => navigate(`/nodes/${id}`)}
      />
    </>
  );
}

const CELLS = { P: "present", M: "missed", U: "unjudged" } as const;

function mapOf({ nodes }: NodesSaid) {
  const judgedNodes = nodes
    .filter(({ state, uptime }) => state !== "exited" && uptime !== "")
    .map(({ id, uptime }) => ({ id, strip: uptime, ...uptimeOf(uptime) }))
    .sort((a, b) => b.missed - a.missed || a.id - b.id);
  const sum = (of: (node: (typeof judgedNodes)[number]) => number) =>
    judgedNodes.reduce((total, node) => total + of(node), 0);
  return {
    rows: judgedNodes as readonly HeatRow[],
    columns: judgedNodes.reduce((most, { strip }) => Math.max(most, strip.length), 1),
    present: sum((node) => node.present),
    judged: sum((node) => node.present + node.missed),
    perfect: judgedNodes.filter(({ present, missed }) => missed === 0 && present > 0).length,
  };
}
