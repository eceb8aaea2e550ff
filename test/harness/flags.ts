/**
 * Command lines of the tools in this folder. In: arguments, and the flags there are. Out: their values, or FLAG_INVALID
 * with the flag, its value and what is allowed. Not its job: defaults, printing.
 */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { isQuorateError, quorateError } from "@quorate/common";

export const TEXT = { type: "string" } as const;
export const SWITCH = { type: "boolean" } as const;

type Flags = NonNullable<ParseArgsConfig["options"]>;
type Values<F extends Flags> = ReturnType<
  typeof parseArgs<{ options: F; strict: true; allowPositionals: true }>
>["values"];

/** @throws QuorateError `FLAG_INVALID` for what is no flag, or has no value where it needs one */
export function readFlags<const F extends Flags>(argv: readonly string[], options: F): Values<F> {
  const { values, words } = readWords(argv, options);
  if (words.length > 0) throw quorateError("FLAG_INVALID", { problem: `unexpected: ${words.join(" ")}` });
  return values;
}

/** Flags, and the words that are none, in any order. @throws QuorateError `FLAG_INVALID` as above */
export function readWords<const F extends Flags>(
  argv: readonly string[],
  options: F,
): { readonly values: Values<F>; readonly words: readonly string[] } {
  // pnpm hands over a "--" that its caller wrote to separate its flags from ours.
  const args = argv[0] === "--" ? argv.slice(1) : [...argv];
  try {
    const { values, positionals } = parseArgs({ args, strict: true, allowPositionals: true, options });
    return { values, words: positionals };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw quorateError("FLAG_INVALID", { problem }, { cause: error });
  }
}

/** @throws QuorateError `FLAG_INVALID` unless it is a whole number from `min` to `max` */
export function wholeNumber(flag: string, text: string, { min, max }: { readonly min: number; readonly max: number }) {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw quorateError("FLAG_INVALID", { flag, value: text, allowed: `${min} to ${max}` });
}

/** The exit status of a tool that has no flag but `--help`. */
export function withoutFlags(help: string, run: () => Promise<number>): Promise<number> {
  return orUsage(help, () => {
    if (readFlags(process.argv.slice(2), { help: SWITCH }).help !== true) return run();
    process.stdout.write(help);
    return 0;
  });
}

/** A tool's exit status: 2 with the reason and its help on standard error when a flag is wrong. */
export async function orUsage(help: string, run: () => number | Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!isQuorateError(error, "FLAG_INVALID")) throw error;
    process.stderr.write(`${error.message}\n\n${help}`);
    return 2;
  }
}
