/** Every payment, by the chain's own events, with dates; and the same as a file. */
import type { PaymentMade } from "@quorate/client";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Connection } from "../../network/connection.ts";
import { ExplorerLink } from "../../parts/explorerLink.tsx";
import { moment } from "../../parts/format.ts";
import { Amount, Card, Failure, Hash, Notice, Waiting } from "../../parts/parts.tsx";
import { useLoaded } from "../../parts/useLoaded.ts";
import { useVirtual } from "../../parts/useVirtual.ts";
import { t } from "../../strings/index.ts";
import { paymentsCsv } from "./paymentsCsv.ts";
import type { Rewards } from "./rewards.ts";
import { saveFile } from "./saveFile.ts";

const s = t.rewards.payments;

interface Props {
  readonly rewards: Rewards;
  readonly connection: Connection;
}

export function PaymentsCard({ rewards, connection }: Props): JSX.Element {
  const { chain, recipient } = rewards;
  // What was paid says whether there is something new to read.
  const paid = chain !== null && "value" in chain ? chain.value.balance.paid : null;
  return (
    <Card title={s.title} class="payments">
      {chain === null ? (
        <Notice kind="info">{s.noChain}</Notice>
      ) : paid === 0n ? (
        <p class="soft">{s.none}</p>
      ) : (
        <PaymentList key={String(paid)} connection={connection} recipient={recipient} />
      )}
    </Card>
  );
}

function PaymentList({ connection, recipient }: { readonly connection: Connection; readonly recipient: string }) {
  const [payments, again] = useLoaded(() => connection.client.payments(recipient), [connection, recipient]);
  if (payments.step === "failed") return <Failure error={payments.error} onAgain={again} />;
  if (payments.value === undefined) return <Waiting what={s.loading} />;
  const made = payments.value;
  const sum = made.reduce((total, { amount }) => total + amount, 0n);
  return (
    <>
      <p>
        <SumLine count={made.length} sum={sum} />
      </p>
      <Rows payments={made} explorer={connection.facts.explorer} />
      <div class="buttons">
        <button
          type="button"
          onClick={() => saveFile(`payments-${recipient}.csv`, "text/csv;charset=utf-8", paymentsCsv(made))}
        >
          {s.csv}
        </button>
      </div>
    </>
  );
}

function SumLine({ count, sum }: { readonly count: number; readonly sum: bigint }): JSX.Element {
  return (
    <>
      {s.sumBefore(count)} <Amount atomic={sum} /> {s.sumAfter}
    </>
  );
}

interface RowsProps {
  readonly payments: readonly PaymentMade[];
  readonly explorer: string | null;
}

function Rows({ payments, explorer }: RowsProps): JSX.Element {
  const box = useRef<HTMLElement>(null);
  const { rows, before, after } = useVirtual(payments.length, 44, box);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="scroll tall" ref={box} tabIndex={0} aria-label={s.title}>
      <table aria-rowcount={payments.length + 1}>
        <thead>
          <tr>
            <th>{s.date}</th>
            <th class="number">{s.amount}</th>
            <th class="number">{s.block}</th>
            <th>{s.transaction}</th>
          </tr>
        </thead>
        <tbody>
          <tr class="space" style={{ height: before }} />
          {rows.map((i) => {
            const payment = payments[payments.length - 1 - i];
            if (payment === undefined) return null;
            const { timestamp, amount, block, transaction } = payment;
            return (
              <tr key={i} aria-rowindex={i + 2}>
                <td>{moment(timestamp)}</td>
                <td class="number">
                  <Amount atomic={amount} />
                </td>
                <td class="number">{block}</td>
                <td>
                  <Hash text={transaction} />
                  {explorer === null ? null : (
                    <ExplorerLink explorer={explorer} hash={transaction}>
                      {t.rewards.sent.explorer}
                    </ExplorerLink>
                  )}
                </td>
              </tr>
            );
          })}
          <tr class="space" style={{ height: after }} />
        </tbody>
      </table>
    </section>
  );
}
