/** Values of flags that several commands take. Enters: text a person typed. Leaves: checked values, or FLAG_INVALID. */
import { quorateError } from "@quorate/common";
import { parseHttpUrl } from "@quorate/common/chain";
import type { Command } from "commander";

/** @throws FLAG_INVALID */
export function wholeNumber(flag: string, text: string, least = 0): number {
  if (/^[0-9]{1,15}$/.test(text) && Number(text) >= least) return Number(text);
  throw quorateError("FLAG_INVALID", { flag, value: text, reason: `not a whole number of at least ${least}` });
}

/** `--agent <url>`, checked. */
export function addAgentOption(command: Command): Command {
  const about = "an agent's HTTP interface, such as http://127.0.0.1:8900";
  return command.requiredOption("--agent <url>", about, (text: string) => parseHttpUrl("--agent", text));
}

/** `--rpc <url>`, as often as it is given: the next provider is asked when one fails (P-106). */
export function addRpcOption(command: Command, about: string): Command {
  const collect = (text: string, all: readonly string[]): readonly string[] => [...all, parseHttpUrl("--rpc", text)];
  return command.option("--rpc <url>", about, collect, []);
}

/** A number of seconds as milliseconds. @throws FLAG_INVALID */
export function secondsAsMs(flag: string, text: string): number {
  const seconds = wholeNumber(flag, text);
  if (seconds <= MOST_SECONDS) return seconds * 1_000;
  throw quorateError("FLAG_INVALID", { flag, value: text, reason: `more than ${MOST_SECONDS} seconds` });
}

/** A week: longer than that nobody waits, and timers take no more than 24 days. */
const MOST_SECONDS = 604_800;

/** @throws FLAG_INVALID */
export function transactionHash(flag: string, text: string): string {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase();
  throw quorateError("FLAG_INVALID", { flag, value: text.slice(0, 80), reason: "not a transaction hash" });
}

export function feeOption(command: Command): Command {
  return command.option("--fee-bps <number>", "the operator's fee, in 1/10000 of the node's reward", "0");
}

/** @throws FLAG_INVALID */
export function parseFee(text: string): number {
  if (/^[0-9]{1,5}$/.test(text) && Number(text) <= 10_000) return Number(text);
  throw quorateError("FLAG_INVALID", { flag: "--fee-bps", value: text, allowed: "0 to 10000" });
}
