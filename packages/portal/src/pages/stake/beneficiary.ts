/**
 * Who can be a beneficiary: rewards are paid to whoever sends the claim, and to nobody else (P-26). Enters: an address,
 * its code, the network's own contracts. Leaves: a verdict. A contract that can call nothing can never claim; whether
 * another one would, its owner has to know.
 */
import type { Address } from "@quorate/common";

/** `account` claims by itself; `contract` perhaps; the others never. */
export type BeneficiaryVerdict = "account" | "contract" | "zero" | "network" | "callsNothing";

const CALLS: ReadonlySet<number> = new Set([0xf1, 0xf2, 0xf4]); // CALL, CALLCODE, DELEGATECALL
const [PUSH1, PUSH32] = [0x60, 0x7f];
/** An account that lends a contract's code stays an account, with a key that signs (EIP-7702). */
const DELEGATION = /^0xef0100[0-9a-f]{40}$/;

export function judgeBeneficiary(address: Address, code: string, network: readonly Address[]): BeneficiaryVerdict {
  if (/^0x0{40}$/.test(address)) return "zero";
  if (network.includes(address)) return "network";
  const bare = code.toLowerCase();
  if (bare === "0x" || DELEGATION.test(bare)) return "account";
  return canCall(bare) ? "contract" : "callsNothing";
}

/** Whether the code has an instruction that calls another contract. What is pushed is data, and no instruction. */
function canCall(code: string): boolean {
  for (let at = 2; at < code.length; at += 2) {
    const instruction = Number.parseInt(code.slice(at, at + 2), 16);
    if (CALLS.has(instruction)) return true;
    if (instruction >= PUSH1 && instruction <= PUSH32) at += 2 * (instruction - PUSH1 + 1);
  }
  return false;
}
