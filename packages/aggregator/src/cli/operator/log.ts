/** `quorate log level`: how much a running agent tells, without stopping it. */
import { Command } from "commander";
import { askControl, LOG_LEVELS, parseLevel } from "../../adapters/control/control.ts";
import { readConfig } from "../commands/run.ts";
import { printFields, printJson } from "../print.ts";

interface LevelFlags {
  readonly config?: string;
  readonly json?: true;
}

export function logCommand(): Command {
  const log = new Command("log").summary("how much a running agent tells").description("A running agent's log.");
  log
    .command("level")
    .summary("show or change the level, while the agent runs")
    .description(
      "Change the least severe level that a running agent logs, or show it. It lasts until the agent stops; " +
        "log.level in the\n" +
        "file is what it starts with. The command speaks to a socket beside the store, as the user the agent runs as.",
    )
    .argument("[level]", LOG_LEVELS.join(", "))
    .option("--config <file>", "the agent's YAML file", process.env["QUORATE_CONFIG"])
    .option("--json", "one line of JSON")
    .addHelpText("after", "\nExample:\n  quorate log level debug --config agent.yaml")
    .action(async (level: string | undefined, { config, json }: LevelFlags) => {
      const wanted = level === undefined ? undefined : parseLevel(level);
      const answer = await askControl(readConfig({ config }).store.path, wanted);
      if (json) return printJson(answer);
      printFields(wanted === undefined ? { level: answer.level } : { level: answer.level, was: answer.was });
    });
  return log;
}
