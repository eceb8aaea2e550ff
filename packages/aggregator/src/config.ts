/**
 * The agent's configuration: one YAML file, environment variables over it, flags over those; every field in one table.
 * Enters: a file's text, an environment, flags. Leaves: a checked Config, or CONFIG_INVALID naming each field and
 * where its value came from.
 */
import { dirname, isAbsolute, join } from "node:path";
import { quorateError } from "@quorate/common";
import { PORTAL_RPC_MAX } from "@quorate/common/http";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { sameProvider } from "./adapters/chain/place.ts";
import { meant, sectionFault, unknownVariables } from "./configNames.ts";
import {
  address,
  agentUrl,
  flag,
  gwei,
  hostName,
  integer,
  listOf,
  network,
  off,
  origin,
  portalUrl,
  text,
  url,
} from "./configValues.ts";

const DAY_MS = 86_400_000;

interface Field {
  readonly schema: z.ZodType;
  readonly about: string;
}

/**
 * Every field. Environment variable and flag follow from the path: `chain.pollMs` is QUORATE_CHAIN_POLL_MS and
 * --chain-poll-ms.
 */
const FIELDS = {
  "chain.providers": {
    schema: listOf(url, 1, 8).superRefine((urls, context) => {
      const message = sameProvider(urls);
      if (message !== null) context.addIssue({ code: "custom", message });
    }),
    about: "JSON-RPC URLs of Ethereum nodes; with several, the agent signs only while they agree (P-57)",
  },
  "chain.chainId": { schema: integer(1, Number.MAX_SAFE_INTEGER), about: "EIP-155 id of the chain" },
  "chain.rewards": { schema: address, about: "address of ServiceNodeRewards (the proxy)" },
  "chain.pool": { schema: address, about: "address of RewardRatePool (the proxy)" },
  "chain.deployBlock": {
    schema: integer(0, Number.MAX_SAFE_INTEGER).default(0),
    about: "block of the deployment: nothing is read before it",
  },
  "chain.pollMs": {
    schema: integer(100, 600_000).default(5_000),
    about: "ms between looks at the finalised block; less than half a block time gains nothing",
  },
  "chain.chunkBlocks": {
    schema: integer(1, 100_000).default(2_000),
    about: "blocks in one log query; 2,000 is what public providers allow",
  },
  "chain.timeoutMs": {
    schema: integer(100, 120_000).default(10_000),
    about: "ms until a provider's answer counts as failed",
  },
  "p2p.listen": { schema: listOf(text, 1, 8).default(["/ip4/0.0.0.0/tcp/4001"]), about: "multiaddrs to listen on" },
  "p2p.announce": {
    schema: listOf(text, 0, 8).default([]),
    about: "multiaddrs to tell others, when they differ from those listened on",
  },
  "p2p.bootstrap": { schema: listOf(text, 0, 32).default([]), about: "multiaddrs with /p2p/ of peers to meet first" },
  "p2p.allowPrivateAddresses": {
    schema: flag.optional(),
    about:
      "dial loopback and private addresses of peer records; without it only where all own addresses are such, as in " +
      "a local network (P-120)",
  },
  "p2p.allowNames": {
    schema: flag.default(false),
    about: "resolve and dial names of peer records; bootstrap addresses may have names in any case (P-120)",
  },
  "p2p.targetPeers": {
    schema: integer(1, 128).default(12),
    about: "peers to be connected to: twice gossipsub's mesh, so that it can choose",
  },
  "http.host": {
    schema: text.default("127.0.0.1"),
    about: "address of the HTTP interface; behind a proxy if stakers are to reach it",
  },
  "http.port": { schema: integer(0, 65_535).default(8_900), about: "port of the HTTP interface; 0 takes a free one" },
  "http.healthHost": {
    schema: text.default("127.0.0.1"),
    about:
      "address of a listener of its own for /healthz, /readyz and /metrics, so that probes are answered whatever " +
      "stakers do",
  },
  "http.healthPort": {
    schema: z.union([integer(0, 65_535), off], "not a port, and not off").optional(),
    about:
      "its port: by default 1,000 above http.port (0, any free one, where that is 0); http.port itself or `off` for " +
      "no listener of its own",
  },
  "http.allowedHosts": {
    schema: listOf(hostName, 0, 32).default([]),
    about:
      "names by which the agent may be asked, beside localhost and IP addresses (P-127), such as its public name " +
      "behind a proxy; `*` for any",
  },
  "http.publicUrl": {
    schema: agentUrl.optional(),
    about:
      "URL at which stakers reach this agent, told to everyone in its peer record (P-138), such as " +
      "https://agent.example; its name need not be in http.allowedHosts",
  },
  "http.allowedOrigins": {
    schema: listOf(origin, 0, 32).optional(),
    about:
      "origins whose pages may read and ask for claims, such as https://portal.example, `*` for any, [] for none " +
      "but the agent's own; without it any, and local ones where the agent is asked by a local name (P-139)",
  },
  "http.trustedProxies": {
    schema: listOf(network, 0, 32).default([]),
    about:
      "IP addresses and networks of proxies that name their clients in X-Forwarded-For; without it a proxy is one " +
      "client",
  },
  "http.portal.enabled": {
    schema: flag.default(true),
    about: "serve the page of the network at / and what it begins with at /portal.json (P-143)",
  },
  "http.portal.rpc": {
    schema: listOf(portalUrl, 0, PORTAL_RPC_MAX).default([]),
    about:
      "JSON-RPC URLs that visitors' browsers may ask, told to everyone: never one with a key of your own in it; " +
      "without it the visitor's wallet is asked",
  },
  "http.portal.explorer": {
    schema: portalUrl.transform((value) => value.replace(/\/+$/, "")).optional(),
    about: "block explorer that the page links to, such as https://etherscan.io",
  },
  "keys.directory": { schema: text, about: "directory of the keystores made by `quorate keys generate`" },
  "keys.passwordFile": { schema: text, about: "file with their password" },
  "keys.operator": {
    schema: address.optional(),
    about: "the account meant to have registered this node: the agent tells when it is another one",
  },
  "store.path": {
    schema: text.refine((path) => !/^(:memory:|file:.*)$/i.test(path.trim()), "not a file that stays"),
    about: "the agent's SQLite file; its directory must exist",
  },
  "claims.deadlineMs": {
    schema: integer(1_000, DAY_MS).default(30_000),
    about: "ms a claim is collected before it fails; shares need about one second, the rest is for catch-up",
  },
  "submit.accountKeyFile": {
    schema: text.optional(),
    about:
      "file with the key of the account that pays for the agent's transactions: 32 bytes of hex, or an Ethereum " +
      "keystore; without it the agent submits nothing",
  },
  "submit.passwordFile": { schema: text.optional(), about: "file with that keystore's password" },
  "submit.maxFeePerGasGwei": {
    schema: gwei.default("50"),
    about: "most that is offered for a unit of gas: at 50 a report of 2,000,000 gas costs at most 0.1 ether",
  },
  "submit.maxPriorityFeePerGasGwei": {
    schema: gwei.default("3"),
    about:
      "most of it that goes to the block's builder; above what is usual, so that a stuck transaction can be replaced",
  },
  "submit.replaceAfterMs": {
    schema: integer(1_000, 3_600_000).default(36_000),
    about: "ms until a transaction that is in no block is replaced at higher fees; three slots of Ethereum",
  },
  "submit.allow.pack": { schema: flag.default(false), about: "pay for packing node records when it saves others gas" },
  "submit.allow.finishExits": { schema: flag.default(false), about: "pay for finishing exits that are due" },
  "submit.allow.liquidate": { schema: flag.default(false), about: "pay for liquidations that are due" },
  "log.level": {
    schema: z.enum(["debug", "info", "warn", "error"]).default("info"),
    about: "least severe level that is logged",
  },
} as const satisfies Record<string, Field>;

