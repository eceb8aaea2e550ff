/**
 * Writes log lines to a file descriptor without ever waiting for its reader. Enters: lines. Leaves: what the reader
 * takes, in order, and the number of lines that it did not. Not its job: what a line says.
 *
 * A pipe that nobody reads is full after 64 kB, and a write that blocks then would stop the agent. So the descriptor
 * is written without blocking, what does not fit waits within a bound, and beyond that the oldest lines are dropped
 * and counted.
 */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { isatty } from "node:tty";
import { LAST_WORDS_MAX_BYTES, LAST_WORDS_MS, RETRY_MS, WAITING_MAX_BYTES } from "./limits.ts";

export interface LogSink {
  /** One line, with its line break. */
  write(line: string): void;
  /** Lines dropped since the start. */
  dropped(): number;
  /** Called when lines are taken again after some were dropped, with how many those were. */
  onTakenAgain(tell: (dropped: number) => void): void;
  /** Waits a bounded time for the reader to take what is left: for the end of the process. */
  lastWords(): void;
}

/** @param writeTo writes some of the bytes and says how many; throws EAGAIN where it would have to wait */
export function createSink(writeTo: (bytes: Uint8Array) => number): LogSink {
  return new BoundedSink(writeTo);
}

/** A sink to standard error. */
export function stderrSink(): LogSink {
  const fd = unblockedStderr();
  return createSink((bytes) => writeSync(fd, bytes));
}

/**
 * Node makes pipes and sockets non-blocking when the stream over them is made. A terminal it leaves alone, so that is
 * opened once more: Ctrl-S stops the output, and must not stop the agent.
 */
function unblockedStderr(): number {
  // Whoever writes to the stream itself, such as Node's own warnings, may find its reader gone.
  process.stderr.on("error", () => {});
  if (!isatty(2)) return 2;
  let fd: number | undefined;
  try {
    fd = openSync("/dev/fd/2", constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    return isatty(fd) ? fd : 2;
  } catch {
    if (fd !== undefined) closeSync(fd);
    return 2;
  }
}

class BoundedSink implements LogSink {
  readonly #writeTo: (bytes: Uint8Array) => number;
  /** The first may be the rest of a line that was begun; it is not dropped. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isBegun = false;
  #dropped = 0;
  #toTell = 0;
  /** Whether anything was taken since lines were last dropped: where nothing is, there is nobody to tell. */
  #isTaken = false;
  #tell: (dropped: number) => void = () => {};
  #retry: NodeJS.Timeout | null = null;

  constructor(writeTo: (bytes: Uint8Array) => number) {
    this.#writeTo = writeTo;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    // While lines wait, the timer looks whether there is room: each line of a flood need not.
    if (this.#retry === null) this.#flush();
    this.#bound(WAITING_MAX_BYTES);
  }

  dropped(): number {
    return this.#dropped;
  }

  onTakenAgain(tell: (dropped: number) => void): void {
    this.#tell = tell;
  }

  lastWords(): void {
    this.#bound(LAST_WORDS_MAX_BYTES);
    const until = performance.now() + LAST_WORDS_MS;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    while (!this.#writeAll() && performance.now() < until) Atomics.wait(pause, 0, 0, RETRY_MS);
  }

  #flush(): void {
    if (!this.#writeAll()) {
      this.#retry = setTimeout(() => {
        this.#retry = null;
        this.#flush();
      }, RETRY_MS);
      this.#retry.unref();
      return;
    }
    const dropped = this.#toTell;
    if (dropped === 0 || !this.#isTaken) return;
    this.#toTell = 0;
    this.#tell(dropped);
  }

  /** False when the reader has to be waited for. */
  #writeAll(): boolean {
    for (let bytes = this.#waiting[0]; bytes !== undefined; bytes = this.#waiting[0]) {
      let written: number;
      try {
        written = this.#writeTo(bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
        // Nobody will read it (EPIPE), or the disk is full: the agent goes on, and the next line may fare better.
        this.#drop(0);
        this.#isBegun = false;
        continue;
      }
      this.#isTaken = true;
      this.#waitingBytes -= written;
      this.#isBegun = written < bytes.length;
      if (this.#isBegun) this.#waiting[0] = bytes.subarray(written);
      else this.#waiting.shift();
    }
    return true;
  }

  #bound(most: number): void {
    const first = this.#isBegun ? 1 : 0;
    let count = 0;
    let bytes = this.#waitingBytes;
    while (bytes > most && first + count < this.#waiting.length - 1) {
      bytes -= this.#waiting[first + count++]?.length ?? 0;
    }
    if (count === 0) return;
    this.#waiting.splice(first, count);
    this.#waitingBytes = bytes;
    this.#count(count);
  }

  #drop(at: number): void {
    const [line] = this.#waiting.splice(at, 1);
    this.#waitingBytes -= line?.length ?? 0;
    this.#count(1);
  }

  #count(lines: number): void {
    this.#dropped += lines;
    this.#toTell += lines;
    this.#isTaken = false;
  }
}
