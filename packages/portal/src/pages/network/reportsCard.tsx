/** The last reports of the chain: signed stake, who was missing, who sent them, at which block. */
import type { QuorateClient, ReportRecord, ReportStake } from "@quorate/client";
import type { JSX } from "preact";
import { Link } from "wouter-preact";
import { ExplorerLink } from "../../parts/explorerLink.tsx";
import { percent } from "../../parts/format.ts";
import { Amount, Failure, Hash } from "../../parts/parts.tsx";
import { ScrollTable } from "../../parts/scrollTable.tsx";
import { useLoaded } from "../../parts/useLoaded.ts";
import { t } from "../../strings/index.ts";
import { bpsOf } from "./health.ts";
import { submittersOf } from "./submitters.ts";

const words = t.network.reports;
const SHOWN = 8;
const NAMED_NODES = 6;
const NAMED_SUBMITTERS = 5;

interface ReportsProps {
  readonly client: QuorateClient;
  readonly records: readonly ReportRecord[];
  readonly explorer: string | null;
}

export function ReportsBody({ client, records, explorer }: ReportsProps): JSX.Element {
  const shown = records.slice(0, SHOWN);
  const newest = shown[0]?.transaction;
  const [stakes] = useLoaded(() => Promise.all(shown.map((record) => client.reportStake(record))), [client, newest]);
  if (records.length === 0) return <p>{words.none}</p>;
  const stakeOf = (index: number) =>
    "value" in stakes && stakes.value !== undefined ? stakes.value[index] : undefined;
  return (
    <>
      {stakes.step === "failed" ? <Failure error={stakes.error} /> : null}
      <ScrollTable label={words.title} heads={Object.values(words.columns)}>
        {shown.map((record, index) => (
          <Row key={record.transaction} {...{ record, explorer, stake: stakeOf(index) }} />
        ))}
      </ScrollTable>
      <Submitters records={records} />
    </>
  );
}

interface RowProps {
  readonly record: ReportRecord;
  readonly explorer: string | null;
  readonly stake: ReportStake | null | undefined;
}

function Row({ record, explorer, stake }: RowProps): JSX.Element {
  const { epoch, isFirst, becamePayable, nonSigners, submitter, block, transaction } = record;
  const more = nonSigners.length - NAMED_NODES;
  return (
    <tr>
      <td>
        {epoch}
        <div class="soft small">{!isFirst ? words.later : becamePayable ? words.payable : words.notPayable}</div>
      </td>
      <td>
        <Signed stake={stake} />
      </td>
      <td>
        {nonSigners.length === 0 ? words.nobody : null}
        {nonSigners.slice(0, NAMED_NODES).map((id, at) => (
          <span key={id}>
            {at === 0 ? "" : ", "}
            <Link href={`/nodes/${id}`}>#{id}</Link>
          </span>
        ))}
        {more > 0 ? words.more(more) : null}
      </td>
      <td>
        <Hash text={submitter} />
      </td>
      <td>
        <ExplorerLink explorer={explorer} hash={transaction}>
          {block}
        </ExplorerLink>
      </td>
    </tr>
  );
}

function Signed({ stake }: { readonly stake: ReportStake | null | undefined }): JSX.Element {
  if (stake === undefined) return <span class="soft">{words.unread}</span>;
  if (stake === null) return <span class="soft">{words.forgotten}</span>;
  return (
    <>
      <Amount atomic={stake.signedActive} />
      <div class="soft small">{words.of(percent(bpsOf(stake.signedActive, stake.activeStake)))}</div>
    </>
  );
}

function Submitters({ records }: { readonly records: readonly ReportRecord[] }): JSX.Element {
  return (
    <>
      <h3>{words.submitters(records.length)}</h3>
      <ol class="submitters">
        {submittersOf(records)
          .slice(0, NAMED_SUBMITTERS)
          .map(({ address, records: sent }) => (
            <li key={address}>
              <Hash text={address} /> {words.sent(sent, percent(Math.floor((sent * 10_000) / records.length)))}
            </li>
          ))}
      </ol>
    </>
  );
}
