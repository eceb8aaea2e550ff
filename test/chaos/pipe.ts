/**
 * One direction of one connection. In: what one socket sends. Out: the same bytes to the other socket, late, at a rate
 * or not yet, as the link's condition of the moment says. Ends and resets travel like bytes, so that a cut hides them.
 */
import type { Socket } from "node:net";
import type { Random } from "../sim/random.ts";
import type { Condition } from "./condition.ts";

interface Piece {
  readonly dueMs: number;
  readonly what: Buffer | "end" | "reset";
}

/** Bytes held by one direction before its sender is held back, as a kernel's buffers would. */
const HELD_MAX_BYTES = 262_144;
/** When TCP sends again what was lost: at least 200 ms on Linux. */
const RETRANSMIT_MS = 220;

export class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #condition: () => Condition;
  readonly #random: Random;
  #queue: Piece[] = [];
  #heldBytes = 0;
  #lastDueMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #isFull = false;

  constructor(from: Socket, to: Socket, condition: () => Condition, random: Random) {
    this.#from = from;
    this.#to = to;
    this.#condition = condition;
    this.#random = random;
    from.on("data", (bytes) => this.#take(bytes));
    from.on("end", () => this.#take("end"));
    from.on("error", () => this.#take("reset"));
    from.on("close", () => this.#take("end"));
    const mayGoOn = (): void => {
      this.#isFull = false;
      this.kick();
    };
    to.on("drain", mayGoOn);
    to.on("close", mayGoOn);
  }

  /** The link's condition may have changed. */
  kick(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#queue.length > 0 && !this.#isFull && !this.#condition().isCut) {
      const piece = this.#queue[0] as Piece;
      const waitMs = piece.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.kick(), waitMs);
        return;
      }
      this.#queue.shift();
      this.#deliver(piece.what);
    }
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#queue = [];
  }

  #take(what: Piece["what"]): void {
    const { delayMs, jitterMs, loss, rate } = this.#condition();
    const lateMs = delayMs + this.#random.between(0, jitterMs) + (this.#random.chance(loss) ? RETRANSMIT_MS : 0);
    // In order: what is behind a late piece is late too.
    const startMs = Math.max(this.#lastDueMs, performance.now() + lateMs);
    const bytes = typeof what === "string" ? 0 : what.length;
    this.#lastDueMs = startMs + (rate === null ? 0 : (bytes / rate) * 1_000);
    this.#queue.push({ dueMs: this.#lastDueMs, what });
    this.#heldBytes += bytes;
    if (this.#heldBytes > HELD_MAX_BYTES) this.#from.pause();
    this.kick();
  }

  #deliver(what: Piece["what"]): void {
    if (what === "reset") this.#to.resetAndDestroy();
    else if (what === "end") this.#to.end();
    else {
      this.#heldBytes -= what.length;
      if (this.#heldBytes <= HELD_MAX_BYTES && this.#from.isPaused()) this.#from.resume();
      if (!this.#to.destroyed) this.#isFull = !this.#to.write(what);
    }
  }
}
