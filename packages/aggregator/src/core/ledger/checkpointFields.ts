/** The fields of a checkpoint that several of its parts are made of. */
import type { Hex } from "@quorate/common";
import { z } from "zod";

export const hex = z.custom<Hex>((value) => typeof value === "string" && /^0x(?:[0-9a-f]{2})*$/.test(value));
export const integer = z.number().int().nonnegative();
export const amount = z.bigint().nonnegative();
