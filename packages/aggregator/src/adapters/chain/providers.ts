/**
 * Several providers as one opinion (P-57). Enters: the providers' answers. Leaves: the finalised block that most of them have and none of them
 * contradicts, or the coded reason why there is none. Not its job: reading events, remembering anything but which providers were checked.
 *
 * More than half of the configured providers must answer, serve the right chain, hold the contracts, have the block where the follower
 * stands, and not trail far behind. So one provider must work, of two both, of three any two; whoever cuts the honest ones off makes the
 * agent abstain, not believe the one that is left. Among those that work, different heights are lag, different hashes at one height are not.
 */
import { type Address, type ChainHead, isQuorateError, type QuorateError, quorateError } from "@quorate/common";
import type { Rpc } from "./rpc.ts";

/**
 * Seconds a provider's finalised block may be older than the newest one among them. Ethereum finalises every 6.4 minutes, so an hour is not
 * lag between healthy nodes, but a stuck one.
 */
const STALL_SECONDS = 3_600;

export interface ProvidersOptions {
  readonly chainId: number;
  readonly rewards: Address;
  readonly pool: Address;
}

export interface Source {
  readonly rpc: Rpc;
  readonly finalised: ChainHead;
}

export interface Agreed {
  /** The highest finalised block that enough providers have. */
  readonly target: ChainHead;
  /** The providers that have it; at least one. */
  readonly sources: readonly Source[];
}

type Opinion = Source | { readonly rpc: Rpc; readonly failure: QuorateError };

export class Providers {
  readonly #options: ProvidersOptions;
  readonly #rpcs: readonly Rpc[];
  /** Providers whose chain id and contracts were found right, and that have not failed since. */
  readonly #checked = new Set<Rpc>();

  constructor(options: ProvidersOptions, rpcs: readonly Rpc[]) {
    this.#options = options;
    this.#rpcs = rpcs;
  }

  get required(): number {
    return Math.floor(this.#rpcs.length / 2) + 1;
  }

  /**
   * The finalised block to follow up to, given where the follower stands.
   * @throws CHAIN_PROVIDER_FAILED, CHAIN_WRONG_ID, CHAIN_NO_CONTRACT, CHAIN_PROVIDER_BEHIND, CHAIN_FINALISED_REORG, CHAIN_PROVIDERS_DISAGREE
   */
  async agree(cursor: ChainHead | null): Promise<Agreed> {
    const opinions = await Promise.all(this.#rpcs.map((rpc) => this.#opinion(rpc, cursor)));
    const newest = Math.max(...opinions.map((opinion) => ("finalised" in opinion ? opinion.finalised.timestamp : 0)));
    const usable: Source[] = [];
    const failures: QuorateError[] = [];
    for (const opinion of opinions) {
      if ("failure" in opinion) failures.push(opinion.failure);
      else if (newest - opinion.finalised.timestamp > STALL_SECONDS) failures.push(behind(opinion, newest));
      else usable.push(opinion);
    }
    if (cursor !== null) await this.#checkCursor(usable, cursor);
    if (usable.length < this.required) throw failures[0] ?? quorateError("CHAIN_PROVIDER_FAILED");

    const byHeight = usable.sort((a, b) => b.finalised.number - a.finalised.number);
    const target = (byHeight[this.required - 1] as Source).finalised;
    const sources = byHeight.filter((source) => source.finalised.number >= target.number);
    await sameBlock(sources, target);
    return { target, sources };
  }

  async #opinion(rpc: Rpc, cursor: ChainHead | null): Promise<Opinion> {
    try {
      if (!this.#checked.has(rpc)) await this.#check(rpc);
      const finalised = await rpc.finalised();
      if (finalised === null) {
        throw quorateError("CHAIN_PROVIDER_BEHIND", { provider: rpc.host, reason: "nothing is finalised yet" });
      }
      if (cursor !== null && finalised.number < cursor.number) {
        const values = { provider: rpc.host, finalised: finalised.number, followedTo: cursor.number };
        throw quorateError("CHAIN_PROVIDER_BEHIND", values);
      }
      return { rpc, finalised };
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      // What comes back after a failure may be another machine.
      this.#checked.delete(rpc);
      return { rpc, failure: error };
    }
  }

  async #check(rpc: Rpc): Promise<void> {
    const { chainId, rewards, pool } = this.#options;
    const found = await rpc.chainId();
    if (found !== chainId) throw quorateError("CHAIN_WRONG_ID", { provider: rpc.host, found, expected: chainId });
    for (const [contract, address] of Object.entries({ rewards, pool })) {
      if (!(await rpc.hasCode(address)))
        throw quorateError("CHAIN_NO_CONTRACT", { provider: rpc.host, contract, address });
    }
    this.#checked.add(rpc);
  }

  /** The block at the cursor must still be the one that was folded, at every provider that can be asked. */
  async #checkCursor(sources: readonly Source[], cursor: ChainHead): Promise<void> {
    const hashes = await Promise.all(sources.map((source) => blockAt(source, cursor.number)));
    const changed = hashes.filter((block) => block.hash !== cursor.hash);
    if (changed.length === 0) return;
    const values = { block: cursor.number, followed: cursor.hash, found: changed.map((block) => block.hash) };
    const code = changed.length === hashes.length ? "CHAIN_FINALISED_REORG" : "CHAIN_PROVIDERS_DISAGREE";
    throw quorateError(code, { ...values, providers: sources.map((source) => source.rpc.host) });
  }
}

/** The block at a height that a provider says is finalised. @throws CHAIN_PROVIDER_FAILED when it does not have it after all */
export async function blockAt(source: Source, number: number): Promise<ChainHead> {
  if (source.finalised.number === number) return source.finalised;
  const block = await source.rpc.block(number);
  if (block !== null) return block;
  const values = { provider: source.rpc.host, missingBlock: number, finalised: source.finalised.number };
  throw quorateError("CHAIN_PROVIDER_FAILED", values);
}

/** That all of them have `block` at its height. @throws CHAIN_PROVIDERS_DISAGREE */
export async function sameBlock(sources: readonly Source[], block: ChainHead): Promise<void> {
  const blocks = await Promise.all(sources.map((source) => blockAt(source, block.number)));
  if (blocks.every(({ hash }) => hash === block.hash)) return;
  throw quorateError("CHAIN_PROVIDERS_DISAGREE", {
    block: block.number,
    providers: sources.map((source) => source.rpc.host),
    hashes: blocks.map(({ hash }) => hash),
  });
}

function behind({ rpc, finalised }: Source, newest: number): QuorateError {
  const values = { provider: rpc.host, finalisedAt: finalised.timestamp, newestAt: newest, maxSeconds: STALL_SECONDS };
  return quorateError("CHAIN_PROVIDER_BEHIND", values);
}
