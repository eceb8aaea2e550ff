/**
 * A pause that runs, and who may end it (P-29, P-113, P-155). Enters: the rewards contract. Leaves: until when, whose
 * it is, and what the guardian's window leaves. The contract has no view of whose a pause is; what `unpause` would say
 * to the guardian tells it.
 */
import { type Address, isQuorateError, parseAddress } from "@quorate/common";
import type { RewardsContract } from "./rewardsContract.ts";

/** What a guardian may begin in one window (P-113). */
const GUARDIAN_PAUSES = 3;

export interface Pause {
  /** Seconds since 1970 at which it ends by itself. */
  readonly until: number;
  /** The owner may end any pause; the guardian only one of its own. */
  readonly by: "owner" | "guardian";
  /** Seconds since 1970 at which the guardian's window ends, and each of its pauses with it; only of its own pause. */
  readonly windowEndsAt: number | null;
  /** Pauses that the guardian may still begin in this window; only of its own pause. */
  readonly pausesLeft: number | null;
}

type Asked = Pick<RewardsContract, "read">;

/** Null where none runs. @throws CHAIN_PROVIDER_FAILED */
export async function pauseOf(contract: Asked): Promise<Pause | null> {
  const [isPaused, until] = await Promise.all([contract.read("paused"), contract.read("pausedUntil")]);
  if (isPaused !== true) return null;
  const [guardian, owner] = await Promise.all([addressIn(contract, "guardian"), addressIn(contract, "owner")]);
  if (guardian === owner || !(await mayEnd(contract, guardian))) {
    return { until: Number(until), by: "owner", windowEndsAt: null, pausesLeft: null };
  }
  const [endsAt, begun] = (await contract.read("guardianWindow")) as [bigint, bigint];
  const pausesLeft = GUARDIAN_PAUSES - Number(begun);
  return { until: Number(until), by: "guardian", windowEndsAt: Number(endsAt), pausesLeft };
}

async function addressIn(contract: Asked, name: "guardian" | "owner"): Promise<Address> {
  return parseAddress(String(await contract.read(name)));
}

/** Nothing is sent. Any refusal means that it may not, `PausedByOwner` first of all. */
async function mayEnd(contract: Asked, guardian: Address): Promise<boolean> {
  try {
    await contract.read("unpause", { from: guardian });
    return true;
  } catch (error) {
    if (isQuorateError(error, "TRANSACTION_REVERTED")) return false;
    throw error;
  }
}
