/**
 * A beneficiary as it is typed. Enters: text, where nothing stands for the account. Leaves: the one to use, or why
 * none.
 */
import type { QuorateClient } from "@quorate/client";
import type { Address } from "@quorate/common";
import { useLoaded } from "../../parts/useLoaded.ts";
import { usable } from "./beneficiaryField.tsx";
import { type BeneficiaryText, lookAtBeneficiary } from "./judge.ts";

export interface TypedBeneficiary {
  /** Null while it is empty or being looked at. */
  readonly looked: BeneficiaryText | null;
  /** Null where what was typed cannot be used, or is not known to be usable yet. */
  readonly beneficiary: Address | null;
  readonly isContract: boolean;
  /** Why the chain could not be asked; null where it could. */
  readonly error: unknown;
  readonly again: () => void;
}

export function useBeneficiary(
  client: QuorateClient,
  text: string,
  account: Address,
  pool: Address | null,
): TypedBeneficiary {
  const typed = text.trim();
  const [loaded, again] = useLoaded(
    async () => (typed === "" ? null : lookAtBeneficiary(client, typed, pool)),
    [client, typed, pool],
  );
  const looked = loaded.step === "here" ? loaded.value : null;
  return {
    looked,
    beneficiary: typed === "" ? account : usable(looked),
    isContract: looked !== null && "verdict" in looked && looked.verdict === "contract",
    error: loaded.step === "failed" ? loaded.error : null,
    again,
  };
}