const PREFIX = "QUORATE_";
/** What commands read of the environment, and an agent does not: docs/commands.md. */
const COMMAND_VARIABLES = [
  "QUORATE_CONFIG",
  "QUORATE_NETWORK",
  "QUORATE_NETWORKS",
  "QUORATE_ACCOUNT_KEY",
  "QUORATE_ACCOUNT_KEY_FILE",
  "QUORATE_ACCOUNT_PASSWORD_FILE",
];

/** Fields that are paths: relative ones in the file are meant from where the file is, not from where a shell is. */
const PATHS: readonly string[] = [
  "keys.directory",
  "keys.passwordFile",
  "store.path",
  "submit.accountKeyFile",
  "submit.passwordFile",
];

/** Every field by its path, such as `chain.pollMs`. */
export function configFields(): string[] {
  return Object.keys(FIELDS);
}

type Path = keyof typeof FIELDS;
type ValueOf<P extends Path> = z.output<(typeof FIELDS)[P]["schema"]>;
type Section<S extends string> = { readonly [P in Path as P extends `${S}.${infer Name}` ? Name : never]: ValueOf<P> };

/** How the agent pays for its own transactions. Amounts in gwei are decimal text. */
export interface SubmitConfig {
  readonly accountKeyFile: string;
  readonly passwordFile?: string | undefined;
  readonly maxFeePerGasGwei: string;
  readonly maxPriorityFeePerGasGwei: string;
  readonly replaceAfterMs: number;
  /** What the agent may pay for beyond reports, showings and contests. */
  readonly allow: { readonly pack: boolean; readonly finishExits: boolean; readonly liquidate: boolean };
}

