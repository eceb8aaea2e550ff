/**
 * What a run is made of: one seed, sizes, and every fault as one struct. Enters: a command line. Leaves: checked
 * options, and the command that gives the same run again.
 */
import { quorateError } from "@quorate/common";
import { readFlags, SWITCH, TEXT, wholeNumber } from "../harness/flags.ts";
import { LONGEST_WAY_MS } from "./regions.ts";

/** Faults, all drawn from the seed. Fractions are of nodes, chances are for each message. */
export interface FaultOptions {
  /** Nodes that hold connections and never answer, sign or forward. */
  readonly silent: number;
  /** Nodes that do what byzantine/ says, each in its own way. */
  readonly byzantine: number;
  /**
   * Honest agents that are killed at a random moment, also between two effects of one step, and restart from their
   * disk.
   */
  readonly crash: number;
  /** Honest agents whose provider fails or lies for a while: they abstain (P-57). */
  readonly unhealthy: number;
  /** Nodes cut off from the rest for a while, all in one group. */
  readonly partition: number;
  readonly loss: number;
  readonly duplicate: number;
  /** Messages that take ten times the longest latency. */
  readonly delay: number;
  /** Each message takes its own time between the two: they overtake each other. */
  readonly latencyMs: { readonly min: number; readonly max: number };
  /** Given: latencies are those between the regions in which the nodes stand (regions.ts). */
  readonly regions?: true;
  /** Given: uplinks from 5 to 1,000 Mbit/s instead of 10 each. */
  readonly bandwidth?: "spread";
  /** Connections that close during the run, and are replaced. */
  readonly churn?: number;
  /**
   * Milliseconds by which most providers are behind the finalised head at most, one in ten three times as far; left
   * out: 2,000.
   */
  readonly providerLagMs?: number;
}

/** To everyone on the gossip topic, or to the agent that asked by dialling it. */
export const PARTIALS_WAYS = ["topic", "dial"] as const;
export type PartialsWay = (typeof PARTIALS_WAYS)[number];

export interface SimOptions {
  readonly seed: number;
  /** Active nodes; a few pending ones register during the run. */
  readonly nodes: number;
  readonly claims: number;
  readonly faults: FaultOptions;
  /** Up to so many nodes are one flood, more fall into subnets; left out: as in production. */
  readonly floodMax?: number;
  /** Another way for partials than the production's, to compare with (ADR 19). */
  readonly partials?: PartialsWay;
  /** Given: a run over epochs; `claims` stakers ask after each. */
  readonly life?: LifeOptions;
}

/** A run over epochs, and the faults that only it has. Fractions are of nodes. */
export interface LifeOptions {
  /** Epochs whose reports are looked at. */
  readonly epochs: number;
  /** Nodes that die in an early epoch and come back before healing. */
  readonly dead: number;
  /** Nodes in two groups that take turns: each is absent from every other report. */
  readonly turns: number;
  /** Nodes that register and never come up. */
  readonly idle: number;
  /** Nodes with an account, which send to the chain; ACCOUNTS where it is left out. */
  readonly accounts?: number;
}

export interface SimFlags extends SimOptions {
  readonly json: boolean;
  readonly help: boolean;
  /** Where to write a picture of the run. */
  readonly plot?: string;
  /** A scenario to run instead of drawing one (scenario.ts). */
  readonly plan?: string;
}

/** Providers follow within this, and one in ten is three times as slow. */
export const PROVIDER_LAG_MS = 2_000;
const PROVIDER_LAGS = { min: 0, max: 20_000 };

const LATENCY = { min: 50, max: 150 };

/** What a run has unless told otherwise: everything, but with 95% of the stake in reach (P-24). */
export const DEFAULT_FAULTS: FaultOptions = {
  silent: 0.03,
  byzantine: 0.01,
  crash: 0.05,
  unhealthy: 0.02,
  partition: 0.1,
  loss: 0.02,
  duplicate: 0.01,
  delay: 0.01,
  latencyMs: LATENCY,
};

