/**
 * The trace of a run as one hash: every step of every agent, with its moment, input and effects. Two runs are the
 * same when it is.
 */
import { createHash, type Hash } from "node:crypto";
import type { NodeId } from "@quorate/common";
import type { Effect, Input } from "../../packages/aggregator/src/core/io.ts";
import type { Observer } from "./agent.ts";

/** Lines hashed at once: a call for each would cost more than the hash. */
const BUFFERED_LINES = 512;

export class Trace implements Observer {
  readonly #hash: Hash = createHash("sha256");
  #lines: string[] = [];
  steps = 0;
  crashes = 0;

  onStep(id: NodeId, input: Input, effects: readonly Effect[], nowMs: number): void {
    this.steps += 1;
    this.#add(`${Math.round(nowMs * 1_000)} ${id} ${inputText(input)} > ${effects.map(effectText).join(", ")}`);
  }

  onUp(id: NodeId, nowMs: number): void {
    this.#add(`${Math.round(nowMs * 1_000)} ${id} up`);
  }

  onDown(id: NodeId, nowMs: number): void {
    this.crashes += 1;
    this.#add(`${Math.round(nowMs * 1_000)} ${id} down`);
  }

  digest(): string {
    this.#flush();
    return this.#hash.copy().digest("hex");
  }

  #add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length >= BUFFERED_LINES) this.#flush();
  }

  #flush(): void {
    this.#hash.update(`${this.#lines.join("\n")}\n`);
    this.#lines = [];
  }
}

function inputText(input: Input): string {
  switch (input.type) {
    case "gossip":
      return `gossip ${input.handle} ${input.from.slice(2, 10)} ${bytesText(input.data)}`;
    case "verified":
      return `verified ${input.job} ${input.results?.map((group) => group.map(Number).join("")).join("|")}`;
    case "chain":
      return `chain ${input.head.number}`;
    case "claim":
      return `claim ${input.recipient} ${input.epoch}`;
    case "catch-up-asked":
    case "catch-up-answered":
    case "inquiry-asked":
      return `${input.type} ${input.from.slice(2, 10)} ${bytesText(input.data)}`;
    case "inquiry-answered":
      return `inquiry-answered ${input.job} ${bytesText(input.data)}`;
    default:
      return input.type;
  }
}

function effectText(effect: Effect): string {
  switch (effect.type) {
    case "publish":
    case "catch-up-ask":
    case "catch-up-reply":
    case "inquire":
    case "inquiry-reply":
      return `${effect.type} ${bytesText(effect.data)}`;
    case "verdict":
      return `${effect.verdict} ${effect.code}`;
    case "claim-changed":
      return `claim ${effect.claim.status} ${effect.claim.signers.length}`;
    case "persist":
      return `persist ${effect.records.map(({ type }) => type).join("+")}`;
    case "blame":
      return `blame ${effect.peer.slice(2, 10)} ${effect.code}`;
    case "observe":
      return effect.code;
    default:
      return effect.type;
  }
}

/**
 * Length and a checksum (FNV-1a): a difference of content shows, at a tenth of what a hash of each message would
 * cost.
 */
function bytesText(data: Uint8Array): string {
  const known = knownTexts.get(data);
  if (known !== undefined) return known;
  const text = textOf(data);
  knownTexts.set(data, text);
  return text;
}

/** One message is heard by many: nobody changes its bytes. */
const knownTexts = new WeakMap<Uint8Array, string>();

function textOf(data: Uint8Array): string {
  let sum = 0x811c9dc5;
  for (const byte of data) sum = Math.imul(sum ^ byte, 0x01000193);
  return `${data.length}:${sum >>> 0}`;
}
