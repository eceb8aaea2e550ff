/** Where a beneficiary is typed; what is wrong with it is said beside it. */
import type { Address } from "@quorate/common";
import type { JSX } from "preact";
import { t } from "../../strings/index.ts";
import type { BeneficiaryText } from "./judge.ts";

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly text: string;
  readonly onText: (text: string) => void;
  /** Null while it is empty or being looked at. */
  readonly looked: BeneficiaryText | null;
}

export function BeneficiaryField({ id, label, hint, text, onText, looked }: FieldProps): JSX.Element {
  const problem = looked === null ? null : beneficiaryProblem(looked);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        value={text}
        placeholder="0x…"
        spellcheck={false}
        autocomplete="off"
        aria-invalid={problem !== null}
        aria-describedby={`${id}-said`}
        onInput={(event) => onText(event.currentTarget.value)}
      />
      <p id={`${id}-said`} class={problem === null ? "soft" : "problem"}>
        {problem ?? hint ?? ""}
      </p>
    </div>
  );
}

/** Why it is refused; null where it is not. */
export function beneficiaryProblem(looked: BeneficiaryText): string | null {
  const found = "problem" in looked ? looked.problem : looked.verdict;
  return found === "account" || found === "contract" ? null : t.stake.beneficiaryProblems[found];
}

/** The one to use, where nothing is wrong with it. */
export function usable(looked: BeneficiaryText | null): Address | null {
  return looked !== null && "address" in looked && beneficiaryProblem(looked) === null ? looked.address : null;
}
