/**
 * Finds out what became of the transactions under way. Enters: what the chain says at one moment. Leaves: flights that
 * landed, were lost to another transaction, taken out of their block, expired, or finalised and forgotten. Not its job:
 * sending anything.
 */
import type { Address } from "@quorate/common";
import type { Logger } from "../../driver/ports.ts";
import type { Board } from "./board.ts";
import type { Flight, Flights } from "./flights.ts";
import type { SubmitOutcome } from "./interface.ts";
import { LOST_LOOKS } from "./limits.ts";
import type { Head, Landing, SubmissionProviders } from "./providers.ts";

/** The chain at one moment, as far as sending needs it. */
export interface Look {
  readonly head: Head;
  /** The account's next nonce. */
  readonly nonce: number;
}

export interface TrackerParts {
  readonly account: Address;
  readonly providers: SubmissionProviders;
  readonly flights: Flights;
  readonly board: Board;
  readonly logger: Logger;
  /** Another transaction used the nonce of something that is still wanted. */
  onLost(flight: Flight): void;
}

export class Tracker {
  readonly #parts: TrackerParts;
  #lastHead: Head | null = null;

  constructor(parts: TrackerParts) {
    this.#parts = parts;
  }

  /** Null when nothing is new: the head is the one of the last look, and there is nothing to send. */
  async look(idle: boolean): Promise<Look | null> {
    const { account, providers, flights, board } = this.#parts;
    const head = await providers.head();
    if (idle && head.hash === this.#lastHead?.hash) return null;
    const nonce = await providers.nonce(account);
    board.balanceWei = await providers.balance(account);
    const missing: Flight[] = [];
    for (const flight of flights.all()) {
      if (!(await this.#locate(flight, nonce))) missing.push(flight);
    }
    for (const flight of missing) this.#judge(flight);
    await this.#forgetFinalised(nonce);
    for (const flight of flights.flying()) {
      if (head.timestamp >= flight.call.notAfter) this.#expire(flight, nonce);
    }
    this.#lastHead = head;
    return { head, nonce };
  }

  /** False when its nonce is used and none of its versions is in a block. */
  async #locate(flight: Flight, nonce: number): Promise<boolean> {
    const { providers, board, logger } = this.#parts;
    if (nonce <= flight.nonce) {
      Object.assign(flight, { lostLooks: 0, disputed: false });
      if (flight.state === "landed") this.#reorganised(flight);
      return true;
    }
    const landing = await providers.landing(flight.versions.map(({ hash }) => hash).reverse());
    flight.disputed = landing === "disputed";
    if (landing === null) return false;
    flight.lostLooks = 0;
    if (landing === "disputed") return true;
    const before = flight.landing;
    if (before?.txHash === landing.txHash && before.blockHash === landing.blockHash) return true;
    if (before !== null) {
      board.reorganised++;
      logger.warn({ key: flight.key, before: before.blockHash, now: landing.blockHash }, "SUBMIT_REORGANISED");
    }
    Object.assign(flight, { landing, state: "landed" });
    board.settle(flight, await this.#outcomeOf(flight, landing));
    return true;
  }

  /**
   * Too late to be sent. If its nonce is used, it is in a block or lost, which the next looks tell, unless providers
   * disagree for good.
   */
  #expire(flight: Flight, nonce: number): void {
    const { board } = this.#parts;
    if (flight.nonce < nonce && !flight.disputed) return;
    flight.state = "given-up";
    const detail = `whether ${flight.versions.map(({ hash }) => hash).join(" or ")} is in a block`;
    board.settle(
      flight,
      flight.disputed ? { kind: "failed", code: "CHAIN_PROVIDERS_DISAGREE", detail } : { kind: "expired" },
    );
  }

  /** It was in a block and its nonce is free again: from here on it is like any that was signed and is not there. */
  #reorganised(flight: Flight): void {
    const { board, logger } = this.#parts;
    logger.warn({ key: flight.key, before: flight.landing?.blockHash, now: null }, "SUBMIT_REORGANISED");
    board.reorganised++;
    Object.assign(flight, { state: "flying", landing: null, simulatedAt: null });
  }

  /**
   * Another transaction with its nonce is in a block: at once if it is one of ours, or when that has been so for a few
   * looks.
   */
  #judge(flight: Flight): void {
    const { flights, board, onLost } = this.#parts;
    const { key, nonce } = flight;
    const ours = flights.at(nonce).find((other) => other !== flight && other.state === "landed");
    flight.lostLooks++;
    if (ours === undefined && flight.lostLooks < LOST_LOOKS) return;
    flights.forget(flight);
    if (ours === undefined) board.block("SUBMIT_NONCE_TAKEN", "account", `nonce ${nonce}, which was signed for ${key}`);
    if (flight.state !== "given-up") onLost(flight);
  }

  async #forgetFinalised(nonce: number): Promise<void> {
    const { account, providers, flights } = this.#parts;
    const landed = flights.all().filter((flight) => flight.state === "landed" && flight.nonce < nonce);
    if (landed.length === 0) return;
    const finalised = await providers.finalisedNonce(account);
    for (const flight of landed) {
      if (flight.nonce < finalised && flight.lostLooks === 0) flights.forget(flight);
    }
  }

  async #outcomeOf(flight: Flight, landing: Landing): Promise<SubmitOutcome> {
    const { txHash, blockNumber, gasUsed, feeAtomicWei } = landing;
    if (landing.succeeded) return { kind: "included", txHash, blockNumber, gasUsed, feeAtomicWei };
    const { account, providers } = this.#parts;
    return { kind: "reverted", txHash, code: await providers.replay(account, flight.call, blockNumber) };
  }
}
