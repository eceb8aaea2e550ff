/**
 * Kinds of values in the agent's configuration. Enters: what YAML, an environment variable or a flag holds. Leaves: the
 * value, or what is wrong with it. Not its job: which fields there are (config.ts).
 */
import { isIP } from "node:net";
import { addressSchema } from "@quorate/common";
import { AGENT_URL_MAX_CHARS, agentUrlSchema, plainAgentUrl } from "@quorate/common/http";
import { z } from "zod";

export const text = z.string().min(1);
export const url = z.url({ protocol: /^https?$/ });
export const address = addressSchema;
/**
 * A number, or its decimal digits from an environment variable or flag. Nothing else: an empty variable is not 0,
 * `true` is not 1.
 */
export const integer = (min: number, max: number) =>
  z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^[0-9]+$/)
          .transform(Number),
      ],
      "not a whole number",
    )
    .pipe(z.number().int().min(min).max(max));
/** Gwei in decimal, kept as text: an amount is never a float. */
export const gwei = z
  .union([z.string(), z.number().transform(String)], "not an amount of gwei")
  .pipe(z.string().regex(/^[0-9]{1,9}([.][0-9]{1,9})?$/, "not an amount of gwei, at most nine digits after the point"));
/** YAML 1.1 has `off` for false. */
export const off = z.union([z.literal("off"), z.literal(false).transform(() => "off" as const)]);
/** An IP address, or a network such as 10.0.0.0/8. */
export const network = z.string().refine((value) => {
  const [address = "", bits, ...rest] = value.split("/");
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return rest.length === 0 && most > 0 && (bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= most));
}, "not an IP address or a network such as 10.0.0.0/8");
/** A name as it stands in Host, without its port. */
export const hostName = z.string().regex(/^([A-Za-z0-9_.-]{1,253}|[*])$/, "not a host name without port, or *");
/** `https://portal.example`, as browsers send it. */
export const origin = z
  .string()
  .refine((value) => value === "*" || (URL.canParse(value) && new URL(value).origin === value), "not an origin, or *");
/** For visitors' browsers, which ask no URL with a name and a password in it. */
export const portalUrl = url.max(AGENT_URL_MAX_CHARS).refine((value) => {
  const { username, password, hash } = new URL(value);
  return username === "" && password === "" && hash === "";
}, "has credentials or a fragment");
/**
 * Whether a URL looks as if it let in whoever has it: a query, or a part of the path that nobody would choose as a
 * name.
 */
export function hasKey(value: string): boolean {
  const { pathname, search } = new URL(value);
  return search !== "" || pathname.split("/").some((part) => /^[A-Za-z0-9_-]{16,}$/.test(part) && /\d/.test(part));
}
export const agentUrl = z.string().transform(plainAgentUrl).pipe(agentUrlSchema);
export const flag = z.union(
  [z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")],
  "not true or false",
);
export const listOf = <T extends z.ZodType>(item: T, min: number, max: number) =>
  z.preprocess(
    (value) => (typeof value === "string" ? value.split(",").filter((part) => part !== "") : value),
    z.array(item).min(min).max(max),
  );
