/**
 * Several providers as one opinion (P-57). Enters: the providers' answers. Leaves: a finalised block that more than
 * half of them say the same of, and who says it; or the coded reason why there is none. Not its job: reading events.
 *
 * More than half of the configured providers must say the same: one of one, both of two, any two of three. Whoever cuts
 * the honest ones off makes the agent abstain, not believe the one that is left. Nobody waits for the others: one that
 * is slow or ill is named, and takes part again when it answers in time.
 */
import type { Address, ChainHead, ErrorCode, Hex } from "@quorate/common";
import { isQuorateError, type QuorateError, quorateError } from "@quorate/common";
import { checkDeployment } from "./deployment.ts";
import { type Answered, gather } from "./gather.ts";
import { CLOCK_SECONDS, STALL_SECONDS } from "./limits.ts";
import type { Duty, Provider } from "./provider.ts";

export interface ProvidersOptions {
  readonly chainId: number;
  readonly rewards: Address;
  readonly pool: Address;
  readonly deployBlock?: number;
}

export interface Source {
  readonly provider: Provider;
  readonly finalised: ChainHead;
}

export interface Agreed {
  /** The highest finalised block that enough providers have. */
  readonly target: ChainHead;
  /** The providers that say so: more than half of all. */
  readonly sources: readonly Source[];
  /** Enough have a higher block, but not enough of those gave logs lately. */
  readonly isHeldBack: boolean;
}

/** A provider's finalised block, and its block where the reader stands. */
interface Look {
  readonly finalised: ChainHead;
  readonly atCursor: ChainHead | null;
}

export type Outcome<T> = { readonly value: T } | { readonly failure: QuorateError };

export class Providers {
  readonly all: readonly Provider[];
  readonly #options: ProvidersOptions;
  /** Seconds since 1970, of the own clock. */
  readonly #wallSeconds: () => number;
  readonly #signal: AbortSignal;
  /** By how much the own clock and most providers differ when that is too much; null otherwise. Seconds. */
  clockOffset: number | null = null;

  constructor(
    options: ProvidersOptions,
    all: readonly Provider[],
    signal: AbortSignal,
    wallSeconds: () => number = () => Date.now() / 1_000,
  ) {
    this.#options = options;
    this.all = all;
    this.#signal = signal;
    this.#wallSeconds = wallSeconds;
  }

  get required(): number {
    return Math.floor(this.all.length / 2) + 1;
  }

