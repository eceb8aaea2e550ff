/** What a claim is at: asked, signed, checked, in the wallet, sent, final; or what went wrong and what helps. */
import type { AgentLeft, Eip1193Provider } from "@quorate/client";
import { ERROR_CODES, isQuorateError } from "@quorate/common";
import type { PortalFacts } from "@quorate/common/http";
import type { JSX } from "preact";
import { ExplorerLink } from "../../parts/explorerLink.tsx";
import { tokens } from "../../parts/format.ts";
import { Amount, Failure, Hash, Notice, Waiting } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import { switchChain } from "../../wallet/wallet.ts";
import type { ClaimRun, Ready, RunState } from "./claimRun.ts";
import { CostLine } from "./costLine.tsx";
import { saveFile } from "./saveFile.ts";
import { Signing } from "./signing.tsx";
import { isOver, isRecorded, troubleOf } from "./trouble.ts";
import { useTogether } from "./useTogether.ts";

const s = t.rewards;

interface Props {
  readonly run: ClaimRun;
  readonly facts: PortalFacts;
  /** Of the recipient's own account; null where it is not connected. */
  readonly wallet: Eip1193Provider | null;
  readonly onDone: () => void;
}

export function ClaimSteps(props: Props): JSX.Element {
  const { run, facts, wallet, onDone } = props;
  const state = run.state.value;
  return (
    <div class="steps">
      <LeftAgents left={run.left.value} />
      {state.step === "asking" ? <Waiting what={s.claim.asking} /> : null}
      {state.step === "signing" ? <Signing url={state.url} claim={state.claim} /> : null}
      {state.step === "checking" ? <Waiting what={s.claim.checking} /> : null}
      {state.step === "ready" || state.step === "wallet" ? <ReadyView run={run} ready={state.ready} /> : null}
      {state.step === "wallet" ? <Notice kind="info">{s.ready.wallet}</Notice> : null}
      {state.step === "ready" ? (
        <SendButtons run={run} ready={state.ready} wallet={wallet} facts={facts} onStop={onDone} />
      ) : null}
      {state.step === "batch" ? <Batch isAsked={state.isAsked} onDone={onDone} /> : null}
      {state.step === "sent" || state.step === "mined" ? <Sent state={state} facts={facts} onDone={onDone} /> : null}
      {state.step === "failed" ? <Failed {...props} state={state} /> : null}
      {state.step === "asking" || state.step === "signing" || state.step === "checking" ? (
        <div class="buttons">
          <button type="button" onClick={onDone}>
            {s.claim.stop}
          </button>
        </div>
      ) : null}
    </div>
  );
}

