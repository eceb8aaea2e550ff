/** A node of one's own or a pool, with fee and beneficiary; then the calls. */
import { createdPool, type PossessionFile, type QuorateClient, type RoundTerms } from "@quorate/client";
import type { Address } from "@quorate/common";
import type { TransactionReceipt } from "ethers";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Connection } from "../../network/connection.ts";
import { Card, Failure } from "../../parts/parts.tsx";
import { keepDraft, useKept } from "../../parts/useKept.ts";
import { useLoaded } from "../../parts/useLoaded.ts";
import { walletBatches } from "../../sending/send.ts";
import { t } from "../../strings/index.ts";
import { type ConnectedWallet, wallet } from "../../wallet/wallet.ts";
import { BeneficiaryField } from "../stake/beneficiaryField.tsx";
import { useBeneficiary } from "../stake/useBeneficiary.ts";
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
  const [kept, setKind] = useKept("run.kind", "solo");
  const kind: Kind = kept === "pool" ? "pool" : "solo";
  const [fee, setFee] = useState(String(file.registration.feeBps / 100));
  const [to, setTo] = useKept(
    `run.beneficiary.${file.registration.identityKey}`,
    file.beneficiary === account ? "" : file.beneficiary,
  );
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const { looked, beneficiary, isContract, error, again } = useBeneficiary(client, to, account, null);
  const [batches] = useLoaded(
    () => walletBatches(wallet.peek() as ConnectedWallet, POOL_CALLS),
    [account, wallet.value?.provider],
  );
  const feeBps = feeBpsOf(fee);
  const isReady = beneficiary !== null && feeBps !== null;
  const reset = () => setWanted(null);
  const changing =
    <T,>(set: (next: T) => void) =>
    (next: T) => {
      set(next);
      reset();
    };
  const want = wanting({ client, account, file, onDone }, batches.step === "here" && batches.value, setWanted);
  return (
    <Card title={t.run.step2}>
      <KindChoice kind={kind} onKind={changing<Kind>(setKind)} />
      <FeeField text={fee} isWrong={feeBps === null} onText={changing(setFee)} />
      <BeneficiaryField
        id="own-beneficiary"
        label={t.run.beneficiary}
        text={to}
        onText={changing(setTo)}
        looked={looked}
      />
      {error === null ? null : <Failure error={error} onAgain={again} />}
      {kind === "solo" ? (
        <button
          type="button"
          class="main"
          disabled={!isReady}
          onClick={() => beneficiary !== null && feeBps !== null && want.solo(beneficiary, feeBps)}
        >
          {t.run.continue}
        </button>
      ) : (
        <TermsForm
          name="pool"
          {...{ account, beneficiary, stake }}
          onTerms={(terms) => feeBps !== null && want.pool(terms, feeBps)}
          onChange={reset}
          isOff={!isReady}
        />
      )}
      {wanted === null ? null : (
        <IntentPanel
          key={wanted.key}
          {...{ make: wanted.make, onDone: wanted.onDone }}
          confirm={isContract ? t.stake.contractConfirm : undefined}
          onCancel={reset}
        />
      )}
    </Card>
  );
}

/** What each button has made and sent. @param isBatching whether the wallet opens a pool as one batch */
function wanting(
  { client, account, file, onDone }: Pick<ChoiceProps, "account" | "file" | "onDone"> & { client: QuorateClient },
  isBatching: boolean,
  setWanted: (wanted: Wanted) => void,
) {
  const poolDone = (receipts: readonly TransactionReceipt[]) => onDone(receipts, true);
  const open = (pool: Address, terms: RoundTerms) =>
    setWanted({ key: `open ${pool}`, make: () => openIntent(client, account, pool, terms), onDone: poolDone });
  return {
    solo(beneficiary: Address, feeBps: number): void {
      const make = () => soloIntent(client, account, requestOf(file, beneficiary, feeBps));
      setWanted({ key: `solo ${beneficiary} ${feeBps}`, make, onDone: (receipts) => onDone(receipts, false) });
    },
    pool(terms: RoundTerms, feeBps: number): void {
      // For after an interruption, when the contract is made and its round is not open.
      keepDraft("pool.beneficiary", terms.beneficiary === account ? "" : terms.beneficiary);
      const request = requestOf(file, terms.beneficiary, feeBps);
      if (isBatching) {
        const make = () => poolAtOnceIntent(client, account, request, terms);
        return setWanted({ key: "pool", make, onDone: poolDone });
      }
      // Somebody else's contract may be made before: where this one is, its receipt says.
      setWanted({
        key: "create",
        make: () => createIntent(client, account, request, terms.amount),
        onDone: (receipts) => open(createdPool(receipts[0] as TransactionReceipt), terms),
      });
    },
  };
}

interface FeeProps {
  readonly text: string;
  readonly isWrong: boolean;
  readonly onText: (text: string) => void;
}

function FeeField({ text, isWrong, onText }: FeeProps): JSX.Element {
  return (
    <div class="field">
      <label for="fee">{t.run.fee}</label>
      <input
        id="fee"
        inputMode="decimal"
        value={text}
        aria-invalid={isWrong}
        aria-describedby="fee-said"
        onInput={(event) => onText(event.currentTarget.value)}
      />
      <p id="fee-said" class={isWrong ? "problem" : "soft"}>
        {isWrong ? t.run.problems.fee : t.run.feeHint}
      </p>
    </div>
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
