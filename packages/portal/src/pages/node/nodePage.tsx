/**
 * Page of one node: what the contract has of it, its verdicts, the reports it was named in, what it earned. The record
 * is read from the chain; where none can be asked, agents tell a part of it.
 */
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Link, useParams } from "wouter-preact";
import { type Connection, connection } from "../../network/connection.ts";
import { Card, Notice, Waiting } from "../../parts/parts.tsx";
import { useLoaded, valueIn } from "../../parts/useLoaded.ts";
import { t } from "../../strings/index.ts";
import { nodesQuestion } from "../../truth/nodesSaid.ts";
import { createPanel } from "../../truth/panel.ts";
import { Shown } from "../network/shown.tsx";
import { earnedQuestion } from "./earned.ts";
import { EarnedBody } from "./earnedBody.tsx";
import { readRecord } from "./record.ts";
import { RecordBody } from "./recordBody.tsx";
import { ReportsBody } from "./reportsBody.tsx";
import { UptimeBody } from "./uptimeBody.tsx";
import "../network/network.css";

const words = t.network.node;

export default function NodePage(): JSX.Element {
  const { id = "" } = useParams<{ id: string }>();
  const known = connection.value;
  const isId = /^[1-9][0-9]{0,14}$/.test(id);
  return (
    <>
      <p>
        <Link href="/network">← {words.back}</Link>
      </p>
      <h1>{words.title(id)}</h1>
      {!isId ? <Notice kind="warn">{words.badId(id)}</Notice> : known === null ? <Waiting /> : null}
      {isId && known !== null ? <OneNode key={id} known={known} id={Number(id)} /> : null}
    </>
  );
}

function OneNode({ known, id }: { readonly known: Connection; readonly id: number }): JSX.Element {
  const { client, facts, chain } = known;
  const panel = useMemo(() => createPanel(client, facts), [client, facts]);
  const [record, again] = useLoaded((signal) => readRecord(known, panel, id, signal), [panel, chain, id]);
  const [said, askAgain] = useLoaded((signal) => panel.ask(nodesQuestion(signal, id, 1)), [panel, id]);
  const [reports, readAgain] = useLoaded(
    async (signal) => (chain === null ? null : client.reports({ signal })),
    [client, chain, id],
  );
  const first = valueIn(record)?.contributors[0]?.beneficiary ?? null;
  const [earned, earnedAgain] = useLoaded(
    async (signal) => (first === null ? null : panel.ask(earnedQuestion(id, first, signal))),
    [panel, id, first],
  );
  return (
    <>
      <Shown
        title={chain === null ? words.recordTold : words.record}
        loaded={record}
        onAgain={again}
        reading={words.reading}
      >
        {(value) => <RecordBody record={value} />}
      </Shown>
      <Shown title={words.uptime} loaded={said} onAgain={askAgain} reading={t.network.list.reading}>
        {({ value, belief }) => (
          <UptimeBody strip={value.nodes.find((node) => node.id === id)?.uptime ?? ""} belief={belief} />
        )}
      </Shown>
      {record.step === "failed" ? null : (
        <Shown title={words.earned} loaded={earned} onAgain={earnedAgain} reading={words.earnedReading}>
          {(value) => (value === null ? <Waiting what={words.earnedReading} /> : <EarnedBody compared={value} />)}
        </Shown>
      )}
      {chain === null ? (
        <Card title={words.reports}>
          <Notice kind="info">{t.network.noChain}</Notice>
        </Card>
      ) : (
        <Shown title={words.reports} loaded={reports} onAgain={readAgain} reading={t.network.reports.reading}>
          {(records) => records && <ReportsBody id={id} records={records} explorer={facts.explorer} />}
        </Shown>
      )}
    </>
  );
}
