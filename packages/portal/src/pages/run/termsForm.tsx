/** A pool's terms, checked as they are typed. */
import type { RoundTerms } from "@quorate/client";
import { type Address, formatAmount } from "@quorate/common";
import type { JSX } from "preact";
import { useKept } from "../../parts/useKept.ts";
import { t } from "../../strings/index.ts";
import { boundsOf, judgeTerms, type TermsProblem } from "./terms.ts";

interface TermsProps {
  /** Begins the fields' ids: the page may have two such forms. */
  readonly name: string;
  readonly account: Address;
  readonly beneficiary: Address | null;
  /** What the network asks of a node, in atomic units. */
  readonly stake: bigint;
  readonly onTerms: (terms: RoundTerms) => void;
  /** Called when something was changed: what was shown for it before holds no more. */
  readonly onChange: () => void;
  readonly isOff: boolean;
}

export function TermsForm({ name, account, beneficiary, stake, onTerms, onChange, isOff }: TermsProps): JSX.Element {
  // Kept under one name for every such form: a pool whose making was interrupted goes on with what was asked for.
  const [amount, setAmount] = useKept("pool.amount", "");
  const [reserved, setReserved] = useKept("pool.reserved", "");
  const [manual, setManual] = useKept("pool.manual", "");
  const judged = judgeTerms({ amount, reserved }, account, stake);
  const problem = "problem" in judged && amount.trim() !== "" ? termsProblem(judged) : null;
  const { least } = boundsOf(stake);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if ("problem" in judged || beneficiary === null) return;
        onTerms({ ...judged, beneficiary, manualFinalize: manual !== "" });
      }}
    >
      <div class="field">
        <label for={`${name}-own-part`}>{t.run.amount}</label>
        <input
          id={`${name}-own-part`}
          inputMode="decimal"
          autocomplete="off"
          value={amount}
          aria-describedby={`${name}-own-part-said`}
          aria-invalid={problem !== null}
          onInput={(event) => {
            setAmount(event.currentTarget.value);
            onChange();
          }}
        />
        <p id={`${name}-own-part-said`} class={problem === null ? "soft" : "problem"}>
          {problem ?? t.run.amountHint(formatAmount(least), formatAmount(stake))}
        </p>
      </div>
      <div class="field">
        <label for={`${name}-reserved`}>{t.run.reserved}</label>
        <textarea
          id={`${name}-reserved`}
          rows={2}
          spellcheck={false}
          value={reserved}
          onInput={(event) => {
            setReserved(event.currentTarget.value);
            onChange();
          }}
        />
      </div>
      <label class="tick">
        <input
          type="checkbox"
          checked={manual !== ""}
          onChange={(event) => {
            setManual(event.currentTarget.checked ? "yes" : "");
            onChange();
          }}
        />
        {t.run.manual}
      </label>
      <button type="submit" class="main" disabled={isOff || "problem" in judged || beneficiary === null}>
        {t.run.continue}
      </button>
    </form>
  );
}

function termsProblem(problem: TermsProblem): string {
  const said = t.run.problems;
  switch (problem.problem) {
    case "tooLittle":
      return said.tooLittle(formatAmount(problem.least));
    case "tooMuch":
      return said.tooMuch(formatAmount(problem.most));
    case "leavesTooLittle":
      return said.leavesTooLittle(formatAmount(problem.leastLeft));
    case "placeTooSmall":
      return said.placeTooSmall(problem.line, formatAmount(problem.least));
    case "place":
    case "placeTwice":
      return said[problem.problem](problem.line);
    default:
      return said[problem.problem];
  }
}
