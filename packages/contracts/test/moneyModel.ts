// The distributor in plain TypeScript: who is owed what, payable roots, the claim limit. In: operations with their
// block's timestamp. Out: the name of the error the contract must give, or null. That a raise is signed is model.ts'
// job.

/** Lifetime and claimed, in atomic units (P-25). */
export interface Balance {
  lifetime: bigint;
  claimed: bigint;
}

export class MoneyModel {
  readonly balances: Map<number, Balance> = new Map();
  /** What the payable roots' trees were made of, in their order: lifetime amounts by account, as JSON. */
  readonly payableRoots: string[] = [];
  readonly #limitAtomic: bigint;
  readonly #cycleSeconds: number;
  readonly #isPaused: (at: number) => boolean;
  #cycle = 0;
  #claimedInCycle = 0n;

  /** @param isPaused What the rewards contract has told the distributor (P-113). */
  constructor(limitAtomic: bigint, cycleSeconds: number, isPaused: (at: number) => boolean) {
    this.#limitAtomic = limitAtomic;
    this.#cycleSeconds = cycleSeconds;
    this.#isPaused = isPaused;
  }

  /** P-26: `claimRewards(amount)` by `account`. */
  claim(account: number, amountAtomic: bigint, at: number): string | null {
    if (this.#isPaused(at)) return "EnforcedPause";
    const { lifetime, claimed } = this.balanceOf(account);
    if (amountAtomic > lifetime - claimed) return "ClaimExceedsBalance";
    return this.#pay(account, lifetime, amountAtomic, at);
  }

  /** P-41: `claimWithProof(amount, rootIndex, proof)` by `account`. */
  claimWithProof(account: number, amountAtomic: bigint, rootIndex: number, at: number): string | null {
    if (this.#isPaused(at)) return "EnforcedPause";
    const problem = this.#checkLeaf(account, amountAtomic, rootIndex);
    if (problem !== null) return problem;
    const { lifetime, claimed } = this.balanceOf(account);
    const raised = amountAtomic > lifetime ? amountAtomic : lifetime;
    return this.#pay(account, raised, raised - claimed, at);
  }

  /** P-41: `updateRewardsBalancesWithProofs` for one recipient, by anyone. */
  raiseWithProof(recipient: number, amountAtomic: bigint, rootIndex: number, at: number): string | null {
    if (this.#isPaused(at)) return "EnforcedPause";
    const problem = this.#checkLeaf(recipient, amountAtomic, rootIndex);
    if (problem !== null) return problem;
    const balance = this.balanceOf(recipient);
    if (amountAtomic > balance.lifetime) balance.lifetime = amountAtomic;
    return null;
  }

  claimedInCycleAtomic(at: number): bigint {
    return Math.floor(at / this.#cycleSeconds) === this.#cycle ? this.#claimedInCycle : 0n;
  }

  balanceOf(account: number): Balance {
    const balance = this.balances.get(account) ?? { lifetime: 0n, claimed: 0n };
    this.balances.set(account, balance);
    return balance;
  }

  /** P-26: a claim that is refused raises nothing either. */
  #pay(account: number, lifetime: bigint, amountAtomic: bigint, at: number): string | null {
    if (amountAtomic === 0n) return "NothingToClaim";
    const used = this.claimedInCycleAtomic(at);
    if (used + amountAtomic > this.#limitAtomic) return "ClaimLimitExceeded";
    this.#cycle = Math.floor(at / this.#cycleSeconds);
    this.#claimedInCycle = used + amountAtomic;
    this.balances.set(account, { lifetime, claimed: this.balanceOf(account).claimed + amountAtomic });
    return null;
  }

  /** P-41: the last 8 roots are valid, and a leaf is what its tree was made of. */
  #checkLeaf(account: number, amountAtomic: bigint, rootIndex: number): string | null {
    const content = this.payableRoots[rootIndex];
    if (content === undefined || this.payableRoots.length - rootIndex > 8) return "RootNotValid";
    const leaves = JSON.parse(content) as Record<string, string>;
    return leaves[account] === String(amountAtomic) ? null : "InvalidProof";
  }
}
