/** The amount and the beneficiary of a contribution, checked as they are typed; then what is sent. */
import { type PoolView, type QuorateClient, tokenOf } from "@quorate/client";
import { type Address, formatAmount, formatPlainAmount } from "@quorate/common";
import type { TransactionReceipt } from "ethers";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { percent, shortHex } from "../../parts/format.ts";
import { Card, Failure, Notice, Waiting } from "../../parts/parts.tsx";
import { useKept } from "../../parts/useKept.ts";
import { useLoaded } from "../../parts/useLoaded.ts";
import { SendPanel } from "../../sending/sendPanel.tsx";
import { t } from "../../strings/index.ts";
import { BeneficiaryField, usable } from "./beneficiaryField.tsx";
import { type AmountProblem, judgeAmount } from "./contribution.ts";
import { lookAtBeneficiary } from "./judge.ts";

interface FormProps {
  readonly client: QuorateClient;
  readonly pool: PoolView;
  readonly account: Address;
  readonly onDone: (receipts: readonly TransactionReceipt[]) => void;
}

/** What is about to be sent. */
interface Wanted {
  readonly amount: bigint;
  readonly beneficiary: Address;
  readonly isContract: boolean;
}

export function ContributeForm({ client, pool, account, onDone }: FormProps): JSX.Element {
  const { address, bounds, feeBps, contributions } = pool;
  const own = contributions.find(({ addr }) => addr === account);
  const [text, setText] = useKept(`amount.${address}`, "");
  const [to, setTo] = useKept(`beneficiary.${address}`, "");
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [have] = useLoaded(
    async () => (await tokenOf(await client.contract())).balanceOf(account),
    [client, account, pool.total],
  );
  const typed = to.trim();
  const [looked] = useLoaded(
    async () => (typed === "" ? null : lookAtBeneficiary(client, typed, address)),
    [client, typed],
  );
  const held = have.step === "failed" ? null : (have.value ?? null);
  const judged = judgeAmount(text, pool, held);
  const found = looked.step === "here" ? looked.value : null;
  const beneficiary = typed === "" ? (own?.beneficiary ?? account) : usable(found);
  const isReady = "amount" in judged && beneficiary !== null;
  const change = (set: (next: string) => void) => (next: string) => {
    set(next);
    setWanted(null);
  };
  return (
    <Card title={own === undefined ? t.stake.form : t.stake.topUp}>
      {bounds.maximum === 0n ? <Notice kind="info">{t.stake.takesNothing}</Notice> : null}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!("amount" in judged) || beneficiary === null) return;
          const isContract = found !== null && "verdict" in found && found.verdict === "contract";
          setWanted({ amount: judged.amount, beneficiary, isContract });
        }}
      >
        <AmountField pool={pool} text={text} onText={change(setText)} judged={judged} have={held} />
        <BeneficiaryField
          id="beneficiary"
          label={t.stake.beneficiary}
          hint={own === undefined ? undefined : t.stake.beneficiaryNow(shortHex(own.beneficiary))}
          text={to}
          onText={change(setTo)}
          looked={found}
        />
        {looked.step === "failed" ? <Failure error={looked.error} /> : null}
        <Rules feeBps={feeBps} />
        <button type="submit" class="main" disabled={!isReady}>
          {t.stake.check}
        </button>
      </form>
      {wanted === null ? null : (
        <Checked
          {...{ client, pool, account, wanted }}
          onCancel={() => setWanted(null)}
          onDone={(receipts) => {
            setText("");
            setTo("");
            setWanted(null);
            onDone(receipts);
          }}
        />
      )}
    </Card>
  );
}

function Rules({ feeBps }: { readonly feeBps: number }): JSX.Element {
  return (
    <div class="rules">
      <h3>{t.stake.rules}</h3>
      <ul>
        {[...t.stake.ruleList(percent(feeBps)), t.stake.permit].map((rule) => (
          <li key={rule}>{rule}</li>
        ))}
      </ul>
    </div>
  );
}

interface AmountFieldProps {
  readonly pool: PoolView;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly judged: ReturnType<typeof judgeAmount>;
  readonly have: bigint | null;
}

function AmountField({ pool: { bounds }, text, onText, judged, have }: AmountFieldProps): JSX.Element {
  const problem = "problem" in judged && judged.problem !== "empty" ? problemText(judged) : null;
  const { minimum, maximum } = bounds;
  return (
    <div class="field">
      <label for="amount">{t.stake.amount}</label>
      <input
        id="amount"
        inputMode="decimal"
        autocomplete="off"
        value={text}
        aria-invalid={problem !== null}
        aria-describedby="amount-said"
        onInput={(event) => onText(event.currentTarget.value)}
      />
      <p id="amount-said" class={problem === null ? "soft" : "problem"}>
        {problem ?? (have === null ? "" : t.stake.have(formatAmount(have)))}
      </p>
      {maximum === 0n ? null : (
        <div class="buttons">
          <button type="button" class="plain" onClick={() => onText(formatPlainAmount(minimum))}>
            {t.stake.useLeast(formatAmount(minimum))}
          </button>
          <button type="button" class="plain" onClick={() => onText(formatPlainAmount(maximum))}>
            {t.stake.useMost(formatAmount(maximum))}
          </button>
        </div>
      )}
    </div>
  );
}

function problemText(problem: AmountProblem): string {
  const said = t.stake.problems;
  if (problem.problem === "tooLittle") return said.tooLittle(formatAmount(problem.least));
  if (problem.problem === "tooMuch") return said.tooMuch(formatAmount(problem.most));
  if (problem.problem === "notHeld") return said.notHeld(formatAmount(problem.have));
  if (problem.problem === "leavesTooLittle") {
    return said.leavesTooLittle(formatAmount(problem.most), formatAmount(problem.leastLeft));
  }
  return said[problem.problem];
}

interface CheckedProps extends FormProps {
  readonly wanted: Wanted;
  readonly onCancel: () => void;
}

function Checked({ client, pool, account, wanted, onDone, onCancel }: CheckedProps): JSX.Element {
  const { amount, beneficiary, isContract } = wanted;
  const [found, again] = useLoaded(
    () => client.contribute(pool.address, account, amount, beneficiary),
    [client, pool.address, account, amount, beneficiary],
  );
  if (found.step === "failed") return <Failure error={found.error} onAgain={again} />;
  if (found.value === undefined) return <Waiting what={t.sending.trying} />;
  const { transactions } = found.value;
  return (
    <SendPanel
      title={pool.contributions.some(({ addr }) => addr === account) ? t.stake.topUp : t.stake.form}
      topic="stakes"
      calls={{ transactions }}
      effects={effectsOf(found.value.pool, wanted)}
      {...(isContract ? { confirm: t.stake.contractConfirm } : {})}
      onDone={onDone}
      onCancel={onCancel}
    />
  );
}

function effectsOf(pool: PoolView, { amount, beneficiary }: Wanted): readonly string[] {
  const { address, stakingRequirement, total, manualFinalize, feeBps } = pool;
  const left = stakingRequirement - total - amount;
  const after = left > 0n ? t.stake.effectLeft(formatAmount(left)) : undefined;
  const then = after ?? (manualFinalize ? t.stake.effectManual : t.stake.effectCompletes);
  const paid = t.stake.effects(formatAmount(amount), shortHex(address), shortHex(beneficiary), percent(feeBps));
  return [...paid, then];
}
