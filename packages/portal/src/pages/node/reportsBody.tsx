/** The records of the chain that name a node: as one that had not signed, or that had though it was not active. */
import type { ReportRecord } from "@quorate/client";
import type { JSX } from "preact";
import { ExplorerLink } from "../../parts/explorerLink.tsx";
import { t } from "../../strings/index.ts";
import { partOf } from "../network/submitters.ts";

const words = t.network.node;

interface ReportsProps {
  readonly id: number;
  readonly records: readonly ReportRecord[];
  readonly explorer: string | null;
}

export function ReportsBody({ id, records, explorer }: ReportsProps): JSX.Element {
  const named = records.flatMap((record) => {
    const part = partOf(id, record);
    return part === "notNamed" ? [] : [{ record, part }];
  });
  if (records.length === 0) return <p>{t.network.reports.none}</p>;
  if (named.length === 0) return <p>{words.noneNamed(records.length)}</p>;
  return (
    <>
      <p>{words.namedIn(named.length, records.length)}</p>
      <ul class="named">
        {named.map(({ record: { epoch, block, transaction }, part }) => (
          <li key={transaction}>
            {t.network.reports.columns.epoch} {epoch}: {words.part[part]} ({t.network.reports.columns.block}{" "}
            <ExplorerLink explorer={explorer} hash={transaction}>
              {block}
            </ExplorerLink>
            )
          </li>
        ))}
      </ul>
    </>
  );
}
