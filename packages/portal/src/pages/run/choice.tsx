/** A node of one's own or a pool, with fee and beneficiary; then the calls. */
import { createdPool, type PossessionFile, type RoundTerms } from "@quorate/client";
import type { Address } from "@quorate/common";
import type { TransactionReceipt } from "ethers";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Connection } from "../../network/connection.ts";
import { Card } from "../../parts/parts.tsx";
import { useLoaded } from "../../parts/useLoaded.ts";
import { walletBatches } from "../../sending/send.ts";
import { t } from "../../strings/index.ts";
import { type ConnectedWallet, wallet } from "../../wallet/wallet.ts";
import { BeneficiaryField, usable } from "../stake/beneficiaryField.tsx";
import { lookAtBeneficiary } from "../stake/judge.ts";
import { IntentPanel } from "./intentPanel.tsx";
import { createIntent, type Intent, openIntent, poolAtOnceIntent, requestOf, soloIntent } from "./register.ts";
import { feeBpsOf } from "./terms.ts";
import { TermsForm } from "./termsForm.tsx";

/** The contract's creation, the approval, the opening. */
const POOL_CALLS = 3;

interface ChoiceProps {
  readonly known: Connection;
  readonly account: Address;
  readonly file: PossessionFile;
  readonly stake: bigint;
  readonly onDone: (receipts: readonly TransactionReceipt[], isPool: boolean) => void;
}

type Kind = "solo" | "pool";

interface Wanted {
  readonly key: string;
  readonly make: () => Promise<Intent>;
  readonly onDone: (receipts: readonly TransactionReceipt[]) => void;
}

export function Choice({ known, account, file, stake, onDone }: ChoiceProps): JSX.Element {
  const { client } = known;
  const [kind, setKind] = useState<Kind>("solo");
  const [fee, setFee] = useState(String(file.registration.feeBps / 100));
  const [to, setTo] = useState<string>(file.beneficiary === account ? "" : file.beneficiary);
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const typed = to.trim();
  const [looked] = useLoaded(
    async () => (typed === "" ? null : lookAtBeneficiary(client, typed, null)),
    [client, typed],
  );
  const [batches] = useLoaded(
    () => walletBatches(wallet.peek() as ConnectedWallet, POOL_CALLS),
    [account, wallet.value?.provider],
  );
  const found = looked.step === "here" ? looked.value : null;
  const beneficiary = typed === "" ? account : usable(found);
  const feeBps = feeBpsOf(fee);
  const isReady = beneficiary !== null && feeBps !== null;
  const reset = () => setWanted(null);

  function wantSolo(): void {
    if (beneficiary === null || feeBps === null) return;
    const request = requestOf(file, beneficiary, feeBps);
    const make = () => soloIntent(client, account, request);
    setWanted({ key: `solo ${beneficiary} ${feeBps}`, make, onDone: (receipts) => onDone(receipts, false) });
  }

  function wantPool(terms: RoundTerms): void {
    if (feeBps === null) return;
    const request = requestOf(file, terms.beneficiary, feeBps);
    if (batches.step === "here" && batches.value) {
      const make = () => poolAtOnceIntent(client, account, request, terms);
      return setWanted({ key: "pool", make, onDone: (receipts) => onDone(receipts, true) });
    }
    const make = () => createIntent(client, account, request, terms.amount);
    setWanted({
      key: "create",
      make,
      onDone: (receipts) => wantOpening(createdPool(receipts[0] as TransactionReceipt), terms),
    });
  }

  function wantOpening(pool: Address, terms: RoundTerms): void {
    const make = () => openIntent(client, account, pool, terms);
    setWanted({ key: `open ${pool}`, make, onDone: (receipts) => onDone(receipts, true) });
  }

  return (
    <Card title={t.run.step2}>
      <KindChoice
        kind={kind}
        onKind={(next) => {
          setKind(next);
          reset();
        }}
      />
      <div class="field">
        <label for="fee">{t.run.fee}</label>
        <input
          id="fee"
          inputMode="decimal"
          value={fee}
          aria-invalid={feeBps === null}
          aria-describedby="fee-said"
          onInput={(event) => {
            setFee(event.currentTarget.value);
            reset();
          }}
        />
        <p id="fee-said" class={feeBps === null ? "problem" : "soft"}>
          {feeBps === null ? t.run.feeProblem : t.run.feeHint}
        </p>
      </div>
      <BeneficiaryField
        id="own-beneficiary"
        label={t.run.beneficiary}
        text={to}
        onText={(next) => {
          setTo(next);
          reset();
        }}
        looked={found}
      />
      {kind === "solo" ? (
        <button type="button" class="main" disabled={!isReady} onClick={wantSolo}>
          {t.run.continue}
        </button>
      ) : (
        <TermsForm
          name="pool"
          {...{ account, beneficiary, stake }}
          onTerms={wantPool}
          onChange={reset}
          isOff={!isReady}
        />
      )}
      {wanted === null ? null : (
        <IntentPanel key={wanted.key} make={wanted.make} onDone={wanted.onDone} onCancel={reset} />
      )}
    </Card>
  );
}

function KindChoice({ kind, onKind }: { readonly kind: Kind; readonly onKind: (kind: Kind) => void }): JSX.Element {
  const kinds: readonly Kind[] = ["solo", "pool"];
  return (
    <fieldset class="kinds">
      <legend>{t.run.kind}</legend>
      {kinds.map((one) => (
        <label key={one} class="tick">
          <input type="radio" name="kind" checked={kind === one} onChange={() => onKind(one)} />
          {t.run[one]}
        </label>
      ))}
    </fieldset>
  );
}
