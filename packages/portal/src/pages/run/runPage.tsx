/** "Run a node": from what `quorate keys prove` printed to a registered node, or to an open pool. */
import { type PossessionFile, registeredIn } from "@quorate/client";
import { type Address, formatAmount, isQuorateError } from "@quorate/common";
import type { TransactionReceipt } from "ethers";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { type Connection, connection } from "../../network/connection.ts";
import { Card, Failure, Notice, Waiting } from "../../parts/parts.tsx";
import { keepDraft, useKept } from "../../parts/useKept.ts";
import { useLoaded } from "../../parts/useLoaded.ts";
import { Done } from "../../sending/sendPanel.tsx";
import { SentList } from "../../sending/sentList.tsx";
import { t } from "../../strings/index.ts";
import { wallet } from "../../wallet/wallet.ts";
import "../stake/stake.css";
import "../stakes/stakes.css";
import { ChecksView, useVerdicts } from "./checks.tsx";
import { Choice } from "./choice.tsx";
import { parsePrinted } from "./printed.ts";
import { requestOf } from "./register.ts";
import "./run.css";
import { Unopened } from "./unopened.tsx";

export default function RunPage(): JSX.Element {
  const known = connection.value;
  const account = wallet.value?.account ?? null;
  return (
    <>
      <h1>{t.app.pages.run}</h1>
      {known === null || known.chain === null ? (
        <Notice kind="info">{t.run.noChain}</Notice>
      ) : (
        <Run key={account} known={known} account={account} />
      )}
      <SentList topic="run" />
    </>
  );
}

/** What is kept of a pool's terms until its round is open. */
const POOL_DRAFTS = ["pool.amount", "pool.reserved", "pool.manual", "pool.beneficiary"] as const;

interface RunProps {
  readonly known: Connection;
  readonly account: Address | null;
}

function Run({ known, account }: RunProps): JSX.Element {
  const { client } = known;
  const [stake, again] = useLoaded(
    async () => (await client.contract()).read("stakingRequirement") as Promise<bigint>,
    [client],
  );
  const [done, setDone] = useState<{ readonly receipts: readonly TransactionReceipt[]; readonly said: string }>();
  if (stake.step === "failed") return <Failure error={stake.error} onAgain={again} />;
  if (stake.value === undefined) return <Waiting />;
  const finish = (said: string, receipts: readonly TransactionReceipt[]) => {
    if (said === t.run.opened) for (const draft of POOL_DRAFTS) keepDraft(draft, "");
    setDone({ said, receipts });
  };
  return (
    <>
      <Card>
        <ul class="meaning">
          {t.run.meaning(formatAmount(stake.value)).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </Card>
      {done === undefined ? null : (
        <>
          <Done title={done.said} receipts={done.receipts} />
          <p>
            <a href="#/stakes">{t.run.toStakes}</a>
          </p>
        </>
      )}
      {account === null ? null : (
        <Unopened
          client={client}
          account={account}
          stake={stake.value}
          onDone={(mined) => finish(t.run.opened, mined)}
        />
      )}
      <Proof known={known} account={account} stake={stake.value} onDone={finish} />
    </>
  );
}

interface ProofProps extends RunProps {
  readonly stake: bigint;
  readonly onDone: (said: string, receipts: readonly TransactionReceipt[]) => void;
}

function Proof({ known, account, stake, onDone }: ProofProps): JSX.Element {
  const { client, facts } = known;
  const [text, setText] = useKept("run.printed", "");
  const parsed = useMemo(() => parse(text), [text]);
  const file = parsed instanceof Error ? null : parsed;
  const { verdicts, error, again } = useVerdicts(client, facts, file, account);
  const finish = async (receipts: readonly TransactionReceipt[], isPool: boolean) => {
    setText("");
    if (isPool || file === null) return onDone(t.run.opened, receipts);
    const { possession } = requestOf(file, file.beneficiary, file.registration.feeBps);
    const id = registeredIn(await client.contract(), receipts.at(-1) as TransactionReceipt, possession.blsKey);
    onDone(t.run.registered(id), receipts);
  };
  return (
    <>
      <Card title={t.run.step1}>
        <p>{t.run.paste}</p>
        <pre class="command">
          <code>{t.run.command(account ?? "0x…")}</code>
        </pre>
        <p class="soft">{t.run.secret}</p>
        <div class="field">
          <label for="printed">{t.run.label}</label>
          <textarea
            id="printed"
            class="code"
            rows={8}
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </div>
        {parsed instanceof Error ? <Failure error={parsed} /> : null}
        {error === null ? null : <Failure error={error} onAgain={again} />}
        {file !== null && verdicts === undefined && error === null ? <Waiting what={t.run.checking} /> : null}
        {file === null || verdicts === undefined ? null : <ChecksView file={file} verdicts={verdicts} />}
      </Card>
      {account === null ? <Notice kind="info">{t.run.connect}</Notice> : null}
      {account === null || file === null || verdicts?.allHold !== true ? null : (
        <Choice
          known={known}
          account={account}
          file={file}
          stake={stake}
          onDone={(receipts, isPool) => void finish(receipts, isPool)}
        />
      )}
    </>
  );
}

/** Null where nothing was pasted yet. */
function parse(text: string): PossessionFile | Error | null {
  if (text.trim() === "") return null;
  try {
    return parsePrinted(text);
  } catch (error) {
    if (isQuorateError(error)) return error;
    throw error;
  }
}
