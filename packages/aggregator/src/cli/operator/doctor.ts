/** `quorate doctor`: everything an agent needs, looked at before it is missed. Nothing is changed or sent. */
import { quorateError } from "@quorate/common";
import { Command } from "commander";
import { readConfig } from "../commands/run.ts";
import { printJson } from "../print.ts";
import { chainChecks } from "./chainChecks.ts";
import type { Check } from "./check.ts";
import {
  dialCheck,
  diskCheck,
  keyChecks,
  portChecks,
  reachChecks,
  runningAgent,
  versionChecks,
} from "./machineChecks.ts";

interface DoctorFlags {
  readonly config?: string;
  readonly dial?: string;
  readonly json?: true;
}

const MARKS = { ok: "✓", warn: "!", bad: "✗" } as const;

export function doctorCommand(): Command {
  return new Command("doctor")
    .summary("look at everything an agent needs, before it is missed")
    .description(
      "Look at versions, keys, disk, ports and peers of this machine, at each chain provider and the clock, and " +
        "read back from the\n" +
        "chain the contracts, the node with these keys and the accounts. It changes nothing, and may run beside the " +
        "agent.\n" +
        "✓ is well, ! will be missed, ✗ keeps the agent from its work; with a ✗ the exit status is 1.\n" +
        "Whether others reach your node only another machine can tell: run `quorate doctor --dial <multiaddr>` there.",
    )
    .option("--config <file>", "the agent's YAML file", process.env["QUORATE_CONFIG"])
    .option("--dial <multiaddr>", "only try whether a node answers at this address; needs no configuration")
    .option("--json", "the checks as one line of JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  quorate doctor --config agent.yaml\n  quorate doctor --dial /ip4/203.0.113.7/tcp/4001",
    )
    .action(doctor);
}

/** @throws DOCTOR_FOUND_FAULTS, CONFIG_* */
async function doctor({ config, dial, json }: DoctorFlags): Promise<void> {
  const checks = dial === undefined ? await allChecks(config) : [await dialCheck(dial)];
  if (json) printJson({ checks });
  else for (const check of checks) printCheck(check);
  const faults = checks.filter(({ state }) => state === "bad");
  if (faults.length > 0)
    throw quorateError("DOCTOR_FOUND_FAULTS", { areas: [...new Set(faults.map(({ area }) => area))] });
}

async function allChecks(path: string | undefined): Promise<Check[]> {
  const config = readConfig({ config: path });
  const [{ checks: ofKeys, keys }, running, disk] = await Promise.all([
    keyChecks(config),
    runningAgent(config),
    diskCheck(config),
  ]);
  const [ports, reach, chain] = await Promise.all([
    portChecks(config, running),
    reachChecks(config, running),
    chainChecks(config, keys),
  ]);
  return [...versionChecks(running), ...ofKeys, disk, ...ports, ...reach, ...chain];
}

function printCheck({ area, state, found, remedy }: Check): void {
  process.stdout.write(`${MARKS[state]} ${area.padEnd(9)}  ${found}\n`);
  if (remedy !== null) process.stdout.write(`${" ".repeat(13)}→ ${remedy}\n`);
}
