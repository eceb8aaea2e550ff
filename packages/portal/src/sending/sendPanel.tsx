/**
 * From calls to receipts, as a person meets it: what will happen, what it costs and why it would be refused, all before
 * the wallet opens; then the wallet, the hash, the receipt. Enters: ready calls and sentences. Leaves: `onDone`.
 */
import type { ReadyCalls } from "@quorate/client";
import { isQuorateError } from "@quorate/common";
import { formatEther, formatUnits, type TransactionReceipt } from "ethers";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Connection, connection } from "../network/connection.ts";
import { shortHex } from "../parts/format.ts";
import { Failure, Notice, Waiting } from "../parts/parts.tsx";
import { useLoaded } from "../parts/useLoaded.ts";
import { t } from "../strings/index.ts";
import { type ConnectedWallet, switchChain, wallet } from "../wallet/wallet.ts";
import { obstacleOf, type Plan, planCalls } from "./plan.ts";
import "./sending.css";
import { type SendStep, sendCalls, walletBatches } from "./send.ts";
import { TransactionLink } from "./sentList.tsx";

export interface SendPanelProps {
  readonly title: string;
  /** Under which name it is remembered: the part of the page. */
  readonly topic: string;
  readonly calls: ReadyCalls;
  /** Sentences: what will happen, to which amounts, and what follows from it. */
  readonly effects: readonly string[];
  /** What a person has to tick first, where it cannot be taken back. */
  readonly confirm?: string | undefined;
  /** Whether they may only be sent as one batch: a later call counts on where an earlier one puts a contract. */
  readonly atOnce?: boolean;
  readonly onDone?: (receipts: readonly TransactionReceipt[]) => void;
  readonly onCancel?: () => void;
}

export function SendPanel(props: SendPanelProps): JSX.Element {
  const { title, effects } = props;
  const section = useRef<HTMLElement>(null);
  // It appears where a button was pressed: whoever uses the keyboard or hears the page goes on there.
  useEffect(() => section.current?.focus(), []);
  return (
    <section class="sending" aria-label={title} tabIndex={-1} ref={section}>
      <h3>{title}</h3>
      <ul class="effects">
        {effects.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <Readiness {...props} />
    </section>
  );
}

/** What has to be right about the wallet before anything is planned. */
function Readiness(props: SendPanelProps): JSX.Element {
  const [known, connected] = [connection.value, wallet.value];
  if (known === null || connected === null) return <Notice kind="info">{t.sending.connect}</Notice>;
  const { chainId, rpc } = known.facts;
  if (String(connected.chainId) !== chainId) {
    return (
      <Notice kind="warn">
        <p>{t.wallet.wrongChain(String(connected.chainId), chainId)}</p>
        <button type="button" onClick={() => void switchChain(BigInt(chainId), rpc).catch(() => {})}>
          {t.wallet.switch(chainId)}
        </button>
      </Notice>
    );
  }
  const needed = props.calls.transactions.find(({ from }) => from !== null && from !== connected.account)?.from;
  if (needed != null) {
    return <Notice kind="warn">{t.sending.otherAccount(shortHex(needed), shortHex(connected.account))}</Notice>;
  }
  return <Planned {...props} known={known} connected={connected} />;
}

interface PlannedProps extends SendPanelProps {
  readonly known: Connection;
  readonly connected: ConnectedWallet;
}

type Running =
  | { readonly step: "idle" }
  | SendStep
  | { readonly step: "done"; readonly receipts: readonly TransactionReceipt[] }
  | { readonly step: "failed"; readonly error: unknown };

/** Calls with their plan, and how far sending them is. */
function useSending({ known, connected, topic, calls, onDone }: PlannedProps) {
  // Of several that are sent one after the other, those that are mined already are not sent again.
  const [mined, setMined] = useState<readonly TransactionReceipt[]>([]);
  const [running, setRunning] = useState<Running>({ step: "idle" });
  const transactions = calls.transactions.slice(mined.length);
  const on = [known, connected.account, calls.transactions.map(({ to, data }) => to + data).join()];
  const [plan, planAgain] = useLoaded(
    async () => planCalls((await known.client.contract()).chain, connected.account, transactions),
    [...on, mined.length],
  );
  const [batch] = useLoaded(() => walletBatches(connected, transactions.length), [...on, mined.length]);
  useEffect(() => {
    setRunning({ step: "idle" });
    setMined([]);
  }, on);
  const send = (asBatch: boolean) => {
    const now = [...mined];
    const onMined = (receipt: TransactionReceipt) => void now.push(receipt);
    const request = { connection: known, wallet: connected, topic, calls: transactions, asBatch };
    sendCalls({ ...request, onStep: setRunning, onMined }).then(
      (sent) => {
        const receipts = [...mined, ...sent];
        setRunning({ step: "done", receipts });
        onDone?.(receipts);
      },
      (error: unknown) => {
        setRunning({ step: "failed", error });
        setMined(now);
        planAgain();
      },
    );
  };
  return { mined, running, transactions, plan, planAgain, batch, send };
}

function Planned(props: PlannedProps): JSX.Element {
  const { calls, confirm, atOnce = false, onCancel } = props;
  const { mined, running, transactions, plan, planAgain, batch, send } = useSending(props);
  const [agreed, setAgreed] = useState(confirm === undefined);
  const [singly, setSingly] = useState(false);
  if (running.step === "done") return <Done receipts={running.receipts} />;
  if (plan.step === "failed") return <Failure error={plan.error} onAgain={planAgain} />;
  if (plan.value === undefined || batch.step === "waiting") return <Waiting what={t.sending.trying} />;
  const asBatch = batch.step === "here" && batch.value && !singly;
  const isBusy = running.step === "signing" || running.step === "mining";
  const obstacle = obstacleOf(plan.value);
  return (
    <>
      <PlanView plan={plan.value} asBatch={asBatch} />
      {batch.step === "here" && batch.value && !atOnce ? (
        <Tick label={t.sending.singly} isOn={singly} onChange={setSingly} isOff={isBusy} />
      ) : null}
      {obstacle === null && confirm !== undefined ? (
        <Tick label={confirm} isOn={agreed} onChange={setAgreed} isOff={isBusy} />
      ) : null}
      {obstacle === null ? null : <Refused plan={plan.value} error={obstacle} onAgain={planAgain} />}
      <Progress running={running} minedCount={mined.length} count={calls.transactions.length} />
      <div class="buttons">
        <button
          type="button"
          class="main"
          disabled={obstacle !== null || !agreed || isBusy || plan.step === "waiting" || (atOnce && !asBatch)}
          onClick={() => send(asBatch)}
        >
          {asBatch ? t.sending.sendBatch : t.sending.send(transactions.length)}
        </button>
        {onCancel === undefined ? null : (
          <button type="button" disabled={isBusy} onClick={onCancel}>
            {t.sending.cancel}
          </button>
        )}
      </div>
    </>
  );
}

interface TickProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly isOff: boolean;
  readonly onChange: (isOn: boolean) => void;
}