/** What the page is told, and whether there is one (P-143). */
export interface PortalConfig {
  readonly enabled: boolean;
  readonly rpc: readonly string[];
  readonly explorer?: string | undefined;
}

export interface Config {
  readonly chain: Section<"chain">;
  readonly p2p: Section<"p2p">;
  readonly http: Omit<Section<"http">, `portal.${string}`> & { readonly portal: PortalConfig };
  readonly keys: Section<"keys">;
  readonly store: Section<"store">;
  readonly claims: Section<"claims">;
  /** Null without an account: the agent submits nothing. */
  readonly submit: SubmitConfig | null;
  readonly log: Section<"log">;
}

export interface ConfigSources {
  /** The YAML text and the path it came from; null without a file. */
  readonly file: { readonly path: string; readonly text: string } | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Values by flag name without dashes, as in `configFlags`. */
  readonly flags: Readonly<Record<string, string | undefined>>;
}

/** @throws CONFIG_MALFORMED, CONFIG_INVALID (with all fields at fault) */
export function parseConfig(sources: ConfigSources): Config {
  const fileValues = readFileValues(sources.file);
  const faults: string[] = unknownFields(fileValues, sources.file?.path ?? "");
  const config: Values = {};
  for (const [path, { schema }] of entries()) {
    const { value, source } = pick(path, fileValues, sources);
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
      const problems = parsed.error.issues.map(({ message }) => message).join("; ");
      faults.push(
        `${path} (${source}): ${value === undefined ? "is missing" : value === null ? "is empty" : problems}`,
      );
      continue;
    }
    place(config, path.split("."), parsed.data);
  }
  faults.push(...withoutAccount(fileValues, sources));
  faults.push(
    ...unknownVariables(sources.env, PREFIX, [...entries().map(([path]) => envOf(path)), ...COMMAND_VARIABLES]),
  );
  if (faults.length > 0) throw quorateError("CONFIG_INVALID", { faults });
  const { submit } = config as { submit: { accountKeyFile?: string } };
  return { ...config, submit: submit.accountKeyFile === undefined ? null : submit } as unknown as Config;
}

type Values = { [name: string]: unknown };