  /**
   * The finalised block to follow up to, given where the follower stands.
   * @throws CHAIN_PROVIDER_FAILED, CHAIN_WRONG_ID, CHAIN_NO_CONTRACT, CHAIN_WRONG_POOL, CHAIN_DEPLOY_BLOCK_TOO_HIGH,
   * CHAIN_PROVIDER_BEHIND, CHAIN_PROVIDER_AHEAD, CHAIN_FINALISED_REORG, CHAIN_PROVIDERS_DISAGREE
   */
  async agree(cursor: ChainHead | null): Promise<Agreed> {
    const asked = this.all
      // One that has not answered the last look is not asked again until it has: silence must not pile up.
      .filter((provider) => provider.look === null)
      .map((provider) => ({ provider, answer: this.#look(provider, cursor) }));
    // Who was at fault the last time does not make others be left behind.
    const counts = ({ provider, answer }: Answered<Outcome<Look>>): boolean =>
      "value" in answer && isAtCursor(answer.value, cursor) && provider.fault() === undefined;
    const looks = await gather("head", asked, (answers) => answers.filter(counts).length >= this.required);
    const well = this.#checkCursor(this.#checkTimes(valuesOf(looks)), cursor);
    if (well.length < this.required) throw this.#tooFew();
    const agreed = await this.#target(well, cursor);
    for (const { provider } of agreed.sources) provider.succeeded("head");
    return agreed;
  }

  #look(provider: Provider, cursor: ChainHead | null): Promise<Outcome<Look>> {
    const look = attempt(provider, "head", this.#signal, () => this.#ask(provider, cursor)).finally(() => {
      provider.look = null;
    });
    provider.look = look;
    return look;
  }

  async #ask(provider: Provider, cursor: ChainHead | null): Promise<Look> {
    const { rpc } = provider;
    if (!provider.isChecked) {
      await checkDeployment(rpc, this.#options, this.#signal);
      provider.isChecked = true;
    }
    const finalised = await rpc.finalised(this.#signal);
    if (finalised === null) {
      throw quorateError("CHAIN_PROVIDER_BEHIND", { provider: rpc.host, reason: "nothing is finalised yet" });
    }
    provider.saw(finalised);
    if (cursor === null) return { finalised, atCursor: null };
    if (finalised.number < cursor.number) {
      const values = { provider: rpc.host, finalised: finalised.number, followedTo: cursor.number };
      throw quorateError("CHAIN_PROVIDER_BEHIND", values);
    }
    if (finalised.number === cursor.number) return { finalised, atCursor: finalised };
    const atCursor = await rpc.block(cursor.number, this.#signal);
    if (atCursor === null) throw missing(provider, cursor.number, finalised);
    return { finalised, atCursor };
  }

  /**
   * Those whose time is credible. What most of them have reached is the measure, and not the newest: one clock in the
   * future would make the honest ones look stuck. Where no more answer than must agree, it is the newest: one that is
   * stuck must not hold up the rest unnoticed. The own clock alone makes nobody ill: it may be the one that is wrong.
   */
  #checkTimes(looks: readonly Answered<Look>[]): readonly Answered<Look>[] {
    const wall = this.#wallSeconds();
    const timeOf = ({ answer }: Answered<Look>): number => answer.finalised.timestamp;
    const past = looks.filter((look) => timeOf(look) <= wall + CLOCK_SECONDS);
    const credible = past.length >= Math.min(this.required, looks.length - 1) && past.length > 0 ? past : looks;
    const times = credible.map(timeOf).sort((a, b) => b - a);
    const reached = times[Math.min(looks.length > this.required ? this.required : 1, times.length) - 1];
    if (reached === undefined) return looks;
    this.clockOffset = Math.abs(reached - wall) > CLOCK_SECONDS ? Math.round(reached - wall) : null;
    return looks.filter((look) => {
      const finalisedAt = timeOf(look);
      const values = { provider: look.provider.host, finalisedAt, others: reached, maxSeconds: STALL_SECONDS };
      if (reached - finalisedAt > STALL_SECONDS) {
        look.provider.failed("head", quorateError("CHAIN_PROVIDER_BEHIND", values));
        return false;
      }
      // Ahead of the others it may also be because they are stuck: only a time that has not come yet is impossible.
      if (finalisedAt - reached > STALL_SECONDS && finalisedAt > wall + CLOCK_SECONDS) {
        look.provider.failed("head", quorateError("CHAIN_PROVIDER_AHEAD", values));
        return false;
      }
      return true;
    });
  }

  /** Those that still have the block that was followed. */
  #checkCursor(looks: readonly Answered<Look>[], cursor: ChainHead | null): readonly Answered<Look>[] {
    const changed = looks.filter(({ answer }) => !isAtCursor(answer, cursor));
    if (cursor === null || changed.length === 0) return looks;
    const rest = looks.filter((look) => !changed.includes(look));
    const code: ErrorCode = rest.length === 0 ? "CHAIN_FINALISED_REORG" : "CHAIN_PROVIDERS_DISAGREE";
    const found = changed.map(({ answer }) => answer.atCursor?.hash ?? "none");
    const values = { block: cursor.number, followed: cursor.hash, found, providers: hostsOf(changed) };
    for (const { provider } of changed) {
      provider.forget();
      provider.failed("head", quorateError(code, values));
    }
    if (rest.length < this.required) throw quorateError(code, values);
    return rest;
  }

  /**
   * The highest block that enough of them have and say the same of; who says otherwise is at fault. One that gave no
   * logs lately has a vote about blocks, but where a lower block has enough others, theirs is the one that can be
   * read up to. Where no block has, the one that most of them have and that leads on: they must not go on
   * contradicting each other alone.
   */
  async #target(looks: readonly Answered<Look>[], cursor: ChainHead | null): Promise<Agreed> {
    const byHeight = [...looks].sort((a, b) => b.answer.finalised.number - a.answer.finalised.number);
    let dispute: QuorateError | null = null;
    let widest: Agreed | null = null;
    for (const candidate of byHeight.slice(this.required - 1)) {
      const { number } = candidate.answer.finalised;
      const having = byHeight.filter(({ answer }) => answer.finalised.number >= number);
      const blocks = await this.#blocksAt(having, number, cursor);
      const agreeing = largestGroup(blocks, blockName);
      const others = blocks.filter((block) => !agreeing.includes(block));
      if (agreeing.length >= this.required) {
        const [{ answer: target }] = agreeing as readonly [Answered<ChainHead>];
        for (const other of others) blameBlock(other, target);
        const isSource = (look: Answered<Look>): boolean => agreeing.some(({ provider }) => provider === look.provider);
        const sources = byHeight.filter(isSource).map((look) => ({ provider: look.provider, ...look.answer }));
        const leadsOn = number > (cursor?.number ?? -1);
        if (widest === null || (leadsOn && sources.length > widest.sources.length))
          widest = { target, sources, isHeldBack: false };
        if (sources.filter(({ provider }) => !provider.tellsNoLogs).length >= this.required) {
          return { target, sources, isHeldBack: widest.target.number > target.number };
        }
        continue;
      }
      if (others.length === 0) continue;
      const hashes = blocks.map(({ answer }) => answer.hash);
      dispute ??= quorateError("CHAIN_PROVIDERS_DISAGREE", { block: number, providers: hostsOf(blocks), hashes });
    }
    if (widest !== null) return widest;
    if (dispute === null) throw this.#tooFew();
    for (const { provider } of looks) provider.failed("head", dispute);
    throw dispute;
  }

