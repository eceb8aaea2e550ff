/**
 * What the core is given, with its cost noted at each call: in a simulation much is done once for all agents, and still
 * takes each of them its time. Not here: what things cost (costs.ts).
 */
import type { SignatureScheme } from "@quorate/common";
import type { LedgerFold } from "../../packages/aggregator/src/core/ledger/fold.ts";

/** Every check is one pairing, whatever it covers. */
export function countingScheme(scheme: SignatureScheme, onPairing: () => void): SignatureScheme {
  return {
    ...scheme,
    verify: charging(scheme.verify, onPairing),
    verifyBatch: charging(scheme.verifyBatch, onPairing),
    verifyAggregate: charging(scheme.verifyAggregate, onPairing),
  };
}

/** A check for each registration (P-8). */
export function chargingFold(fold: LedgerFold, onRegistration: () => void): LedgerFold {
  return {
    restore: (rows) => fold.restore(rows),
    advance: (state, events, head, admit) => {
      for (const { type } of events) if (type === "node-registered") onRegistration();
      return fold.advance(state, events, head, admit);
    },
    landed: (state, events, admit) => fold.landed(state, events, admit),
    record: (state) => fold.record(state),
    amounts: (state, epoch, ofAll) => fold.amounts(state, epoch, ofAll),
  };
}

export function charging<Arguments extends unknown[], Result>(
  call: (...given: Arguments) => Result,
  onCall: () => void,
): (...given: Arguments) => Result {
  return (...given) => {
    onCall();
    return call(...given);
  };
}
