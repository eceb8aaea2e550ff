/**
 * How a command of ours lives and ends, `quorate` and `network` alike. Enters: the process, and the work. Leaves:
 * errors as lines on standard error and one exit status a meaning; a reader that has gone away is no error; a
 * transaction that was sent is named whatever ends the process (P-106). Not its job: flags, and what is printed.
 */
import { type ErrorCode, isQuorateError, type QuorateError, quorateError } from "./errors.ts";

/** Every exit status of every command, with its meaning; docs/commands.md shows this table. */
export const EXIT_STATUSES = {
  done: { status: 0, meaning: "done: what was asked is so" },
  failed: { status: 1, meaning: "refused or failed: the code on standard error says why" },
  usage: { status: 2, meaning: "wrong usage: a command, flag, argument or its value" },
  noQuorum: { status: 3, meaning: "the claim ended without quorum, or its end is not known" },
  open: { status: 4, meaning: "a transaction was sent and its outcome is not known; its hash is printed" },
  unreachable: { status: 5, meaning: "a chain provider or an agent could not be asked, so nothing is known" },
  internal: { status: 70, meaning: "a fault of the program" },
  interrupted: { status: 130, meaning: "interrupted (SIGINT); 143 for SIGTERM" },
} as const;

type Ending = keyof typeof EXIT_STATUSES;

/** Codes whose exit status is not 1. */
const ENDINGS: Readonly<Partial<Record<ErrorCode, Ending>>> = {
  FLAG_INVALID: "usage",
  ACCOUNT_NOT_GIVEN: "usage",
  CONFIRMATION_MISSING: "usage",
  NODE_NOT_NAMED: "usage",
  NETWORK_UNKNOWN: "usage",
  ADDRESS_MALFORMED: "usage",
  ADDRESS_BAD_CHECKSUM: "usage",
  QUORUM_NOT_REACHED: "noQuorum",
  CLAIM_NOT_ENDED: "noQuorum",
  TRANSACTION_PENDING: "open",
  TRANSACTION_DROPPED: "open",
  CHAIN_PROVIDER_FAILED: "unreachable",
  CHAIN_PROVIDER_BEHIND: "unreachable",
  AGENT_UNREACHABLE: "unreachable",
};

export function exitStatusOf({ code }: QuorateError): number {
  return EXIT_STATUSES[ENDINGS[code] ?? "failed"].status;
}

/** The Markdown table of docs/commands.md. */
export function renderExitStatuses(): string {
  const codesOf = (ending: Ending): string =>
    Object.entries(ENDINGS)
      .filter(([, its]) => its === ending)
      .map(([code]) => `\`${code}\``)
      .join(", ");
  const rows = (Object.keys(EXIT_STATUSES) as Ending[]).map((ending) => {
    const codes =
      ending === "failed" ? "every other code" : ending === "internal" ? "`INTERNAL_ERROR`" : codesOf(ending);
    return `| ${EXIT_STATUSES[ending].status} | ${EXIT_STATUSES[ending].meaning} | ${codes || "–"} |`;
  });
  return ["| status | meaning | codes |", "|---|---|---|", ...rows, ""].join("\n");
}

/** What is needed of Node's `process`. */
export interface CommandProcess {
  readonly stdout: CommandStream;
  readonly stderr: CommandStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  exitCode?: number | string | null | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: listeners of Node's process differ by event
  on(event: string, listener: (...args: any[]) => void): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  off(event: string, listener: (...args: any[]) => void): unknown;
  exit(status?: number): never;
}

interface CommandStream {
  write(text: string): unknown;
  on(event: "error", listener: (error: Error & { code?: string }) => void): unknown;
}

/** A transaction that was sent and whose outcome is not known yet. */
export interface OpenTransaction {
  readonly hash: string;
  readonly what: string;
}

export interface RunOptions {
  /** An error of the parser of flags, as what it is about; null for any other. */
  readonly usageOf?: ((error: unknown) => { readonly help: boolean; readonly text: string } | null) | undefined;
  /** Whether the process goes on when the work is done, as an agent's does. */
  readonly staysAlive?: (() => boolean) | undefined;
}

