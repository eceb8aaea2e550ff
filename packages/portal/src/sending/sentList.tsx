/** What a part of the page has sent before, followed until it is mined; a reload goes on where it was. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { connection } from "../network/connection.ts";
import { ExplorerLink } from "../parts/explorerLink.tsx";
import { Card, Hash, Notice } from "../parts/parts.tsx";
import { t } from "../strings/index.ts";
import { wallet } from "../wallet/wallet.ts";
import { type Sent, sentOf } from "./kept.ts";
import { followKept, forget, sent } from "./send.ts";

export function SentList({ topic }: { readonly topic: string }): JSX.Element | null {
  const [known, connected] = [connection.value, wallet.value];
  const look = () => (known === null ? undefined : void followKept(known, connected));
  useEffect(look, [known, connected?.account]);
  if (known === null || connected === null) return null;
  const { chainId } = known.facts;
  const shown = sentOf(sent.value, { topic, chainId, account: connected.account });
  if (shown.length === 0) return null;
  return (
    <Card title={t.sending.sentBefore}>
      <ul class="sent">
        {shown.map((one) => (
          <SentLine key={one.id} one={one} onLook={look} />
        ))}
      </ul>
    </Card>
  );
}

function SentLine({ one, onLook }: { readonly one: Sent; readonly onLook: () => void }): JSX.Element {
  const { id, what, sentAtMs, state, block, trouble } = one;
  return (
    <li>
      <span class={`state ${state}`}>{t.sending.states[state]}</span>{" "}
      {what.map((name) => t.sending.names[name] ?? name).join(", ")}{" "}
      <span class="soft">
        {new Date(sentAtMs).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })}
        {block === null ? "" : `, ${t.sending.block(block)}`}
      </span>{" "}
      {one.kind === "transaction" ? <TransactionLink id={id} /> : null}
      {state === "waiting" ? (
        <button type="button" class="plain" onClick={onLook}>
          {t.sending.lookAgain}
        </button>
      ) : (
        <button type="button" class="plain" onClick={() => forget(id)} aria-label={`${t.sending.forget} ${id}`}>
          {t.sending.forget}
        </button>
      )}
      {trouble === null || state === "mined" ? null : <Notice kind="warn">{trouble}</Notice>}
    </li>
  );
}

/** The hash, and where the network names an explorer, a way to it. */
export function TransactionLink({ id }: { readonly id: string }): JSX.Element {
  const explorer = connection.value?.facts.explorer ?? null;
  return (
    <>
      <Hash text={id} />
      {explorer === null ? null : (
        <ExplorerLink explorer={explorer} hash={id}>
          {t.sending.explorer}
        </ExplorerLink>
      )}
    </>
  );
}
