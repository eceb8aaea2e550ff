/**
 * Why a contract refused a call. Enters: a provider's error, or the data of a revert. Leaves: the data, or the
 * contract's own error. What an error means is shared with commands outside of this package.
 */
import type { Hex } from "@quorate/common";

export { parseRevert, revertText } from "@quorate/common/chain";

/**
 * The data of a revert in a provider's error: clients put it into `data`, into `data.data`, or behind a word. Null when
 * there is none: the question failed then, which says nothing about the call.
 */
export function revertDataIn(error: unknown): Hex | null {
  let data: unknown = (error as { readonly data?: unknown } | null | undefined)?.data;
  for (let depth = 0; depth < 3 && typeof data === "object" && data !== null; depth++) {
    data = (data as { readonly data?: unknown }).data;
  }
  const hex = typeof data === "string" ? /^(?:Reverted )?(0x[0-9a-f]*)$/i.exec(data)?.[1] : undefined;
  return hex === undefined || hex.length % 2 === 1 ? null : (hex.toLowerCase() as Hex);
}
