/**
 * Signs and sends. Enters: a call or a flight, and a look at the chain. Leaves: signed bytes, in the store before they
 * are sent. Not its job: deciding whose turn it is, or finding out what became of it.
 */
import type { Address, Hex } from "@quorate/common";
import { keccak256, type Wallet } from "ethers";
import type { Board } from "./board.ts";
import { firstOffer, highest, replacingOffer } from "./fees.ts";
import { type Flight, type Flights, newestOf } from "./flights.ts";
import type { Clock, Fees, SubmitCall, SubmitOutcome } from "./interface.ts";
import { GAS_MARGIN_PERCENT } from "./limits.ts";
import type { Broadcast, SubmissionProviders } from "./providers.ts";
import type { Look } from "./tracker.ts";

export interface SenderParts {
  readonly account: Address;
  readonly wallet: Wallet;
  readonly chainId: number;
  readonly caps: Fees;
  /** Milliseconds until a transaction that is in no block is replaced by one that offers more. */
  readonly replaceAfterMs: number;
  readonly providers: SubmissionProviders;
  readonly flights: Flights;
  readonly board: Board;
  readonly clock: Clock;
}

export class Sender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /**
   * Signs a call for the account's next nonce; the flight is in the store and not sent yet. An outcome says why nothing
   * was signed; null, that it has to wait for the nonce.
   * @throws CHAIN_PROVIDER_FAILED, STORE_WRITE_FAILED
   */
  async sign(call: SubmitCall, look: Look): Promise<Flight | SubmitOutcome | null> {
    const { account, providers, flights } = this.#parts;
    if (look.head.timestamp >= call.notAfter) return { kind: "expired" };
    const earlier = flights.get(call.key);
    // Its nonce is used, so the next looks will find it in a block, or lost.
    if (earlier !== undefined && earlier.nonce < look.nonce) return null;
    if (earlier !== undefined && earlier.nonce > look.nonce) {
      const detail = `nonce ${look.nonce} is next, ${earlier.nonce} is signed for ${call.key}`;
      return { kind: "failed", code: "SUBMIT_NONCE_GAP", detail };
    }
    const refusal = await providers.simulate(account, call);
    if (refusal !== null) return { kind: "redundant", code: refusal };
    if (earlier?.call.data === call.data && earlier.call.to === call.to) {
      // The same call again: the bytes that are signed already will do.
      return Object.assign(earlier, { state: "flying", call, simulatedAt: look.head.hash });
    }
    const gas = await providers.estimate(account, call);
    if (typeof gas === "string") return { kind: "redundant", code: gas };
    if (gas > call.gasBound) {
      return { kind: "failed", code: "SUBMIT_GAS_ABOVE_BOUND", detail: `estimated ${gas}, bound ${call.gasBound}` };
    }
    const raised = gas + (gas * GAS_MARGIN_PERCENT) / 100n;
    return this.#offer(call, look, raised < call.gasBound ? raised : call.gasBound);
  }

  /**
   * Sees that the newest version is where it has to be, and replaces it when it is due. What is given up is sent
   * without asking whether it would be refused: it fills a gap, and that is cheap, as the contracts refuse before they
   * check a signature. True when it has just been given up.
   */
  async push(flight: Flight, look: Look): Promise<boolean> {
    const { account, providers, board } = this.#parts;
    if (flight.state === "flying" && flight.simulatedAt !== look.head.hash) {
      const refusal = await providers.simulate(account, flight.call);
      flight.simulatedAt = look.head.hash;
      if (refusal !== null) {
        // Refused because it has just landed itself? Then the next look tells.
        if ((await providers.nonce(account)) !== flight.nonce) return false;
        flight.state = "given-up";
        board.settle(flight, { kind: "redundant", code: refusal });
        return true;
      }
    }
    await this.#send(flight);
    await this.#replaceWhenDue(flight, look);
    return false;
  }

  async #offer(call: SubmitCall, look: Look, gasLimit: bigint): Promise<Flight | SubmitOutcome | null> {
    const { account, providers, board, caps } = this.#parts;
    const market = await providers.fees();
    const rival = await this.#rivalAt(look.nonce);
    const fees = rival === null ? firstOffer(market, caps) : replacingOffer(rival, market, caps);
    if (fees === null) {
      board.block("SUBMIT_FEES_AT_CAP", "fees", `nonce ${look.nonce} is held by a transaction of before, at the cap`);
      return null;
    }
    const detail = shortfall(account, await providers.balance(account), gasLimit * fees.maxFeePerGasWei);
    if (detail !== null) {
      board.block("SUBMIT_NO_FUNDS", "account", detail);
      return { kind: "failed", code: "SUBMIT_NO_FUNDS", detail };
    }
    const flight = await this.#store(call, look, gasLimit, fees);
    flight.simulatedAt = look.head.hash;
    return flight;
  }

  /** The highest fees of what we signed for this nonce before and what some provider still holds. */
  async #rivalAt(nonce: number): Promise<Fees | null> {
    const { flights, providers } = this.#parts;
    let rival: Fees | null = null;
    for (const version of flights.at(nonce).flatMap(({ versions }) => versions)) {
      if (await providers.known(version.hash)) rival = rival === null ? version.fees : highest(rival, version.fees);
    }
    return rival;
  }

  async #replaceWhenDue(flight: Flight, look: Look): Promise<void> {
    const { account, providers, board, caps, clock, replaceAfterMs } = this.#parts;
    const waitedMs = clock.nowMs() - flight.offeredMs;
    // A chain that makes no blocks is not in want of fees.
    if (waitedMs < replaceAfterMs || look.head.number <= flight.offeredAt) return;
    const { fees, gasLimit } = newestOf(flight);
    const market = await providers.fees();
    const offer = replacingOffer(fees, market, caps);
    if (offer === null) {
      const offered = `offers ${fees.maxFeePerGasWei} wei, of it ${fees.maxPriorityFeePerGasWei} for the builder`;
      board.block("SUBMIT_FEES_AT_CAP", "fees", `${flight.key} ${offered}; the base fee is ${market.baseFeeWei} wei`);
      return;
    }
    const short = shortfall(account, await providers.balance(account), gasLimit * offer.maxFeePerGasWei);
    if (short !== null) {
      board.block("SUBMIT_NO_FUNDS", "account", short);
      return;
    }
    await this.#store(flight.call, { ...look, nonce: flight.nonce }, gasLimit, offer);
    await this.#send(flight);
  }

  async #store(call: SubmitCall, look: Look, gasLimit: bigint, fees: Fees): Promise<Flight> {
    const { wallet, flights, clock, chainId } = this.#parts;
    const { nonce, head } = look;
    const raw = (await wallet.signTransaction({
      type: 2,
      chainId,
      nonce,
      to: call.to,
      data: call.data,
      value: 0n,
      gasLimit,
      maxFeePerGas: fees.maxFeePerGasWei,
      maxPriorityFeePerGas: fees.maxPriorityFeePerGasWei,
    })) as Hex;
    const stored = { key: call.key, nonce, hash: keccak256(raw) as Hex, raw, notAfter: call.notAfter };
    return flights.add(stored, call, clock.nowMs(), head.number);
  }

  async #send(flight: Flight): Promise<void> {
    const { raw, hash } = newestOf(flight);
    this.#explain(flight, await this.#parts.providers.broadcast(raw, hash));
  }

  /**
   * Says what is in the way when no provider takes it. A nonce that is too low is no obstacle: the next look knows
   * more.
   */
  #explain(flight: Flight, { taken, refusals }: Broadcast): void {
    if (taken) return;
    const { account, board } = this.#parts;
    const said = refusals.map(({ provider, said: words }) => `${provider}: ${words}`).join("; ");
    const meanings = new Set(refusals.map(({ meaning }) => meaning));
    if (meanings.has("insufficient-funds")) board.block("SUBMIT_NO_FUNDS", "account", `${account}: ${said}`);
    else if (meanings.has("underpriced")) board.block("SUBMIT_REFUSED", "fees", `${flight.key}: ${said}`);
    else if (!meanings.has("nonce-too-low")) board.block("SUBMIT_REFUSED", "provider", `${flight.key}: ${said}`);
  }
}

function shortfall(account: Address, balanceWei: bigint, neededWei: bigint): string | null {
  return balanceWei >= neededWei ? null : `${account} has ${balanceWei} wei and needs ${neededWei}`;
}