export const NO_FAULTS: FaultOptions = {
  silent: 0,
  byzantine: 0,
  crash: 0,
  unhealthy: 0,
  partition: 0,
  loss: 0,
  duplicate: 0,
  delay: 0,
  latencyMs: LATENCY,
};

/**
 * In a run over epochs more lie: there are more ways, and lies about reports seldom cost more than the liar's own
 * share.
 */
export const LIFE_FAULTS: FaultOptions = { ...DEFAULT_FAULTS, byzantine: 0.03 };
/** Many more than a network needs. What they all pull and plan is most of the work of a large life. */
export const ACCOUNTS = 0.6;

const LIFE_ONLY: Omit<LifeOptions, "epochs"> = { dead: 0.04, turns: 0.04, idle: 0.02 };

/** Below four nodes there is no network; above ten thousand, gigabytes. */
const NODES = { min: 4, max: 10_000 };
const CLAIMS = { min: 1, max: 100 };
/** From one, with which any network has subnets, to more than a set can have. */
const FLOOD_MAXIMA = { min: 1, max: 100_000 };
const SEEDS = { min: 0, max: Number.MAX_SAFE_INTEGER };
const LATENCY_MAX_MS = 5_000;
/** Below six epochs nobody is decommissioned and healed; above a few hundred a run takes hours. */
const EPOCHS = { min: 6, max: 500 };

type FractionFlag = (typeof FRACTIONS)[number];
const FRACTIONS = [
  "silent",
  "byzantine",
  "crash",
  "unhealthy",
  "partition",
  "loss",
  "duplicate",
  "delay",
] as const satisfies readonly (keyof FaultOptions)[];

const LIFE_FRACTIONS = ["dead", "turns", "idle"] as const satisfies readonly (keyof LifeOptions)[];

const FLAGS = {
  ...{ epochs: TEXT, dead: TEXT, turns: TEXT, idle: TEXT, accounts: TEXT },
  ...{ nodes: TEXT, seed: TEXT, claims: TEXT, latency: TEXT },
  ...{ silent: TEXT, byzantine: TEXT, crash: TEXT, unhealthy: TEXT, partition: TEXT },
  ...{ loss: TEXT, duplicate: TEXT, delay: TEXT, churn: TEXT, bandwidth: TEXT, lag: TEXT },
  ...{ "flood-max": TEXT, partials: TEXT, plot: TEXT, plan: TEXT },
  ...{ calm: SWITCH, json: SWITCH, help: { ...SWITCH, short: "h" } },
} as const;

export const HELP = `\
Runs the production core of hundreds of agents in one process, under virtual time, with faults drawn from a seed.

  npx -y pnpm@12 sim [--nodes 200] [--seed 7] [--claims 3] [--calm] [--json]

  --nodes N         active nodes, ${NODES.min} to ${NODES.max}; default 200
  --seed S          an integer; the same seed and flags give the same run and trace hash; default 7
  --claims C        stakers that ask, ${CLAIMS.min} to ${CLAIMS.max}, with --epochs after each epoch; default 3
  --silent F        fraction of nodes that never answer; default ${DEFAULT_FAULTS.silent}
  --byzantine F     fraction of nodes that lie, each in its own way; default ${DEFAULT_FAULTS.byzantine}
  --crash F         fraction of agents killed and restarted from disk; default ${DEFAULT_FAULTS.crash}
  --unhealthy F     fraction of agents whose chain provider fails for a while; default ${DEFAULT_FAULTS.unhealthy}
  --partition F     fraction of nodes cut off for a while; default ${DEFAULT_FAULTS.partition}
  --loss F          chance that a message is lost; default ${DEFAULT_FAULTS.loss}
  --duplicate F     chance that it arrives twice; default ${DEFAULT_FAULTS.duplicate}
  --delay F         chance that it takes ten times as long; default ${DEFAULT_FAULTS.delay}
  --latency A-B     milliseconds on a link; default ${LATENCY.min}-${LATENCY.max};
                    "regions" for those between ten cities
  --bandwidth W     uplinks: "fixed" at 10 Mbit/s, or "spread" from 5 to 1,000; default fixed
  --lag MS          how far chain providers are behind at most, one in ten three times as far;
                    default ${PROVIDER_LAG_MS}, with --calm 0
  --churn F         fraction of connections that close and are replaced; default 0
  --calm            no fault but those given
  --partials WAY    another way for partials than production's, to compare with: topic or dial
  --flood-max N     up to so many nodes are one flood, more have subnets; default 128, as in production
  --epochs E        the network's life over E epochs, ${EPOCHS.min} to ${EPOCHS.max}, reports and claims;
                    12 are a good start. Then:
  --dead F          fraction of nodes that die and come back epochs later; default ${LIFE_ONLY.dead}
  --turns F         fraction of nodes that are absent from every other report, in two groups; default ${LIFE_ONLY.turns}
  --idle F          nodes that register and never come up, as a fraction; default ${LIFE_ONLY.idle}
  --accounts F      nodes with an account, which send to the chain, as a fraction; default ${ACCOUNTS}
  --byzantine F     default ${LIFE_FAULTS.byzantine}
  --plot FILE.svg   a picture: stake over time for each claim, traffic and processor of a node
  --plan FILE.json  the faults and claims of this file instead of drawn ones: what sim:swarm writes for a failure
  --json            one line with one JSON object on standard output; progress goes to standard error
  --help            this text

  Exit status: 0 every checker is content, 1 one is not (the seed and the command are printed), 2 a flag is wrong.
`;

