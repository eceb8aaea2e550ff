/** "My rewards": of the connected wallet, or of the address in the page's own address. */
import { type Address, isQuorateError, parseAddress } from "@quorate/common";
import type { JSX } from "preact";
import { useParams } from "wouter-preact";
import { connection } from "../../network/connection.ts";
import { Card, Failure, Waiting } from "../../parts/parts.tsx";
import { useLoaded } from "../../parts/useLoaded.ts";
import { t } from "../../strings/index.ts";
import { wallet } from "../../wallet/wallet.ts";
import { BalanceCard } from "./balanceCard.tsx";
import { ClaimCard } from "./claimCard.tsx";
import { PaymentsCard } from "./paymentsCard.tsx";
import { loadRewards } from "./rewards.ts";
import "./rewards.css";
import { SignedCard } from "./signedCard.tsx";
import { WhoseForm, WhoseLine } from "./whoseForm.tsx";
import { WhyCard } from "./whyCard.tsx";

const s = t.rewards;

export default function RewardsPage(): JSX.Element {
  const { address } = useParams<{ address?: string }>();
  const given = address === undefined ? null : readAddress(address);
  const recipient = given === null ? (wallet.value?.account ?? null) : "address" in given ? given.address : null;
  return (
    <>
      <h1>{s.title}</h1>
      {given !== null && "error" in given ? <Failure error={given.error} /> : null}
      {recipient === null ? <Welcome /> : <RewardsOf key={recipient} recipient={recipient} />}
    </>
  );
}

function readAddress(text: string): { readonly address: Address } | { readonly error: unknown } {
  try {
    return { address: parseAddress(text) };
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    return { error };
  }
}

function Welcome(): JSX.Element {
  return (
    <Card>
      <p class="lead">{s.about}</p>
      <WhoseForm />
    </Card>
  );
}

function RewardsOf({ recipient }: { readonly recipient: Address }): JSX.Element {
  const asked = connection.value;
  const [rewards, again] = useLoaded(
    async (signal) =>
      asked === null ? Promise.reject(new Error("not connected")) : loadRewards(asked, recipient, signal),
    [asked, recipient],
  );
  const known = rewards.step === "failed" ? undefined : rewards.value;
  return (
    <>
      <WhoseLine recipient={recipient} />
      {rewards.step === "failed" ? <Failure error={rewards.error} onAgain={again} /> : null}
      {known === undefined || asked === null ? (
        rewards.step === "failed" ? null : (
          <Card title={s.balance.title}>
            <Waiting what={s.balance.loading} />
          </Card>
        )
      ) : (
        <>
          <BalanceCard rewards={known} isAsking={rewards.step === "waiting"} onAgain={again} />
          <ClaimCard rewards={known} connection={asked} onAgain={again} />
          <SignedCard rewards={known} connection={asked} />
          <WhyCard rewards={known} connection={asked} />
          <PaymentsCard rewards={known} connection={asked} />
        </>
      )}
    </>
  );
}
