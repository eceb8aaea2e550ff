/** Why a contract would refuse a call now, in its own words and in plain ones. */
import { isQuorateError } from "@quorate/common";

export interface Refusal {
  /** The contract's own error: `EnforcedPause(1700000000)`. */
  readonly error: string;
  /** The same in plain words, where there are some. */
  readonly meaning: string | null;
}

/** Null when the call goes through. @throws what is no refusal of the contract's */
export async function refusalOf(call: () => Promise<unknown>): Promise<Refusal | null> {
  try {
    await call();
    return null;
  } catch (error) {
    if (!isQuorateError(error, "TRANSACTION_REVERTED")) throw error;
    const { error: name, meaning } = error.values;
    return { error: String(name), meaning: meaning === undefined ? null : String(meaning) };
  }
}