/** @throws QuorateError `FLAG_INVALID` */
export function parseFlags(argv: readonly string[]): SimFlags {
  const values = readFlags(argv, FLAGS);
  const life = lifeOptions(values);
  const floodMax = values["flood-max"];
  for (const flag of ["plot", "plan"] as const) {
    const value = values[flag];
    if (value !== undefined && life !== undefined)
      throw quorateError("FLAG_INVALID", { flag: `--${flag}`, value, allowed: "without --epochs" });
  }
  const usual = life === undefined ? DEFAULT_FAULTS : LIFE_FAULTS;
  const faults: Record<FractionFlag, number> = { ...(values.calm === true ? NO_FAULTS : usual) };
  for (const flag of FRACTIONS) {
    const text = values[flag];
    if (text !== undefined) faults[flag] = fraction(`--${flag}`, text);
  }
  return {
    seed: wholeNumber("--seed", values.seed ?? "7", SEEDS),
    nodes: wholeNumber("--nodes", values.nodes ?? "200", NODES),
    claims: wholeNumber("--claims", values.claims ?? "3", CLAIMS),
    faults: {
      ...faults,
      ...latency(values.latency ?? `${LATENCY.min}-${LATENCY.max}`),
      ...lines(values),
      ...providerLag(values),
    },
    ...(life === undefined ? {} : { life }),
    ...partialsWay(values.partials),
    ...(floodMax === undefined ? {} : { floodMax: wholeNumber("--flood-max", floodMax, FLOOD_MAXIMA) }),
    ...(values.plot === undefined ? {} : { plot: values.plot }),
    ...(values.plan === undefined ? {} : { plan: values.plan }),
    json: values.json ?? false,
    help: values.help ?? false,
  };
}

function lifeOptions(values: ReturnType<typeof readFlags<typeof FLAGS>>): LifeOptions | undefined {
  if (values.epochs === undefined) {
    const lost = ([...LIFE_FRACTIONS, "accounts"] as const).find((flag) => values[flag] !== undefined);
    if (lost === undefined) return undefined;
    throw quorateError("FLAG_INVALID", { flag: `--${lost}`, value: values[lost] ?? "", allowed: "with --epochs" });
  }
  const only = { ...(values.calm === true ? { dead: 0, turns: 0, idle: 0 } : LIFE_ONLY) };
  for (const flag of LIFE_FRACTIONS) {
    const text = values[flag];
    if (text !== undefined) only[flag] = fraction(`--${flag}`, text);
  }
  const accounts = values.accounts === undefined ? {} : { accounts: fraction("--accounts", values.accounts) };
  return { epochs: wholeNumber("--epochs", values.epochs, EPOCHS), ...only, ...accounts };
}