  async #blocksAt(
    looks: readonly Answered<Look>[],
    number: number,
    cursor: ChainHead | null,
  ): Promise<readonly Answered<ChainHead>[]> {
    const asked = looks.map(({ provider, answer: { finalised, atCursor } }) => {
      const known = finalised.number === number ? finalised : cursor?.number === number ? atCursor : null;
      const ask = async (): Promise<ChainHead> => known ?? blockAt(provider, number, finalised, this.#signal);
      return { provider, answer: attempt(provider, "head", this.#signal, ask) };
    });
    return valuesOf(
      await gather("head", asked, (blocks) => largestGroup(valuesOf(blocks), blockName).length >= this.required),
    );
  }

  /** What each of those says that are in the way, beginning with the code of the first. */
  #tooFew(): QuorateError {
    const views = this.all.map((provider) => provider.view());
    const ill = views.filter(({ code }) => code !== null);
    const silent = this.all.filter(({ look }) => look !== null).map(({ host }) => host);
    const [first] = ill;
    if (first === undefined) return quorateError("CHAIN_PROVIDER_SLOW", { providers: silent });
    const said = ill.map(({ host, code, detail }) => `${host} ${code} (${detail})`);
    const fault = this.all.map((provider) => provider.fault()).find((error) => error !== undefined);
    if (ill.length === 1 && silent.length === 0 && fault !== undefined) return fault;
    const values = { provider: first.host, required: this.required, of: this.all.length, said, silent };
    return quorateError(first.code as ErrorCode, { ...fault?.values, ...values }, { cause: fault });
  }
}

/** A question whose failure is a value, and is held against the provider. Anything that is not coded is thrown. */
export async function attempt<T>(
  provider: Provider,
  duty: Duty,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    const failure = isQuorateError(error)
      ? error
      : quorateError("INTERNAL_ERROR", { requestId: "chain", reason: String(error) }, { cause: error });
    // What we ended ourselves says nothing of the provider.
    if (!signal.aborted) provider.failed(duty, failure);
    return { failure };
  }
}

export function valuesOf<T>(answers: readonly Answered<Outcome<T>>[]): Answered<T>[] {
  return answers.flatMap(({ provider, answer }) => ("value" in answer ? [{ provider, answer: answer.value }] : []));
}

export function largestGroup<T>(items: readonly T[], name: (item: T) => string): readonly T[] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(name(item), [...(groups.get(name(item)) ?? []), item]);
  return [...groups.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}

export const hostsOf = (items: readonly { readonly provider: Provider }[]): string[] =>
  items.map(({ provider }) => provider.host);

/**
 * The block at a height that a provider says is finalised. @throws CHAIN_PROVIDER_FAILED when it does not have it
 * after all
 */
export async function blockAt(
  provider: Provider,
  number: number,
  finalised: ChainHead,
  signal: AbortSignal,
): Promise<ChainHead> {
  const block = await provider.rpc.block(number, signal);
  if (block === null) throw missing(provider, number, finalised);
  return block;
}

function missing({ host }: Provider, number: number, finalised: ChainHead): QuorateError {
  const values = { provider: host, missingBlock: number, finalised: finalised.number };
  return quorateError("CHAIN_PROVIDER_FAILED", values);
}

function isAtCursor({ atCursor }: Look, cursor: ChainHead | null): boolean {
  return cursor === null || atCursor?.hash === cursor.hash;
}

/** A time that differs is another block, whatever its hash says. */
function blockName({ answer }: Answered<ChainHead>): string {
  return `${answer.hash} ${answer.timestamp}`;
}

function blameBlock({ provider, answer }: Answered<ChainHead>, most: ChainHead): void {
  const values = { provider: provider.host, block: most.number, found: answer.hash, others: most.hash as Hex };
  provider.forget();
  provider.failed("head", quorateError("CHAIN_PROVIDERS_DISAGREE", values));
}
