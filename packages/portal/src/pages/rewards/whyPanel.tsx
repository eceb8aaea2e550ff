/** Every line of the amount: drawn by epoch and node, counted by node, and as a table down to fee and dust. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Connection } from "../../network/connection.ts";
import { tokens } from "../../parts/format.ts";
import { Amount, Failure, Mark, Notice, Waiting } from "../../parts/parts.tsx";
import { useLoaded } from "../../parts/useLoaded.ts";
import { t } from "../../strings/index.ts";
import type { Compared } from "../../truth/compare.ts";
import { panelOf } from "../../truth/panel.ts";
import { WhoSays } from "../../truth/whoSays.tsx";
import { EarningsChart } from "./earningsChart.tsx";
import { recomputeLine } from "./earningsView.ts";
import { LinesTable } from "./linesTable.tsx";
import type { Rewards } from "./rewards.ts";
import { askLines, firstDifference, type SaidLines } from "./saidLines.ts";

const s = t.rewards.why;

interface Props {
  readonly rewards: Rewards;
  readonly connection: Connection;
}

export default function WhyPanel({ rewards, connection }: Props): JSX.Element {
  const { recipient, earned } = rewards;
  // The lines are of the amount that was shown when they were asked for: another epoch may close while they are read.
  const [shown] = useState("value" in earned ? earned.value.value : null);
  const [reached, setReached] = useState<number | null>(null);
  const [first, setFirst] = useState<Heard | null>(null);
  const [said, again] = useLoaded(
    (signal) => {
      setFirst(null);
      return askLines(panelOf(connection), {
        recipient,
        epoch: shown === null || shown.epoch < 0 ? null : shown.epoch,
        signal,
        onPage: setReached,
        onHeard: (lines, url) => setFirst((before) => before ?? { lines, url }),
      });
    },
    [connection, recipient],
  );
  if (said.step === "failed") return <Failure error={said.error} onAgain={again} />;
  const agreed = said.value?.value;
  // The same lines are not drawn twice.
  const lines = agreed !== undefined && agreed.key !== first?.lines.key ? agreed : first?.lines;
  if (lines === undefined) return <Waiting what={reached === null ? s.begin : s.loading(String(reached))} />;
  return (
    <>
      {said.value !== undefined ? (
        <WhoseLines said={said.value} />
      ) : first === null ? null : (
        <Waiting what={s.second(first.url)} />
      )}
      {lines.lines.length === 0 ? (
        <p>{s.none}</p>
      ) : (
        <Explanation explained={lines} rewards={rewards} connection={connection} shown={shown} />
      )}
    </>
  );
}

interface Heard {
  readonly lines: SaidLines;
  readonly url: string;
}

/** Who stands for the lines, and who has others. */
function WhoseLines({ said }: { readonly said: Compared<SaidLines> }): JSX.Element {
  const { by, belief, value } = said;
  return (
    <>
      <p>
        {s.linesBy(by)} <Mark belief={belief} />
      </p>
      <WhoSays
        compared={said}
        show={({ lines, amount }) => {
          const differs = firstDifference(lines, value.lines);
          const sum = `${tokens(amount)} ${t.units.token}`;
          return `${s.linesOf(lines.length, sum)}${differs === null ? "" : s.differsFrom(String(differs))}`;
        }}
      />
    </>
  );
}

interface ExplanationProps extends Props {
  readonly explained: SaidLines;
  readonly shown: { readonly epoch: number; readonly amount: bigint } | null;
}

function Explanation({ explained, rewards, connection, shown }: ExplanationProps): JSX.Element {
  const { lines, amount, epoch, view } = explained;
  const { columns, sums } = view;
  const agrees = shown !== null && shown.epoch === epoch && shown.amount === amount;
  const belief =
    agrees && "value" in rewards.earned ? rewards.earned.value.belief : ({ by: "agents", count: 1 } as const);
  return (
    <>
      <p>
        <Amount atomic={amount} /> <Mark belief={belief} /> {agrees ? s.agrees : null}
      </p>
      {agrees ? null : <Notice kind="warn">{s.differs(`${tokens(amount)} ${t.units.token}`)}</Notice>}
      <EarningsChart
        columns={columns}
        label={s.chart(String(epoch), sums.filter(({ node }) => node !== null).length)}
      />
      <h3>{s.byNode}</h3>
      <div class="scroll">
        <table class="sums">
          <thead>
            <tr>
              <th>{s.columns.node}</th>
              <th class="number">{s.columns.amount}</th>
            </tr>
          </thead>
          <tbody>
            {sums.slice(0, 50).map(({ node, amount: earned }) => (
              <tr key={String(node)}>
                <td>{node === null ? s.others : s.node(node)}</td>
                <td class="number">
                  <Amount atomic={earned} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h3>{s.lines}</h3>
      <p class="soft">
        {s.count(lines.length)}. {s.explain}
      </p>
      <LinesTable lines={lines} />
      <p>{s.recompute}</p>
      <pre class="command">
        <code>{recomputeLine(connection.facts, rewards.recipient, epoch)}</code>
      </pre>
    </>
  );
}
