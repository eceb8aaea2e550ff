/** The agents that the page asks, how each answers, and what they disagree about. */
import type { JSX } from "preact";
import { Card, Failure, Notice, Waiting } from "../../parts/parts.tsx";
import { ScrollTable } from "../../parts/scrollTable.tsx";
import { t } from "../../strings/index.ts";
import {
  type AgentHeard,
  type AgentSaid,
  behindBlocks,
  type Dispute,
  disputesOf,
  EPOCHS_COMPARED,
  type PayableRootSaid,
  THE_CHAIN,
} from "./agents.ts";
import type { Agents } from "./useAgents.ts";

const words = t.network.agents;

export function saidBy(heard: readonly AgentHeard[]): readonly AgentSaid[] {
  return heard.filter((one): one is AgentSaid => "status" in one);
}

interface AgentsProps {
  readonly agents: Agents;
  readonly payable: PayableRootSaid | null;
  readonly onAgain: () => void;
}

export function AgentsCard({ agents, payable, onAgain }: AgentsProps): JSX.Element {
  const { heard, asked, isDone, error } = agents;
  const said = saidBy(heard);
  return (
    <Card title={words.title}>
      <p class="soft">{words.what}</p>
      {error === null ? null : <Failure error={error} onAgain={onAgain} />}
      {isDone || asked === null ? null : <Waiting what={words.heardOf(heard.length, asked)} />}
      {asked === null && error === null ? <Waiting what={words.asking} /> : null}
      {isDone && error === null ? <Verdict disputes={disputesOf(said, payable)} count={said.length} /> : null}
      {heard.length === 0 ? null : <AgentsTable heard={heard} said={said} />}
    </Card>
  );
}

interface TableProps {
  readonly heard: readonly AgentHeard[];
  readonly said: readonly AgentSaid[];
}

function AgentsTable({ heard, said }: TableProps): JSX.Element {
  return (
    <ScrollTable label={words.title} heads={Object.values(words.columns)}>
      {heard.map((one) => (
        <Row key={one.url} one={one} said={said} />
      ))}
    </ScrollTable>
  );
}

function Verdict({ disputes, count }: { readonly disputes: readonly Dispute[]; readonly count: number }): JSX.Element {
  if (disputes.length > 0) {
    return (
      <Notice kind="bad">
        <h3>{words.disputes}</h3>
        <ul>
          {disputes.map((dispute) => (
            <li key={`${dispute.about} ${dispute.at}`}>
              {words.about[dispute.about](dispute.at)}
              <ul>
                {dispute.sides.map(({ value, urls }) => (
                  <li key={value}>
                    {urls.map((url) => (url === THE_CHAIN ? words.chain : url)).join(", ")}
                    {words.says}
                    <code class="whole">{value}</code>
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ul>
      </Notice>
    );
  }
  return count < 2 ? (
    <Notice kind="warn">{words.oneOnly}</Notice>
  ) : (
    <Notice kind="good">{words.agree(count, EPOCHS_COMPARED)}</Notice>
  );
}

function Row({ one, said }: { readonly one: AgentHeard; readonly said: readonly AgentSaid[] }): JSX.Element {
  if ("error" in one) {
    return (
      <tr>
        <td class="url">{one.url}</td>
        <td colSpan={4} class="bad">
          {words.unreachable}: {one.error.message.split("\n")[0]}
        </td>
      </tr>
    );
  }
  const { url, tookMs, status } = one;
  const behind = behindBlocks(said, one);
  return (
    <tr>
      <td class="url">
        {url}
        {status.nodeId === null ? null : <div class="soft small">{words.node(status.nodeId)}</div>}
      </td>
      <td>
        {status.chain.healthy ? words.well : words.chainTrouble(status.chain.code)}
        <div class="soft small">{words.took(tookMs.toFixed(0))}</div>
      </td>
      <td>
        {status.head?.number ?? "–"}
        {behind === 0 ? null : <div class="soft small">{words.behind(behind)}</div>}
      </td>
      <td>{status.closedEpoch ?? "–"}</td>
      <td>{status.version}</td>
    </tr>
  );
}
