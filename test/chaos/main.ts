/**
 * `pnpm chaos`: agents in processes of their own, killed, stopped, cut off, slowed and with clocks apart. In: flags.
 * Out: a timeline on standard error, and a summary or, with `--json`, one line on standard output. Exit status 0 only
 * if nothing was violated.
 */

import { quorateError } from "@quorate/common";
import { endProcess } from "../harness/endProcess.ts";
import { orUsage, readFlags, SWITCH, TEXT, wholeNumber } from "../harness/flags.ts";
import type { LinksKind } from "./linkLayer.ts";
import { chooseLinks } from "./links.ts";
import { describeFault, drawPlan, FAULT_KINDS, type FaultKind } from "./plan.ts";
import { printChaos } from "./report.ts";
import { runChaos } from "./run.ts";

const HELP = `usage: pnpm chaos [--nodes 24] [--seed 7] [--minutes 3] [--links netns|proxy] [--faults KIND,…]
                  [--plan] [--json]

  --nodes N        agents, 3 to 64 (default 24)
  --seed N         what happens to whom and when (default 7)
  --minutes N      of faults, 1 to 600 (default 3); starting and healing take two or three more
  --links KIND     netns: network namespaces, takes root; proxy: a proxy for every link; default: what this machine has
  --faults KINDS   only these: ${FAULT_KINDS.join(", ")}
  --plan           prints the faults that the seed draws, and does nothing
  --json           one line, one object, on standard output
`;

/** Shares are collected for an eighth of an epoch, and a record has to land within a half (P-37, P-90). */
const EPOCH_SECONDS = 30;
/** Those that send reports are no stakers here: their agents use their accounts. */
const NODES_A_SUBMITTER = 6;

async function main(argv: readonly string[]): Promise<number> {
  const values = readFlags(argv, {
    ...{ nodes: TEXT, seed: TEXT, minutes: TEXT, links: TEXT, faults: TEXT },
    ...{ plan: SWITCH, json: SWITCH, help: SWITCH },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const nodes = wholeNumber("--nodes", values.nodes ?? "24", { min: 3, max: 64 });
  const seed = wholeNumber("--seed", values.seed ?? "7", { min: 0, max: Number.MAX_SAFE_INTEGER });
  const minutes = wholeNumber("--minutes", values.minutes ?? "3", { min: 1, max: 600 });
  const kinds = (values.faults?.split(",") ?? FAULT_KINDS).map((kind) => oneOf("--faults", kind, FAULT_KINDS));
  const wanted = values.links === undefined ? null : oneOf<LinksKind>("--links", values.links, ["netns", "proxy"]);
  const links = await chooseLinks(wanted);
  process.stderr.write(`links: ${links.kind} (${links.why})\n`);
  if (values.plan === true) {
    const plan = drawPlan({ nodes, seed, kinds, forMs: minutes * 60_000, canDelay: links.canDelay });
    for (const fault of plan.faults) {
      process.stdout.write(`${(fault.atMs / 1_000).toFixed(1).padStart(7)} s  ${describeFault(fault)}\n`);
    }
    return 0;
  }
  const onNote = (line: string): void => void process.stderr.write(`${line}\n`);
  const report = await runChaos({
    ...{ nodes, seed, minutes, kinds, links, onNote },
    ...{ epochSeconds: EPOCH_SECONDS, submitters: Math.floor(nodes / NODES_A_SUBMITTER) },
  });
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : printChaos(report));
  return report.ok ? 0 : 1;
}

function oneOf<T extends FaultKind | LinksKind>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((kind) => kind === value);
  if (found !== undefined) return found;
  throw quorateError("FLAG_INVALID", { flag, value, allowed: allowed.join(", ") });
}

process.exitCode = await orUsage(HELP, () => main(process.argv.slice(2)));
endProcess();