function partialsWay(text: string | undefined): Pick<SimOptions, "partials"> {
  if (text === undefined) return {};
  const way = PARTIALS_WAYS.find((known) => known === text);
  if (way === undefined)
    throw quorateError("FLAG_INVALID", { flag: "--partials", value: text, allowed: "topic or dial" });
  return { partials: way };
}

/** The one command that gives this run again. */
export function replayCommand(options: SimOptions): string {
  const { seed, nodes, claims, faults, floodMax, life } = options;
  const given = FRACTIONS.filter((flag) => faults[flag] > 0).map((flag) => `--${flag} ${faults[flag]}`);
  const lived = LIFE_FRACTIONS.filter((flag) => (life?.[flag] ?? 0) > 0).map((flag) => `--${flag} ${life?.[flag]}`);
  if (life?.accounts !== undefined) lived.push(`--accounts ${life.accounts}`);
  const { latencyMs, regions, bandwidth, churn, providerLagMs = PROVIDER_LAG_MS } = faults;
  const lines = [
    regions === true ? "--latency regions" : `--latency ${latencyMs.min}-${latencyMs.max}`,
    ...(bandwidth === undefined ? [] : [`--bandwidth ${bandwidth}`]),
    ...(churn === undefined ? [] : [`--churn ${churn}`]),
    ...(providerLagMs === 0 ? [] : [`--lag ${providerLagMs}`]),
  ];
  const flood = [
    ...(floodMax === undefined ? [] : [`--flood-max ${floodMax}`]),
    ...(options.partials === undefined ? [] : [`--partials ${options.partials}`]),
  ];
  const rest = [...lines, "--calm", ...given, ...lived, ...flood].join(" ");
  const epochs = life === undefined ? "" : `--epochs ${life.epochs} `;
  return `npx -y pnpm@12 sim --nodes ${nodes} --seed ${seed} ${epochs}--claims ${claims} ${rest}`;
}

function fraction(flag: string, text: string): number {
  const value = /^(0|1|0?\.\d{1,6}|1\.0{1,6}|0\.\d{1,6})$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw quorateError("FLAG_INVALID", { flag, value: text, allowed: "0 to 1" });
}

function lines({
  bandwidth,
  churn,
}: ReturnType<typeof readFlags<typeof FLAGS>>): Pick<FaultOptions, "bandwidth" | "churn"> {
  if (bandwidth !== undefined && bandwidth !== "fixed" && bandwidth !== "spread") {
    throw quorateError("FLAG_INVALID", { flag: "--bandwidth", value: bandwidth, allowed: "fixed, spread" });
  }
  const closing = churn === undefined ? 0 : fraction("--churn", churn);
  return {
    ...(bandwidth === "spread" ? { bandwidth } : {}),
    ...(closing === 0 ? {} : { churn: closing }),
  };
}

function providerLag({ lag, calm }: ReturnType<typeof readFlags<typeof FLAGS>>): Pick<FaultOptions, "providerLagMs"> {
  const usual = calm === true ? 0 : PROVIDER_LAG_MS;
  const providerLagMs = lag === undefined ? usual : wholeNumber("--lag", lag, PROVIDER_LAGS);
  return providerLagMs === PROVIDER_LAG_MS ? {} : { providerLagMs };
}

function latency(text: string): Pick<FaultOptions, "latencyMs" | "regions"> {
  if (text === "regions") return { latencyMs: { min: 0, max: LONGEST_WAY_MS }, regions: true };
  const [, from, to] = /^(\d{1,4})-(\d{1,4})$/.exec(text) ?? [];
  const [min, max] = [Number(from), Number(to)];
  if (min <= max && max <= LATENCY_MAX_MS) return { latencyMs: { min, max } };
  throw quorateError("FLAG_INVALID", {
    flag: "--latency",
    value: text,
    allowed: `A-B, up to ${LATENCY_MAX_MS}, or regions`,
  });
}
