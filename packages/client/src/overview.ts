/**
 * The network at a glance, by the chain alone and at one block: stakes by what they count for (P-22), the clock of
 * epochs, what the reward pool releases (P-31). Enters: a contract. Leaves: plain numbers.
 */
import { quorateError, releasedOf, rewardRatePoolAbi, yearlyReleaseOf } from "@quorate/common";
import { coded } from "@quorate/common/chain";
import { Contract } from "ethers";
import type { RewardsContract } from "./rewardsContract.ts";

/** Amounts in atomic units, times in seconds since 1970. */
export interface NetworkOverview {
  readonly block: number;
  readonly timestamp: number;
  readonly activeStake: bigint;
  /** Of decommissioned nodes that count toward the floor; silent ones are apart. */
  readonly decommissionedStake: bigint;
  readonly silentStake: bigint;
  readonly stakingRequirement: bigint;
  /** Null before the start. */
  readonly genesis: number | null;
  readonly epochSeconds: number;
  readonly acceptedReports: number;
  /** Of the claim limit and everything else that moves money: null while it is not paused. */
  readonly pausedUntil: number | null;
  readonly emission: Emission;
}

/** What the pool releases if nobody funds it further. Amounts in atomic units. */
export interface Emission {
  /** Not released by now. */
  readonly unreleased: bigint;
  readonly inNextEpoch: bigint;
  readonly inNextDay: bigint;
  /** At this moment's rate, were it kept for a year: 15.1% of what is not released. */
  readonly yearly: bigint;
}

/** The values of the pool's last `Settled` event: at `time` it had `balance` that was not released. */
export interface Settlement {
  readonly balance: bigint;
  readonly time: bigint;
}

/** The pool's formula of P-31, in its own order of roundings. */
export function emissionAt({ balance, time }: Settlement, timestamp: number, epochSeconds: number): Emission {
  const elapsed = BigInt(timestamp) - time;
  const releasedBy = (seconds: number) => releasedOf(balance, elapsed + BigInt(seconds));
  const now = releasedBy(0);
  return {
    unreleased: balance - now,
    inNextEpoch: releasedBy(epochSeconds) - now,
    inNextDay: releasedBy(86_400) - now,
    yearly: yearlyReleaseOf(balance - now),
  };
}

/** @throws CHAIN_PROVIDER_FAILED, TRANSACTION_REVERTED */
export async function overviewOf(contract: RewardsContract): Promise<NetworkOverview> {
  const block = await coded(() => contract.chain.getBlock("latest"), "eth_getBlockByNumber");
  if (block === null) throw quorateError("CHAIN_PROVIDER_FAILED", { reason: "no latest block" });
  const at = { blockTag: block.number };
  const read = async (name: string) => (await contract.read(name, at)) as bigint;
  const pool = new Contract(await contract.pool(), rewardRatePoolAbi, contract.chain);
  const settled = coded(() => pool.getFunction("settlement").staticCall(at), "settlement");
  const names = ["activeStake", "decommissionedStake", "silentStake", "stakingRequirement"] as const;
  const [stakes, clock, isPaused, settlement] = await Promise.all([
    Promise.all(names.map(read)),
    Promise.all(["genesis", "epochSeconds", "acceptedReports", "pausedUntil"].map(read)),
    contract.read("paused", at) as Promise<boolean>,
    settled as Promise<[bigint, bigint, bigint]>,
  ]);
  const [activeStake, decommissionedStake, silentStake, stakingRequirement] = stakes as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const [genesis, epochSeconds, acceptedReports, pausedUntil] = clock.map(Number) as [number, number, number, number];
  return {
    ...{ block: block.number, timestamp: block.timestamp },
    ...{ activeStake, decommissionedStake, silentStake, stakingRequirement, epochSeconds, acceptedReports },
    genesis: genesis === 0 ? null : genesis,
    pausedUntil: isPaused ? pausedUntil : null,
    emission: emissionAt({ balance: settlement[0], time: settlement[1] }, block.timestamp, epochSeconds),
  };
}
