/**
 * The demo's command line. In: the arguments. Out: checked options, or a coded error that names the flag, its value and
 * what is allowed. Not its job: printing.
 */
import { readFlags, SWITCH, TEXT, wholeNumber } from "../harness/flags.ts";

export interface DemoOptions {
  readonly nodes: number;
  readonly offline: number;
  /** Whether it goes on after the paid claim. */
  readonly life: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** An agent takes about 170 MB with its threads: 64 of them need 11 GB, and more minutes than a demo may take. */
export const MAX_NODES = 64;
const DEFAULT_NODES = 24;

/** From here on one of equal nodes may be missing: 19 of 20 is 9500 bps, 18 of 19 is less (P-24). */
const NODES_THAT_ALLOW_ONE_MISSING = 20;

/** With a quarter of them silent the rest still reaches the floor of 75% that payments need (P-24). */
const LIFE_NODES_FOR_ONE_SILENT = 4;

export const HELP = `Shows Quorate's main job on this machine, on real parts: a local chain with the
contracts, service-node agents as separate processes, one reward claim signed by
95% of the stake, verified and paid on chain.

  npx -y pnpm@12 demo [--nodes N] [--offline K] [--life] [--json]

  --nodes N    how many nodes with equal stakes, 1 to ${MAX_NODES}; default ${DEFAULT_NODES}
  --offline K  how many of them are stopped before the claim, 0 to N-1;
               default 1, or 0 below ${NODES_THAT_ALLOW_ONE_MISSING} nodes, where 95% of equal stakes is
               everyone
  --life       go on after the claim: reports of every epoch activate the new
               node and decommission the silent ones, a second staker claims by
               proof, the silent nodes come back; a few minutes. At least ${LIFE_NODES_FOR_ONE_SILENT}
               nodes, up to a quarter of them silent, default 1; where the claim
               needs everyone they are stopped after it
  --json       one line with one JSON object on standard output; progress goes
               to standard error
  --help       this text

  --nodes 24 --offline 2 shows what happens without a quorum: no bundle, the
  missing nodes by id, exit status 1.
  Exit status: 0 the tokens arrived (and with --life all the rest happened),
  1 they did not, 2 a flag is wrong, 130 interrupted.
`;

/** @throws QuorateError `FLAG_INVALID` */
export function parseFlags(argv: readonly string[]): DemoOptions {
  const flags = { nodes: TEXT, offline: TEXT, life: SWITCH, json: SWITCH, help: { ...SWITCH, short: "h" } };
  const values = readFlags(argv, flags);
  const life = values.life ?? false;
  const min = life ? LIFE_NODES_FOR_ONE_SILENT : 1;
  const nodes = wholeNumber("--nodes", values.nodes ?? String(DEFAULT_NODES), { min, max: MAX_NODES });
  const offlineByDefault = life || nodes >= NODES_THAT_ALLOW_ONE_MISSING ? 1 : 0;
  const silent = life ? { min: 1, max: Math.floor(nodes / LIFE_NODES_FOR_ONE_SILENT) } : { min: 0, max: nodes - 1 };
  const offline = wholeNumber("--offline", values.offline ?? String(offlineByDefault), silent);
  return { nodes, offline, life, json: values.json ?? false, help: values.help ?? false };
}
