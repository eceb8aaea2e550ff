/** What agents say of the operator's other nodes. */
import type { Address } from "@quorate/common";
import type { JSX } from "preact";
import { percent } from "../../parts/format.ts";
import { Mark } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import type { Compared } from "../../truth/compare.ts";
import { UptimeStrip } from "../stakes/uptimeStrip.tsx";
import type { Records } from "./records.ts";

/** Nodes of one operator that are shown one by one; the sum counts all of them. */
const NODES_SHOWN = 5;

interface RecordProps {
  readonly operator: Address;
  /** Undefined while agents are asked, null where none could tell. */
  readonly records: Compared<{ readonly records: Records }> | null | undefined;
}

export function OperatorRecordView({ operator, records }: RecordProps): JSX.Element {
  if (records === undefined) return <p class="soft">{t.stake.recordAsking}</p>;
  const record = records?.value.records[operator];
  if (records === null || record === undefined) return <p class="soft">{t.stake.recordUnknown}</p>;
  const { nodes, judged, present } = record;
  const sum =
    nodes.length === 0
      ? t.stake.recordNone
      : judged === 0
        ? t.stake.recordOpen(nodes.length)
        : t.stake.recordSum(nodes.length, percent(Math.floor((present * 10_000) / judged)));
  return (
    <div class="record">
      <p>
        <span class="soft">{t.stake.record}:</span> {sum} <Mark belief={records.belief} />
      </p>
      {nodes.slice(0, NODES_SHOWN).map(({ id, state, uptime }) => (
        <div key={id} class="record-node">
          <a href={`#/nodes/${id}`}>{t.stake.nodeLink(id, state)}</a>
          <UptimeStrip uptime={uptime} />
        </div>
      ))}
    </div>
  );
}
