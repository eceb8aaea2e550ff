/**
 * Files of events: one JSON line each, behind a header line (docs/ledger.md). Enters: a path; events to write. Leaves:
 * events, checked one by one while they are read, or EVENTS_FILE_INVALID with the line. Not its job: the form of an
 * event (eventJson.ts), what follows from it.
 */
import { closeSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { type Address, type ChainHead, isQuorateError, quorateError } from "@quorate/common";
import { z } from "zod";
import type { ChainEvent } from "../../core/ledger/events.ts";
import { address, eventFromJson, eventToJson, headSchema } from "./eventJson.ts";

/** Bytes of a line: a record that names every node of 65,536 has half of it. */
const LINE_MAX_BYTES = 1_048_576;
/** Lines of a file: a century of an event a minute. */
const EVENTS_MAX = 50_000_000;
const READ_BYTES = 1_048_576;
const VERSION = 1;

export interface EventFileHeader {
  /** EIP-155. */
  readonly chainId: number;
  readonly rewards: Address;
  readonly pool: Address;
  /** The first block that was read. */
  readonly fromBlock: number;
  /** The finalised block that the events are complete up to. */
  readonly head: ChainHead;
  /** How many events follow: a file that was cut off is noticed. */
  readonly events: number;
}

export interface EventFile {
  readonly header: EventFileHeader;
  /** Reads the file from its first event on, each time anew. @throws EVENTS_FILE_INVALID with the line */
  events(): Generator<ChainEvent>;
}

const headerSchema = z.strictObject({
  format: z.literal("quorate-events"),
  version: z.literal(VERSION),
  chainId: z.int().positive(),
  rewards: address,
  pool: address,
  fromBlock: z.int().nonnegative(),
  head: headSchema,
  events: z.int().nonnegative().max(EVENTS_MAX),
});

/** @throws EVENTS_FILE_UNREADABLE, EVENTS_FILE_INVALID */
export function openEventFile(path: string): EventFile {
  const first = linesOf(path).next();
  if (first.done) throw invalid(path, 1, "header", "the file is empty");
  const result = headerSchema.safeParse(parsed(path, 1, first.value));
  if (!result.success) {
    const issue = result.error.issues[0];
    throw invalid(path, 1, issue?.path.join(".") || "header", issue?.message ?? "malformed");
  }
  const { format: _format, version: _version, ...header } = result.data;
  return { header, events: () => readEvents(path, header) };
}

function* readEvents(path: string, { head, events }: EventFileHeader): Generator<ChainEvent> {
  let line = 0;
  let last = { blockNumber: -1, logIndex: -1, timestamp: 0 };
  for (const text of linesOf(path)) {
    line += 1;
    if (line === 1) continue;
    if (line > events + 1) throw invalid(path, line, "events", `the header says ${events}, and more follow`);
    const event = eventFromJson(parsed(path, line, text));
    if (!("type" in event)) throw invalid(path, line, event.field, event.reason);
    const { blockNumber, logIndex, timestamp } = event;
    const isLater = blockNumber > last.blockNumber || (blockNumber === last.blockNumber && logIndex > last.logIndex);
    if (!isLater) throw invalid(path, line, "blockNumber", `not after block ${last.blockNumber}, log ${last.logIndex}`);
    if (timestamp < last.timestamp) throw invalid(path, line, "timestamp", `before ${last.timestamp}`);
    if (blockNumber > head.number || timestamp > head.timestamp) {
      throw invalid(path, line, "blockNumber", `beyond the header's head, block ${head.number}`);
    }
    last = event;
    yield event;
  }
  if (line !== events + 1) throw invalid(path, line, "events", `the header says ${events}, there are ${line - 1}`);
}

/** Whole or not at all: written beside the path and moved there. @throws EVENTS_FILE_UNREADABLE */
export function writeEventFile(
  path: string,
  header: Omit<EventFileHeader, "events">,
  events: readonly ChainEvent[],
): void {
  const partial = `${path}.partial`;
  coded(path, () => {
    const file = openSync(partial, "w");
    try {
      const first = { format: "quorate-events", version: VERSION, ...header, events: events.length };
      writeSync(file, `${JSON.stringify(first)}\n`);
      for (const event of events) writeSync(file, `${eventToJson(event)}\n`);
    } catch (error) {
      rmSync(partial, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
  });
}

/** Lines without their ends; a last one without an end counts. */
function* linesOf(path: string): Generator<string> {
  const file = coded(path, () => openSync(path, "r"));
  try {
    let rest = Buffer.alloc(0);
    for (let line = 1; ; ) {
      const chunk = Buffer.alloc(READ_BYTES);
      const size = coded(path, () => readSync(file, chunk, 0, READ_BYTES, null));
      rest = Buffer.concat([rest, chunk.subarray(0, size)]);
      let from = 0;
      for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10, from)) {
        yield rest.toString("utf8", from, end);
        from = end + 1;
        line += 1;
      }
      rest = rest.subarray(from);
      if (rest.length > LINE_MAX_BYTES) throw invalid(path, line, "line", `above ${LINE_MAX_BYTES} bytes`);
      if (size > 0) continue;
      if (rest.length > 0) yield rest.toString("utf8");
      return;
    }
  } finally {
    closeSync(file);
  }
}

function parsed(path: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(path, line, "line", "not JSON");
  }
}

function invalid(path: string, line: number, field: string, reason: string): Error {
  return quorateError("EVENTS_FILE_INVALID", { path, line, field, reason });
}

function coded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (isQuorateError(cause)) throw cause;
    throw quorateError("EVENTS_FILE_UNREADABLE", { path, reason: String(cause) }, { cause });
  }
}