function Tick({ label, isOn, isOff, onChange }: TickProps): JSX.Element {
  return (
    <label class="tick">
      <input
        type="checkbox"
        checked={isOn}
        disabled={isOff}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      {label}
    </label>
  );
}

function PlanView({ plan, asBatch }: { readonly plan: Plan; readonly asBatch: boolean }): JSX.Element {
  const { calls, costWei, gas, feePerGasWei } = plan;
  const several = asBatch ? t.sending.batch(calls.length) : t.sending.several(calls.length);
  return (
    <div class="plan">
      <p>{calls.length === 1 ? t.sending.oneCall : several}</p>
      <ol>
        {calls.map(({ call, gas: each, isTried }) => (
          <li key={call.data}>
            {t.sending.names[call.what] ?? call.what} <code>{call.what}</code> → <code>{shortHex(call.to)}</code>,{" "}
            {t.sending.gas(grouped(each))}
            {isTried ? "" : ` (${t.sending.untried})`}
          </li>
        ))}
      </ol>
      <p>{t.sending.costs(formatEther(costWei), grouped(gas), formatUnits(feePerGasWei, "gwei"))}</p>
    </div>
  );
}

function Refused({ plan, error, onAgain }: { readonly plan: Plan; readonly error: unknown; onAgain: () => void }) {
  const { costWei, haveWei } = plan;
  if (isQuorateError(error, "ACCOUNT_LACKS_ETHER")) {
    return <Notice kind="warn">{t.sending.lacksEther(formatEther(haveWei), formatEther(costWei))}</Notice>;
  }
  return <ContractRefuses error={error} onAgain={onAgain} />;
}

/** The contract's own reason, in plain words where there are some. */
export function ContractRefuses({ error, onAgain }: { readonly error: unknown; onAgain: () => void }): JSX.Element {
  const said = isQuorateError(error) ? (error.values["meaning"] ?? error.values["error"] ?? error.message) : error;
  return (
    <Notice kind="warn">
      <p>{t.sending.refused}</p>
      <p>{String(said)}</p>
      <button type="button" onClick={onAgain}>
        {t.app.again}
      </button>
    </Notice>
  );
}

interface ProgressProps {
  readonly running: Running;
  /** Of the calls, those that were mined before. */
  readonly minedCount: number;
  readonly count: number;
}

function Progress({ running, minedCount, count }: ProgressProps): JSX.Element {
  return (
    <div aria-live="polite">
      {running.step === "signing" ? <Waiting what={t.sending.signing(running.index, running.count)} /> : null}
      {running.step === "mining" ? (
        <>
          <Waiting what={t.sending.mining(running.index, running.count)} />
          <TransactionLink id={running.id} />
        </>
      ) : null}
      {running.step === "failed" ? <Failed error={running.error} isFirst={minedCount === 0} /> : null}
      {running.step === "failed" && minedCount > 0 ? (
        <Notice kind="info">{t.sending.partDone(minedCount, count)}</Notice>
      ) : null}
    </div>
  );
}

function Failed({ error, isFirst }: { readonly error: unknown; readonly isFirst: boolean }): JSX.Element {
  if (isQuorateError(error, "WALLET_REFUSED")) {
    return <Notice kind="info">{isFirst ? t.wallet.refused : t.sending.declinedNext}</Notice>;
  }
  return <Failure error={error} />;
}

/** What was mined, and what it cost. */
export function Done({
  title,
  receipts,
}: {
  readonly title?: string;
  readonly receipts: readonly TransactionReceipt[];
}): JSX.Element {
  const costWei = receipts.reduce((sum, { gasUsed, gasPrice }) => sum + gasUsed * gasPrice, 0n);
  return (
    <Notice kind="good">
      {title === undefined ? null : (
        <p>
          <strong>{title}</strong>
        </p>
      )}
      <p>{t.sending.done(receipts.length)}</p>
      <ul>
        {receipts.map(({ hash, blockNumber }) => (
          <li key={hash}>
            <TransactionLink id={hash} /> {t.sending.block(blockNumber)}
          </li>
        ))}
      </ul>
      <p>{t.sending.cost(formatEther(costWei))}</p>
    </Notice>
  );
}

function grouped(count: bigint): string {
  return count.toLocaleString("en");
}
