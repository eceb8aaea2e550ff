// What is read back of a deployment, as a list of checks: what was meant, what is there, and what to do then.
import { type Address, isQuorateError } from "@quorate/common";
import { Contract, type InterfaceAbi, type Provider } from "ethers";
import { type ContractName, loadArtifact } from "./artifacts.ts";

/** One thing that was read back. */
export interface Check {
  readonly name: string;
  readonly expected: string;
  readonly actual: string;
  readonly ok: boolean;
  /** What to do when it is not ok. */
  readonly remedy: string;
}

/** Collects checks. None of them throws: those that fail are what the reader is after. */
export class Checks {
  readonly all: Check[] = [];

  /** That a value is the one that was meant; a list, that it has the same members in the same order. */
  equal(name: string, expected: unknown, actual: unknown, remedy: string): void {
    const [wanted, got] = [String(expected), String(actual)];
    this.all.push({ name, expected: wanted, actual: got, ok: wanted === got, remedy });
  }

  /** That a condition holds, told in words. */
  hold(name: string, expected: string, actual: unknown, ok: boolean, remedy: string): void {
    this.all.push({ name, expected, actual: String(actual), ok, remedy });
  }
}

/**
 * Reads what a contract's views answer. An answer that cannot be read is a text that says why, which no check takes for
 * right.
 */
export type Reader = (method: string, ...args: readonly unknown[]) => Promise<unknown>;

/** A reader of one contract. */
export function reader(provider: Provider, name: ContractName, at: Address): Reader {
  const contract = new Contract(at, loadArtifact(name).abi as InterfaceAbi, provider);
  return (method, ...args) =>
    (contract.getFunction(method)(...args) as Promise<unknown>).catch((error: Error) => {
      // A provider that cannot be asked says nothing of the contract.
      if (isQuorateError(error)) throw error;
      return error.message;
    });
}

/** The checks as lines, the failed ones marked and with their remedy. */
export function formatChecks(checks: readonly Check[]): string {
  return checks
    .map(({ name, expected, actual, ok, remedy }) =>
      ok ? `ok      ${name}: ${actual}` : `FAILED  ${name}: ${actual}, not ${expected}\n        ${remedy}`,
    )
    .join("\n");
}
