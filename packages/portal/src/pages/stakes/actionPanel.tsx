/** A row of buttons, the reasons of those that do not work now, and the panel of the one that was pressed. */
import type { TransactionReceipt } from "ethers";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { moment } from "../../parts/format.ts";
import { Failure, Waiting } from "../../parts/parts.tsx";
import { useLoaded } from "../../parts/useLoaded.ts";
import { SendPanel } from "../../sending/sendPanel.tsx";
import { t } from "../../strings/index.ts";
import type { Possibility } from "./actions.ts";
import type { Prepared } from "./prepare.ts";

interface ActionsProps<A extends string> {
  /** What the buttons are about, for whoever hears them. */
  readonly about: string;
  readonly possible: readonly Possibility<A>[];
  readonly names: Readonly<Record<A, string>>;
  /** Where a button leads, of those that send nothing themselves. */
  readonly links?: Partial<Readonly<Record<A, string>>>;
  readonly prepare: (action: A) => Promise<Prepared>;
  readonly onDone: (title: string, receipts: readonly TransactionReceipt[]) => void;
}

export function Actions<A extends string>(props: ActionsProps<A>): JSX.Element {
  const { about, possible, names, links = {}, prepare, onDone } = props;
  const [open, setOpen] = useState<A | null>(null);
  const now = possible.filter(({ reason }) => reason === null);
  const later = possible.filter(({ reason }) => reason !== null);
  return (
    <>
      {now.length === 0 ? null : (
        <div class="buttons">
          {now.map(({ action }) => {
            const link = (links as Readonly<Record<string, string | undefined>>)[action];
            return link === undefined ? (
              <button
                key={action}
                type="button"
                aria-expanded={open === action}
                aria-label={`${names[action]}: ${about}`}
                onClick={() => setOpen(open === action ? null : action)}
              >
                {names[action]}
              </button>
            ) : (
              <a key={action} class="button" href={`#${link}`} aria-label={`${names[action]}: ${about}`}>
                {names[action]}
              </a>
            );
          })}
        </div>
      )}
      {later.length === 0 ? null : (
        <details class="later">
          <summary>{t.stakes.notNow}</summary>
          <ul>
            {later.map(({ action, reason, from }) => (
              <li key={action}>
                <strong>{names[action]}</strong>: {reason === null ? "" : t.stakes.reasons[reason]}.{" "}
                {from === null ? "" : t.stakes.from(moment(from))}
              </li>
            ))}
          </ul>
        </details>
      )}
      {open === null ? null : (
        <Opened
          key={open}
          title={`${names[open]}: ${about}`}
          prepare={() => prepare(open)}
          onDone={(receipts) => {
            setOpen(null);
            onDone(`${names[open]}: ${about}`, receipts);
          }}
          onCancel={() => setOpen(null)}
        />
      )}
    </>
  );
}

interface OpenedProps {
  readonly title: string;
  readonly prepare: () => Promise<Prepared>;
  readonly onDone: (receipts: readonly TransactionReceipt[]) => void;
  readonly onCancel: () => void;
}

function Opened({ title, prepare, onDone, onCancel }: OpenedProps): JSX.Element {
  const [prepared, again] = useLoaded(prepare, []);
  if (prepared.step === "failed") return <Failure error={prepared.error} onAgain={again} />;
  if (prepared.value === undefined) return <Waiting what={t.sending.trying} />;
  return <SendPanel title={title} topic="stakes" {...prepared.value} onDone={onDone} onCancel={onCancel} />;
}