export function LeftAgents({ left }: { readonly left: readonly AgentLeft[] }): JSX.Element | null {
  if (left.length === 0) return null;
  return (
    <Notice kind="warn">
      <p>{s.claim.leftTitle(left.length)}</p>
      <ul>
        {left.map(({ url, error }, i) => (
          <li key={`${i} ${url}`}>
            {s.claim.left(url, ERROR_CODES[error.code].summary)} <code>{error.code}</code>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

interface ReadyProps {
  readonly run: ClaimRun;
  readonly ready: Ready;
  /** The first of two transactions is mined already. */
  readonly isRecorded?: boolean;
}

function ReadyView({ run, ready: { payment, checked, cost }, isRecorded = false }: ReadyProps): JSX.Element {
  const isTogether = useTogether(run, payment.transactions.length);
  const by =
    checked === null
      ? payment.kind === "proof"
        ? s.ready.proved
        : s.ready.recorded
      : s.ready.checked(
          tokens(checked.stake.signedActive),
          tokens(checked.stake.activeStake),
          checked.signers,
          checked.active,
        );
  return (
    <>
      <p class="pays">
        {s.ready.pays} <Amount atomic={payment.pays} />
      </p>
      <p class="checked">
        <span aria-hidden="true">✓ </span>
        {by}
      </p>
      {payment.rest === 0n ? null : <p>{s.ready.rest(`${tokens(payment.rest)} ${t.units.token}`)}</p>}
      {payment.transactions.length > 1 && !isRecorded ? (
        <p>{isTogether ? s.claim.partTogether : s.claim.partTwo}</p>
      ) : null}
      {payment.isTried || isRecorded ? null : (
        <p class="soft">{isTogether ? s.ready.untriedTogether : s.ready.untried}</p>
      )}
      {isRecorded ? null : <CostLine cost={cost} />}
      {payment.agent === null ? null : <p class="soft">{s.ready.from(payment.agent)}</p>}
    </>
  );
}

interface SendProps {
  readonly run: ClaimRun;
  readonly ready: Ready;
  readonly wallet: Eip1193Provider | null;
  readonly facts: PortalFacts;
  readonly onStop: () => void;
}

function SendButtons({ run, ready, wallet, onStop }: SendProps): JSX.Element {
  const { payment, cost } = ready;
  const { file, refusal } = payment;
  const canSend = wallet !== null && refusal === null && cost.suffices;
  return (
    <>
      {wallet === null ? <Notice kind="info">{s.claim.noWallet}</Notice> : null}
      {refusal === null ? null : (
        <Notice kind="warn">{`${s.claim.refused} ${refusal.meaning ?? refusal.error}`}</Notice>
      )}
      {cost.suffices ? null : <Words trouble="noGas" />}
      <div class="buttons">
        <button
          type="button"
          class="main large"
          disabled={!canSend}
          onClick={() => wallet && void run.send(ready, wallet)}
        >
          {s.ready.send}
        </button>
        {file === null ? null : (
          <button
            type="button"
            onClick={() => saveFile(`claim-${payment.kind}.json`, "application/json", jsonOf(file))}
          >
            {s.ready.file}
          </button>
        )}
        <button type="button" onClick={onStop}>
          {s.claim.stop}
        </button>
      </div>
    </>
  );
}

function jsonOf(file: object): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

function Back({ onDone }: { readonly onDone: () => void }): JSX.Element {
  return (
    <div class="buttons">
      <button type="button" onClick={onDone}>
        {s.claim.back}
      </button>
    </div>
  );
}

/** Both transactions of a part, as one of the wallet. */
function Batch({ isAsked, onDone }: { readonly isAsked: boolean; readonly onDone: () => void }): JSX.Element {
  return (
    <div class="sent" aria-live="polite">
      {isAsked ? <Waiting what={s.sent.together} /> : <Notice kind="info">{s.sent.togetherUnknown}</Notice>}
      <p class="soft">{s.sent.reload}</p>
      {isAsked ? null : <Back onDone={onDone} />}
    </div>
  );
}

interface SentProps {
  readonly state: Extract<RunState, { step: "sent" | "mined" }>;
  readonly facts: PortalFacts;
  readonly onDone: () => void;
}

function Sent({ state, facts, onDone }: SentProps): JSX.Element {
  const mined = state.step === "mined" ? state : null;
  return (
    <div class="sent" aria-live="polite">
      {mined === null ? (
        <Waiting what={state.step === "sent" && state.records ? s.sent.recording : s.sent.waiting} />
      ) : (
        <Notice kind="good">
          <p>
            <strong>{s.sent.paid(`${tokens(mined.amount)} ${t.units.token}`)}</strong>{" "}
            {s.sent.block(String(mined.finality.block))}
          </p>
          <p>{finalityText(mined)}</p>
        </Notice>
      )}
      <p>
        {s.sent.hash} <Hash text={state.hash} />{" "}
        {facts.explorer === null ? null : (
          <ExplorerLink explorer={facts.explorer} hash={state.hash}>
            {s.sent.explorer}
          </ExplorerLink>
        )}
      </p>
      {mined?.finality.isFinal === true ? null : <p class="soft">{s.sent.reload}</p>}
      {mined === null ? null : <Back onDone={onDone} />}
    </div>
  );
}

function finalityText({ finality: { isFinal, finalised } }: Extract<RunState, { step: "mined" }>): string {
  if (isFinal) return s.sent.final;
  return finalised === null ? s.sent.notFinalUnknown : s.sent.notFinal(String(finalised));
}

function Words({ trouble }: { readonly trouble: keyof typeof s.trouble }): JSX.Element {
  const [what, help] = s.trouble[trouble];
  return (
    <Notice kind={trouble.startsWith("declined") || trouble === "slow" || trouble === "nothing" ? "info" : "warn"}>
      <p>
        <strong>{what}</strong>
      </p>
      <p>{help}</p>
    </Notice>
  );
}

/** The plain words first; what exactly was said, with its code, below. */
function Failed({
  state,
  run,
  facts,
  wallet,
  onDone,
}: Props & { readonly state: Extract<RunState, { step: "failed" }> }): JSX.Element {
  const { error, ready, hash } = state;
  const trouble = troubleOf(error);
  const chainId = BigInt(facts.chainId);
  const over = isOver(trouble);
  return (
    <>
      <Words trouble={trouble} />
      {isRecorded(error) && trouble !== "declinedLater" ? <p>{s.sent.recorded}</p> : null}
      {ready === null || over ? null : <ReadyView run={run} ready={ready} isRecorded={isRecorded(error)} />}
      <Missing error={error} />
      {hash === null ? null : (
        <p>
          {s.sent.hash} <Hash text={hash} />
        </p>
      )}
      {trouble.startsWith("declined") ? null : (
        <details>
          <summary>{t.app.details}</summary>
          <Failure error={error} />
        </details>
      )}
      <div class="buttons">
        {trouble === "wrongChain" ? (
          <button type="button" onClick={() => void switchChain(chainId, facts.rpc).catch(() => {})}>
            {s.claim.switch(facts.chainId)}
          </button>
        ) : null}
        {over ? null : (
          <button type="button" class="main" onClick={() => void run.again(wallet)}>
            {s.claim.again}
          </button>
        )}
        <button type="button" onClick={onDone}>
          {s.claim.back}
        </button>
      </div>
    </>
  );
}

/** Who has not signed and why, where that is what the error says. */
function Missing({ error }: { readonly error: unknown }): JSX.Element | null {
  if (!isQuorateError(error, "QUORUM_NOT_REACHED")) return null;
  const { why } = error.values;
  if (!Array.isArray(why) || why.length === 0) return null;
  return (
    <ul class="reasons">
      {why.slice(0, 50).map((line) => (
        <li key={String(line)}>{String(line)}</li>
      ))}
    </ul>
  );
}
