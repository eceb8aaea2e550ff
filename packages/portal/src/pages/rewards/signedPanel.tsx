/** The stake signs, and this page checks what came against the node set that agents tell; then it can be saved. */
import type { AgentLeft, ClaimProgress } from "@quorate/client";
import { type Address, type ClaimView, isQuorateError } from "@quorate/common";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { agentUrls, type Connection } from "../../network/connection.ts";
import { tokens } from "../../parts/format.ts";
import { Amount, type Belief, Failure, Mark, Notice, Waiting } from "../../parts/parts.tsx";
import { useLoaded } from "../../parts/useLoaded.ts";
import { t } from "../../strings/index.ts";
import { differingNodes } from "../../truth/keySet.ts";
import { panelOf } from "../../truth/panel.ts";
import { WhoSays } from "../../truth/whoSays.tsx";
import { LeftAgents } from "./claimSteps.tsx";
import { saveFile } from "./saveFile.ts";
import { type Signed, type SignedCheck, signWithoutChain } from "./signedHere.ts";
import { Signing } from "./signing.tsx";

const s = t.rewards.offChain;
/** Nodes named of those about which agents disagree. The others are counted. */
const NODES_NAMED = 10;

interface Props {
  readonly connection: Connection;
  readonly recipient: Address;
  /** Asked for before a reload. */
  readonly epoch: number | undefined;
  readonly onEpoch: (epoch: number) => void;
  readonly onStop: () => void;
}

export default function SignedPanel({ connection, recipient, epoch, onEpoch, onStop }: Props): JSX.Element {
  const [round, setRound] = useState<{ readonly url: string; readonly claim: ClaimView } | null>(null);
  const [left, setLeft] = useState<readonly AgentLeft[]>([]);
  const [signed, again] = useLoaded(
    (signal) => {
      setRound(null);
      setLeft([]);
      const onProgress = (progress: ClaimProgress) => {
        if (signal.aborted) return;
        if (progress.step === "left") setLeft((before) => [...before, progress]);
        if (progress.step !== "signing") return;
        setRound(progress);
        onEpoch(progress.claim.epoch);
      };
      const { facts } = connection;
      const [agents, panel] = [agentUrls(facts), panelOf(connection)];
      return signWithoutChain({ agents, panel, facts, recipient, epoch, onProgress, signal });
    },
    [connection, recipient],
  );
  useEffect(() => {
    // Of a round from before a long pause nothing is left, and nobody has asked for a new one.
    if (signed.step === "failed" && isQuorateError(signed.error, "EPOCH_TOO_OLD")) onStop();
  }, [signed.step]);
  return (
    <div class="steps">
      <LeftAgents left={left} />
      {signed.step !== "waiting" ? null : round === null ? (
        <Waiting what={s.asking} />
      ) : round.claim.bundle === null ? (
        <Signing {...round} />
      ) : (
        <Waiting what={t.rewards.claim.checking} />
      )}
      {signed.step === "failed" ? <Failure error={signed.error} onAgain={again} /> : null}
      {signed.step !== "here" ? null : signed.value === null ? (
        <p>{t.rewards.claim.nothing}</p>
      ) : (
        <SignedView signed={signed.value} onAgain={again} />
      )}
      <div class="buttons">
        <button type="button" onClick={onStop}>
          {signed.step === "here" ? t.rewards.claim.back : t.rewards.claim.stop}
        </button>
      </div>
    </div>
  );
}

function SignedView({ signed, onAgain }: { readonly signed: Signed; readonly onAgain: () => void }): JSX.Element {
  const { url, file, content, check } = signed;
  return (
    <>
      <p class="pays">
        {s.earned(String(content.epoch))} <Amount atomic={content.message.amount} /> <Mark belief={beliefIn(check)} />
      </p>
      <CheckLine check={check} onAgain={onAgain} />
      <p class="soft">{t.rewards.ready.from(url)}</p>
      <p class="soft">{s.useIt}</p>
      <button
        type="button"
        class="main"
        onClick={() => saveFile("claim-bundle.json", "application/json", `${JSON.stringify(file, null, 2)}\n`)}
      >
        {s.save}
      </button>
    </>
  );
}

function beliefIn(check: SignedCheck): Belief {
  if (check.kind !== "checked") return { by: "agents", count: 1 };
  return { by: "keys", count: check.told.by.length };
}

function CheckLine({ check, onAgain }: { readonly check: SignedCheck; readonly onAgain: () => void }): JSX.Element {
  const { told } = check;
  if (check.kind === "checked") {
    const { stake, signers, active } = check.checked;
    return (
      <p class="checked">
        <span aria-hidden="true">≈ </span>
        {s.checked(tokens(stake.signedActive), tokens(stake.activeStake), signers, active)} {s.toldBy(told.by)}
      </p>
    );
  }
  return (
    <>
      <Notice kind="warn">
        <p>
          <strong>{s.notChecked}</strong> {check.kind === "disagree" ? s.disagree : s.alone(told.by)}
        </p>
        <button type="button" onClick={onAgain}>
          {t.app.again}
        </button>
      </Notice>
      <WhoSays
        compared={told}
        show={(set) => {
          const odd = differingNodes(set, told.value);
          const named = odd.slice(0, NODES_NAMED).join(", ");
          return `${s.set(set.nodes.length)}${odd.length === 0 ? "" : s.differs(named, odd.length - NODES_NAMED)}`;
        }}
      />
    </>
  );
}
