/**
 * One chain provider, asked by a command. Enters: a question. Leaves: its result, or the contract's revert, which is an
 * answer too; anything else is a failure of the provider, in its own words. Only data of a revert makes a revert: a
 * provider that says "header not found" has not asked the contract (P-106). Not its job: what to do after a failure.
 */
import { quorateError } from "../errors.ts";
import { SAID_MAX_CHARACTERS, SECRET_MIN_CHARACTERS } from "./limits.ts";
import { type Line, LineFailure, type OpenLine, type Said } from "./line.ts";

export type Reply = { readonly result: unknown } | { readonly revert: string };

/** Why a provider did not answer a question. */
export class ProviderFailure extends Error {
  override readonly name = "ProviderFailure";
  readonly host: string;
  /**
   * `passing`: it said that it cannot answer yet. `refused`: it answered, and the answer is no. `silent`: nobody knows
   * whether it got the question. `wrong-chain`: it serves another chain. `reverted`: it says that the contract refused,
   * and has no data of that.
   */
  readonly kind: "passing" | "refused" | "silent" | "wrong-chain" | "reverted";

  constructor(host: string, kind: ProviderFailure["kind"], reason: string) {
    super(reason.replace(/\s+/g, " ").slice(0, SAID_MAX_CHARACTERS));
    this.host = host;
    this.kind = kind;
  }
}

/** What providers say of a block that this machine of theirs does not have yet. */
const NOT_THERE_YET =
  /header not found|(?:unknown|missing|invalid) block|block (?:\S+ )?(?:is )?not (?:found|available)|missing trie node|could ?n.t find block|after last accepted|beyond (?:the )?(?:current )?head|BlockOutOfRange|out of range/i;
const TOO_MANY = /rate limit|too many requests|limit exceeded|exceeded .*(?:capacity|compute units)|throughput/i;
const TOO_MANY_STATUS: readonly number[] = [429, 503];
/** What node software says of a call that ended in the contract's own code, with or without a reason. */
const REVERTED = /revert|invalid (?:opcode|jump)|bad (?:instruction|jump)/i;
const CALLS: readonly string[] = ["eth_call", "eth_estimateGas"];
const TOO_MANY_CODE = -32_005;

export class Endpoint {
  /** Never the whole address, which often holds a key. */
  readonly host: string;
  readonly #line: Line;
  /** What of the address must not be repeated, as some do with the key that they refuse. */
  readonly #secrets: readonly string[];

  constructor(url: string, open: OpenLine, timeoutMs: number) {
    const { host, pathname, search, username, password } = new URL(url);
    this.host = host;
    this.#line = open(url, timeoutMs);
    const parts = [...pathname.split("/"), ...search.split(/[?&=]/), decodeURIComponent(username)];
    this.#secrets = [...parts.filter((part) => part.length >= SECRET_MIN_CHARACTERS), decodeURIComponent(password)];
  }

  /** @throws ProviderFailure */
  async ask(method: string, params: readonly unknown[]): Promise<Reply> {
    let said: Said;
    try {
      said = await this.#line.ask(method, params);
    } catch (error) {
      if (!(error instanceof LineFailure)) throw error;
      throw new ProviderFailure(this.host, kindOf(error), this.#shown(error.message));
    }
    if ("result" in said) return said;
    const data = revertData(said.error);
    if (data !== null) return { revert: data };
    const { code, message } = said.error;
    // Of logs the same words mean that the range is too long, which no waiting cures.
    const isPassing = code === TOO_MANY_CODE || NOT_THERE_YET.test(message) || TOO_MANY.test(message);
    const isBare = CALLS.includes(method) && saysReverted(said.error);
    const no = isBare ? "reverted" : "refused";
    throw new ProviderFailure(this.host, isPassing && method !== "eth_getLogs" ? "passing" : no, this.#shown(message));
  }

  close(): void {
    this.#line.close();
  }

  #shown(text: string): string {
    const hidden = this.#secrets.reduce(
      (shown, secret) => (secret === "" ? shown : shown.replaceAll(secret, "…")),
      text,
    );
    return hidden.trim() === "" ? "without a word" : hidden;
  }
}

/** A gateway (5xx) may have passed the question on before it failed; a refusal (4xx) has not. */
function kindOf({ status }: LineFailure): ProviderFailure["kind"] {
  if (status === null) return "silent";
  if (TOO_MANY_STATUS.includes(status)) return "passing";
  return status >= 400 && status < 500 ? "refused" : "silent";
}

/** The data of a revert: four bytes at least, wherever the node software puts them. */
function revertData(error: unknown, depth = 0): string | null {
  if (typeof error !== "object" || error === null || depth > 3) return null;
  const { data } = error as { data?: unknown };
  if (typeof data !== "string") return revertData(data, depth + 1);
  const found = /^(?:Reverted )?(0x(?:[0-9a-fA-F]{2}){4,})$/.exec(data);
  return found?.[1] ?? null;
}

/** Wallets put the node's own words inside theirs. */
function saysReverted(error: unknown, depth = 0): boolean {
  if (typeof error !== "object" || error === null || depth > 3) return false;
  const { message, data } = error as { message?: unknown; data?: unknown };
  return (typeof message === "string" && REVERTED.test(message)) || saysReverted(data, depth + 1);
}

/**
 * The address of a provider or an agent as a person gave it by `flag`.
 * @throws FLAG_INVALID
 */
export function parseHttpUrl(flag: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.host !== "") return url.href;
  const isBare = /^[\w.-]+:\d+(?:\/|$)/.test(text);
  const remedy = isBare ? `Write it with its scheme: http://${text.slice(0, 60)}` : undefined;
  const value = /[@?]/.test(text) ? "(not shown: it may hold a secret)" : text.slice(0, 60);
  const values = { flag, value, reason: "not an http:// or https:// address" };
  throw quorateError("FLAG_INVALID", values, remedy === undefined ? {} : { remedy });
}