/** Milliseconds after its end that a command's process may still have something open. It has printed everything. */
const LINGER_MS = 1_000;

/** Signals that end a process, with their exit status. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export class CommandLine {
  readonly #process: CommandProcess;
  readonly #open = new Map<string, OpenTransaction>();
  readonly #onSignal = (signal: keyof typeof SIGNALS): void => {
    this.#tellOpen();
    this.#process.exit(SIGNALS[signal]);
  };

  constructor(process: CommandProcess) {
    this.#process = process;
    for (const stream of [process.stdout, process.stderr])
      stream.on("error", (error) => this.#onStreamError(stream, error));
  }

  /** Runs to the end and sets the exit status; never rejects. */
  async run(work: () => Promise<void>, options: RunOptions = {}): Promise<void> {
    const onUnexpected = (error: unknown): void => {
      this.#fail(error, options);
      this.#process.exit(Number(this.#process.exitCode));
    };
    this.#process.on("uncaughtException", onUnexpected);
    this.#process.on("unhandledRejection", onUnexpected);
    try {
      await work();
      if (options.staysAlive?.() === true) return;
    } catch (error) {
      this.#fail(error, options);
    }
    // What a library leaves open must not keep a finished command.
    const timer: unknown = setTimeout(() => this.#process.exit(), LINGER_MS);
    (timer as { unref?(): void }).unref?.();
  }

  /** From now on the transaction is named whatever ends the process. */
  opened(transaction: OpenTransaction): void {
    if (this.#open.size === 0) for (const signal of Object.keys(SIGNALS)) this.#process.on(signal, this.#onSignal);
    this.#open.set(transaction.hash, transaction);
  }

  /** Its outcome is known, or an error that names it is on its way. */
  closed({ hash }: OpenTransaction): void {
    this.#open.delete(hash);
    if (this.#open.size === 0) for (const signal of Object.keys(SIGNALS)) this.#process.off(signal, this.#onSignal);
  }

  #fail(error: unknown, { usageOf, staysAlive }: RunOptions): void {
    // Of an agent the log is all there is.
    const isAgent = staysAlive?.() === true;
    const usage = usageOf?.(error) ?? null;
    if (usage?.help === true) {
      this.#process.exitCode = EXIT_STATUSES.done.status;
      return;
    }
    const coded = usage === null ? error : usageError(usage.text);
    if (isQuorateError(coded)) {
      this.#process.stderr.write(`${coded.message}\n`);
      this.#process.exitCode = exitStatusOf(coded);
    } else {
      this.#process.stderr.write(`${unexpectedText(error, isDebugging(this.#process) || isAgent)}\n`);
      this.#process.exitCode = EXIT_STATUSES.internal.status;
    }
    this.#tellOpen();
  }

  #tellOpen(): void {
    for (const { hash, what } of this.#open.values()) {
      this.#process.stderr.write(
        `transaction ${hash} (${what}) was sent; look for its hash before you send it again\n`,
      );
    }
  }

  /** Who reads only the first lines (`| head`) closes the pipe: the rest is not wanted, and the work goes on. */
  #onStreamError(stream: CommandStream, error: Error & { code?: string }): void {
    if (error.code === "EPIPE" || error.code === "ECONNRESET" || stream === this.#process.stderr) return;
    const reason = error.code ?? error.message;
    this.#process.stderr.write(`${quorateError("OUTPUT_FAILED", { reason }).message}\n`);
    this.#process.exitCode = EXIT_STATUSES.failed.status;
  }
}

function usageError(text: string): QuorateError {
  return quorateError("FLAG_INVALID", { error: text });
}

/** One line and a hint; the stack only for who asks for it. */
function unexpectedText(error: unknown, isDebug: boolean): string {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  const line = `INTERNAL_ERROR: The command failed unexpectedly: ${message.split("\n")[0]}`;
  if (isDebug) return `${line}\n${stack ?? ""}`;
  return `${line}\n  what to do: Run it again with NODE_DEBUG=quorate in the environment, and report what it prints.`;
}

/** Node's own way to ask a program for more: NODE_DEBUG=quorate. */
function isDebugging({ env }: CommandProcess): boolean {
  return (env["NODE_DEBUG"] ?? "").split(",").includes("quorate");
}
