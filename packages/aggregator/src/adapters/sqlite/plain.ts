/**
 * Plain data as JSON text and back. Bigints are strings of digits with an `n` behind (`"12n"`), which no other string
 * of the ledger is; byte arrays become hex strings and stay such. Not its job: what the data means.
 */
import { quorateError, toHex } from "@quorate/common";

export function toText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    return part instanceof Uint8Array ? toHex(part) : part;
  });
}

const BIGINT = /^-?(?:0|[1-9][0-9]*)n$/;

/** @throws STORE_CORRUPT when the text is not JSON */
export function fromText(text: string): unknown {
  try {
    return JSON.parse(text, (_key, part: unknown) => {
      return typeof part === "string" && BIGINT.test(part) ? BigInt(part.slice(0, -1)) : part;
    });
  } catch (error) {
    throw quorateError("STORE_CORRUPT", { part: "ledger", detail: String(error), text: text.slice(0, 100) });
  }
}
