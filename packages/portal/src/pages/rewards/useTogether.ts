/** Whether the connected wallet would run the transactions of a claim as one (EIP-5792): that is said beforehand. */

import { useLoaded, valueIn } from "../../parts/useLoaded.ts";
import { canBatch } from "../../sending/batch.ts";
import { wallet } from "../../wallet/wallet.ts";
import type { ClaimRun } from "./claimRun.ts";

export function useTogether(run: ClaimRun, callCount: number): boolean {
  const connected = wallet.value;
  const [found] = useLoaded(async () => {
    if (connected === null) return false;
    return canBatch(connected.provider, connected.account, connected.chainId, callCount);
  }, [connected, callCount]);
  return valueIn(found) === true && !run.isSingly.value;
}
