/**
 * Page "network": whether payments can go on, epochs, uptime, nodes, reports, emission, and the agents that say so.
 * What the chain has is read from it; what only agents know is asked of several.
 */
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { type Connection, connection } from "../../network/connection.ts";
import { Card, Notice, Waiting } from "../../parts/parts.tsx";
import { useLoaded, valueIn } from "../../parts/useLoaded.ts";
import { t } from "../../strings/index.ts";
import { nodesQuestion } from "../../truth/nodesSaid.ts";
import { createPanel } from "../../truth/panel.ts";
import { AgentsCard, saidBy } from "./agentsCard.tsx";
import { chainReports, payableEpochIn } from "./chainReports.ts";
import { EmissionBody } from "./emissionCard.tsx";
import { EpochBody } from "./epochCard.tsx";
import { figuresByAgents, figuresByChain } from "./figures.ts";
import { HealthBody } from "./healthCard.tsx";
import { NodeList } from "./nodeList.tsx";
import { ReportsBody } from "./reportsCard.tsx";
import { Shown } from "./shown.tsx";
import { UptimeBody } from "./uptimeCard.tsx";
import { useAgents } from "./useAgents.ts";
import "./network.css";

/** Milliseconds between two readings while the page is looked at: epochs last an hour, blocks twelve seconds. */
const REFRESH_MS = 60_000;

export default function NetworkPage(): JSX.Element {
  const known = connection.value;
  return (
    <>
      <h1>{t.app.pages.network}</h1>
      {known === null ? <Waiting /> : <Network known={known} />}
    </>
  );
}

function Network({ known }: { readonly known: Connection }): JSX.Element {
  const { client, facts, chain } = known;
  const { figures, nodes, reports, agents, refresh } = useNetwork(known);
  const records = valueIn(reports[0])?.records;
  const said = saidBy(agents[0].heard);
  return (
    <>
      <div class="buttons refresh">
        <button type="button" onClick={refresh}>
          {t.network.refresh}
        </button>
      </div>
      <Shown title={t.network.health.title} loaded={figures[0]} onAgain={figures[1]} reading={t.network.health.reading}>
        {(value) => <HealthBody figures={value} nodes={valueIn(nodes[0])?.value ?? null} agents={said} />}
      </Shown>
      <Shown title={t.network.epoch.title} loaded={figures[0]} onAgain={figures[1]} reading={t.network.health.reading}>
        {(value) => <EpochBody figures={value} payable={records && payableEpochIn(records)} />}
      </Shown>
      <Shown title={t.network.uptime.title} loaded={nodes[0]} onAgain={nodes[1]} reading={t.network.list.reading}>
        {({ value }) => <UptimeBody said={value} />}
      </Shown>
      <Shown title={t.network.list.title} loaded={nodes[0]} onAgain={nodes[1]} reading={t.network.list.reading}>
        {(value) => <NodeList said={value} />}
      </Shown>
      {chain === null ? (
        <Card title={t.network.reports.title}>
          <Notice kind="info">{t.network.noChain}</Notice>
        </Card>
      ) : (
        <Shown
          title={t.network.reports.title}
          loaded={reports[0]}
          onAgain={reports[1]}
          reading={t.network.reports.reading}
        >
          {(value) => value && <ReportsBody client={client} records={value.records} explorer={facts.explorer} />}
        </Shown>
      )}
      <Shown
        title={t.network.emission.title}
        loaded={figures[0]}
        onAgain={figures[1]}
        reading={t.network.health.reading}
      >
        {(value) => <EmissionBody figures={value} />}
      </Shown>
      <AgentsCard agents={agents[0]} onAgain={agents[1]} payable={valueIn(reports[0])?.payable ?? null} />
    </>
  );
}

/** Everything that the page asks, each by itself: what is slow or fails keeps nothing else from being shown. */
function useNetwork({ client, facts, chain }: Connection) {
  const panel = useMemo(() => createPanel(client, facts), [client, facts]);
  const figures = useLoaded(
    (signal) => (chain === null ? figuresByAgents(panel, signal) : figuresByChain(client)),
    [panel, chain],
  );
  const nodes = useLoaded((signal) => panel.ask(nodesQuestion(signal)), [panel]);
  const reports = useLoaded(async (signal) => (chain === null ? null : chainReports(client, signal)), [client, chain]);
  const agents = useAgents(panel, facts);
  const refresh = () => {
    for (const [, again] of [figures, nodes, reports, agents]) again();
  };
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && refresh(), REFRESH_MS);
    return () => clearInterval(timer);
  });
  return { figures, nodes, reports, agents, refresh };
}
