/** An address in files that people write. Enters: text. Leaves: the address, or an issue whose message is the code. */
import { z } from "zod";
import { isQuorateError } from "./errors.ts";
import { parseAddress } from "./hex.ts";
import type { Address } from "./types.ts";

export const addressSchema = z.string().transform((text, context): Address => {
  try {
    return parseAddress(text);
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    context.addIssue({ code: "custom", message: error.code });
    return z.NEVER;
  }
});
