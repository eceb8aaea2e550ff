/** A person's no in the wallet, which is no failure. Enters: what a wallet or this program threw. Leaves: yes or no. */
import { isQuorateError } from "@quorate/common";

/** EIP-1193: the person said no. */
const DECLINED = 4001;

export function isDeclined(error: unknown): boolean {
  return isQuorateError(error, "WALLET_REFUSED") || (error as { code?: unknown }).code === DECLINED;
}
