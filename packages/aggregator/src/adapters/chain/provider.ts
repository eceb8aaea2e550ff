/**
 * One chain provider as the follower knows it: how it is, how it may be asked, and what of it was read. Enters: what
 * became of each question. Leaves: its health for status, log and metrics (P-65), and what need not be asked again. Not
 * its job: comparing it with others.
 */
import type { ChainHead, ChainProviderView, ErrorCode, QuorateError } from "@quorate/common";
import type { Logger } from "../../driver/ports.ts";
import { BLOCKS_KEPT } from "./limits.ts";
import { Pace } from "./pace.ts";
import type { RawLog, Rpc } from "./rpc.ts";

/** What a provider does for the follower; it is well when it does both. */
export type Duty = "head" | "logs";

/** Where others may go on without it. */
export type Wait = Duty | "count" | "dispute";

/** Logs of the blocks from `from` on, up to and including `upTo`. */
interface Kept {
  readonly from: number;
  upTo: number;
  logs: RawLog[];
}

export class Provider {
  readonly rpc: Rpc;
  readonly pace: Pace;
  /** Its chain id and contracts were found right, and it has not failed since. */
  isChecked = false;
  /** Where its answer was not there when enough others were. */
  readonly late = new Set<Wait>();
  /** A look at its finalised block that is under way. */
  look: Promise<unknown> | null = null;
  /** Ends the reading that is under way. */
  reading: AbortController | null = null;
  readonly #logger: Logger;
  readonly #faults = new Map<Duty, QuorateError>();
  readonly #failures = new Map<ErrorCode, number>();
  /** Null before the first answer. */
  #told: string | null = null;
  #sinceMs = Date.now();
  #finalised: ChainHead | null = null;
  readonly #blocks = new Map<number, ChainHead>();
  #kept: Kept | null = null;

  constructor(rpc: Rpc, chunkBlocks: number, logger: Logger) {
    this.rpc = rpc;
    this.pace = new Pace(chunkBlocks);
    this.#logger = logger;
  }

  get host(): string {
    return this.rpc.host;
  }

  view(): ChainProviderView {
    const fault = this.fault();
    return {
      host: this.host,
      ok: this.#told === null ? null : fault === undefined,
      code: fault?.code ?? null,
      detail: fault === undefined ? "" : detailOf(fault),
      finalised: this.#finalised?.number ?? null,
      sinceMs: this.#sinceMs,
      isLate: this.late.has("head") || this.late.has("logs"),
      failures: Object.fromEntries(this.#failures),
    };
  }

  succeeded(duty: Duty): void {
    this.#faults.delete(duty);
    this.#tell();
  }

  failed(duty: Duty, error: QuorateError): void {
    this.#faults.set(duty, error);
    this.#failures.set(error.code, (this.#failures.get(error.code) ?? 0) + 1);
    // What comes back after a failure may be another machine.
    if (duty === "head") this.isChecked = false;
    this.#tell();
  }

  saw(finalised: ChainHead): void {
    this.#finalised = finalised;
    this.keepBlock(finalised);
  }

  /** A finalised block that it has told before. */
  knownBlock(number: number): ChainHead | undefined {
    return this.#blocks.get(number);
  }

  keepBlock(block: ChainHead): void {
    this.#blocks.delete(block.number);
    this.#blocks.set(block.number, block);
    for (const number of this.#blocks.keys()) {
      if (this.#blocks.size <= BLOCKS_KEPT) break;
      this.#blocks.delete(number);
    }
  }

  /** What was read of a range that begins here, attempts that failed included. */
  keptFrom(from: number): Kept {
    if (this.#kept?.from !== from) this.#kept = { from, upTo: from - 1, logs: [] };
    return this.#kept;
  }

  /** After a contradiction nothing that it said counts. */
  forget(): void {
    this.#blocks.clear();
    this.#kept = null;
  }

  /** Whether the last logs that it was asked for did not come, or were wrong. */
  get tellsNoLogs(): boolean {
    return this.#faults.has("logs");
  }

  fault(): QuorateError | undefined {
    return this.#faults.get("head") ?? this.#faults.get("logs");
  }

  /** Each change once: a fault counts as another when its code or its words differ, and not for a number in them. */
  #tell(): void {
    const fault = this.fault();
    const now = fault === undefined ? "" : sameness(fault);
    if (this.#told === now) return;
    const isNews = fault !== undefined || this.#told !== null;
    this.#told = now;
    this.#sinceMs = Date.now();
    if (!isNews) return;
    if (fault === undefined) this.#logger.info({ provider: this.host }, "CHAIN_PROVIDER_HEALTHY");
    else this.#logger.warn({ provider: this.host, ...fault.values }, fault.code);
  }
}

/** The values of an error on one line. */
export function detailOf(error: QuorateError): string {
  return error.message
    .split("\n")
    .slice(1, -1)
    .map((line) => line.trim())
    .join(", ");
}

/**
 * What makes two errors one to an operator: digits in the words (bytes, milliseconds, heights) do not, a status of
 * HTTP does.
 */
export function sameness(error: QuorateError): string {
  const status = /HTTP \d+/.exec(detailOf(error))?.[0] ?? "";
  return `${error.code} ${status} ${detailOf(error).replace(/0x[0-9a-f]+|\d+/g, "#")}`;
}
