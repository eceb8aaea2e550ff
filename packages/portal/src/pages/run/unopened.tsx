/** Pools of the account whose round is not open: one that was ended, or whose opening was interrupted. */
import type { QuorateClient, RoundTerms } from "@quorate/client";
import type { Address } from "@quorate/common";
import type { TransactionReceipt } from "ethers";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { shortHex } from "../../parts/format.ts";
import { Card, Failure } from "../../parts/parts.tsx";
import { useKept } from "../../parts/useKept.ts";
import { useLoaded } from "../../parts/useLoaded.ts";
import { t } from "../../strings/index.ts";
import { BeneficiaryField } from "../stake/beneficiaryField.tsx";
import { useBeneficiary } from "../stake/useBeneficiary.ts";
import { IntentPanel } from "./intentPanel.tsx";
import { openIntent } from "./register.ts";
import { TermsForm } from "./termsForm.tsx";

interface UnopenedProps {
  readonly client: QuorateClient;
  readonly account: Address;
  readonly stake: bigint;
  readonly onDone: (receipts: readonly TransactionReceipt[]) => void;
}

export function Unopened({ client, account, stake, onDone }: UnopenedProps): JSX.Element | null {
  const [pools, again] = useLoaded(() => client.pools({ account, all: true }), [client, account]);
  if (pools.step === "failed") return <Failure error={pools.error} onAgain={again} />;
  const mine = (pools.value ?? []).find(({ operator, status }) => operator === account && status === "setup");
  if (mine === undefined) return null;
  const { address } = mine;
  return (
    <Opening
      key={address}
      {...{ client, account, stake, address }}
      onDone={(receipts) => {
        again();
        onDone(receipts);
      }}
    />
  );
}

interface OpeningProps extends UnopenedProps {
  readonly address: Address;
}

function Opening({ client, account, stake, address, onDone }: OpeningProps): JSX.Element {
  const [terms, setTerms] = useState<RoundTerms | null>(null);
  const [to, setTo] = useKept("pool.beneficiary", "");
  const { looked, beneficiary, isContract, error, again } = useBeneficiary(client, to, account, address);
  return (
    <Card title={t.run.unopened(shortHex(address))}>
      <p>{t.run.unopenedWhat}</p>
      <BeneficiaryField
        id="again-beneficiary"
        label={t.run.beneficiary}
        text={to}
        onText={(next) => {
          setTo(next);
          setTerms(null);
        }}
        looked={looked}
      />
      {error === null ? null : <Failure error={error} onAgain={again} />}
      <TermsForm
        name="again"
        {...{ account, stake, beneficiary }}
        onTerms={setTerms}
        onChange={() => setTerms(null)}
        isOff={beneficiary === null}
      />
      {terms === null ? null : (
        <IntentPanel
          make={() => openIntent(client, account, address, terms)}
          confirm={isContract ? t.stake.contractConfirm : undefined}
          onDone={onDone}
          onCancel={() => setTerms(null)}
        />
      )}
    </Card>
  );
}