function place(values: Values, [name, ...rest]: readonly string[], value: unknown): void {
  if (name === undefined) return;
  if (rest.length === 0) values[name] = value;
  else {
    values[name] ??= {};
    place(values[name] as Values, rest, value);
  }
}

/** Whoever sets anything of `submit` wants to submit: without an account that is a mistake, not a wish. */
function withoutAccount(fileValues: ReadonlyMap<string, unknown>, sources: ConfigSources): string[] {
  const given = entries()
    .map(([path]) => ({ path, ...pick(path, fileValues, sources) }))
    .filter(({ path, value }) => path.startsWith("submit.") && value !== undefined);
  if (given.length === 0 || given.some(({ path }) => path === "submit.accountKeyFile")) return [];
  return [`submit.accountKeyFile: is missing, while ${given.map(({ path }) => path).join(", ")} is given`];
}

/** The flags of `quorate run`: name without dashes, and what it is. */
export function configFlags(): { readonly flag: string; readonly about: string }[] {
  return entries().map(([path, { about }]) => ({ flag: flagOf(path), about }));
}

/** The Markdown table of docs/configuration.md. */
export function renderConfigTable(): string {
  const rows = entries().map(([path, { schema, about }]) => {
    const fallback = schema.safeParse(undefined);
    const value = fallback.success && (fallback.data === undefined ? "none" : `\`${JSON.stringify(fallback.data)}\``);
    const shown = value === false ? "required" : value;
    return `| \`${path}\` | \`${envOf(path)}\` | \`--${flagOf(path)}\` | ${shown} | ${about} |`;
  });
  return ["| field | environment | flag | default | meaning |", "|---|---|---|---|---|", ...rows, ""].join("\n");
}

function entries(): [Path, Field][] {
  return Object.entries(FIELDS) as [Path, Field][];
}

function pick(
  path: Path,
  fileValues: ReadonlyMap<string, unknown>,
  sources: ConfigSources,
): { value: unknown; source: string } {
  const flag = sources.flags[flagOf(path)];
  if (flag !== undefined) return { value: flag, source: `--${flagOf(path)}` };
  const env = sources.env[envOf(path)];
  if (env !== undefined) return { value: env, source: envOf(path) };
  const value = fileValues.get(path);
  const { path: file } = sources.file ?? { path: "no file" };
  const isRelative = PATHS.includes(path) && typeof value === "string" && value !== "" && !isAbsolute(value);
  return { value: isRelative && !/^(:memory:|file:)/i.test(value) ? join(dirname(file), value) : value, source: file };
}

function readFileValues(file: ConfigSources["file"]): Map<string, unknown> {
  const values = new Map<string, unknown>();
  if (file === null) return values;
  let document: unknown;
  try {
    document = parseYaml(file.text);
  } catch (cause) {
    throw quorateError("CONFIG_MALFORMED", { path: file.path, reason: String(cause).split("\n")[0] }, { cause });
  }
  if (document === null || document === undefined) return values;
  if (!isRecord(document))
    throw quorateError("CONFIG_MALFORMED", { path: file.path, reason: "not a mapping of sections" });
  flatten(document, "", values);
  return values;
}

function flatten(fields: Record<string, unknown>, prefix: string, into: Map<string, unknown>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (isRecord(value)) flatten(value, `${prefix}${name}.`, into);
    else into.set(prefix + name, value);
  }
}

function unknownFields(values: ReadonlyMap<string, unknown>, path: string): string[] {
  const fields = configFields();
  return [...values]
    .filter(([field]) => !Object.hasOwn(FIELDS, field))
    .map(([field, value]) => {
      const fault = sectionFault(field, value, fields) ?? `no such field${meant(field, fields)}`;
      return `${field} (${path}): ${fault}`;
    });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const snake = (path: string) => path.replace(/[.]/g, "_").replace(/([a-z])([A-Z])/g, "$1_$2");
const envOf = (path: Path) => `${PREFIX}${snake(path).toUpperCase()}`;
const flagOf = (path: Path) => snake(path).toLowerCase().replace(/_/g, "-");
