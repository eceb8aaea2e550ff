/** Connects a wallet, says which account and chain it is on, lets go of it. */
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { connection } from "../network/connection.ts";
import { shortHex } from "../parts/format.ts";
import { Failure, Notice } from "../parts/parts.tsx";
import { t } from "../strings/index.ts";
import { isDeclined } from "./declined.ts";
import { announced, connectWallet, disconnectWallet, switchChain, wallet } from "./wallet.ts";

export function WalletButton(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const connected = wallet.value;
  const open = () => dialog.current?.showModal();
  return (
    <div class="wallet">
      <button type="button" class={connected === null ? "main" : "plain"} onClick={open}>
        {connected === null ? t.wallet.connect : `${connected.name} · ${shortHex(connected.account)}`}
      </button>
      <WrongChain />
      <dialog ref={dialog} aria-label={t.wallet.choose}>
        <WalletChoice onDone={() => dialog.current?.close()} />
      </dialog>
    </div>
  );
}

function WalletChoice({ onDone }: { readonly onDone: () => void }): JSX.Element {
  const [error, setError] = useState<unknown>(null);
  const attempt = (connect: () => Promise<void>) => {
    setError(null);
    connect().then(onDone, setError);
  };
  return (
    <>
      <h2>{t.wallet.choose}</h2>
      {announced.value.length === 0 ? <Notice kind="info">{t.wallet.none}</Notice> : null}
      <ul class="wallets">
        {announced.value.map((detail) => (
          <li key={detail.info.uuid}>
            <button type="button" onClick={() => attempt(() => connectWallet(detail))}>
              {detail.info.name}
            </button>
          </li>
        ))}
      </ul>
      {error === null ? null : isDeclined(error) ? (
        <Notice kind="info">{t.wallet.refused}</Notice>
      ) : (
        <Failure error={error} />
      )}
      <div class="buttons">
        {wallet.value === null ? null : (
          <button
            type="button"
            onClick={() => {
              disconnectWallet();
              onDone();
            }}
          >
            {t.wallet.disconnect}
          </button>
        )}
        <button type="button" onClick={onDone}>
          {t.app.close}
        </button>
      </div>
    </>
  );
}

function WrongChain(): JSX.Element | null {
  const known = connection.value;
  const have = wallet.value?.chainId;
  if (known === null || have === undefined || String(have) === known.facts.chainId) return null;
  const { chainId, rpc } = known.facts;
  return (
    <Notice kind="warn">
      {t.wallet.wrongChain(String(have), chainId)}{" "}
      <button type="button" onClick={() => void switchChain(BigInt(chainId), rpc).catch(() => {})}>
        {t.wallet.switch(chainId)}
      </button>
    </Notice>
  );
}
