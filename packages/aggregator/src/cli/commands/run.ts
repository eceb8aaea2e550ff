/** `quorate run`: one agent, until it is told to stop. */
import { readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { quorateError } from "@quorate/common";
import { Command } from "commander";
import { type Control, openControl } from "../../adapters/control/control.ts";
import { createLogger } from "../../adapters/log/logger.ts";
import { stderrSink } from "../../adapters/log/sink.ts";
import { type Config, configFlags, parseConfig } from "../../config.ts";
import type { RunningNode } from "../../node.ts";
import { untilTold } from "../untilTold.ts";

/** Milliseconds a graceful stop may take before the process ends anyway: everything promised is on disk already. */
const STOP_GRACE_MS = 5_000;

export function runCommand(): Command {
  const command = new Command("run")
    .summary("run one agent")
    .description(
      "Run one agent: follow the chain, sign what its own ledger says, gossip, aggregate, and serve stakers over " +
        "HTTP.\n" +
        "Every field of the file can be given as a flag or as an environment variable QUORATE_… too; " +
        "docs/configuration.md lists them.",
    )
    .addHelpText("after", "\nExample:\n  quorate run --config agent.yaml")
    .option("--config <file>", "YAML file", process.env["QUORATE_CONFIG"]);
  for (const { flag, about } of configFlags()) command.option(`--${flag} <value>`, about);
  return command.action((_options, self: Command) => run(self.opts<Record<string, string | undefined>>()));
}

async function run(options: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = readConfig(options);
  const sink = stderrSink();
  const logger = createLogger(config.log.level, sink);
  // Whatever ends this process, its last lines are worth a moment.
  process.once("exit", () => sink.lastWords());
  let node: RunningNode | null = null;
  let control: Control | null = null;
  let stopping = false;

  const stop = (why: string, exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    process.exitCode = exitCode;
    logger.info({ why }, "AGENT_STOPPING");
    setTimeout(() => process.exit(), STOP_GRACE_MS).unref();
    // What still keeps the event loop after a clean stop is of no use to anyone.
    void Promise.all([control?.stop(), node?.stop()]).finally(() => process.exit());
  };
  untilTold((why) => stop(why, 0));

  const onFatal = (error: unknown): void => {
    logger.error({ error: String(error) }, "AGENT_FATAL");
    stop("fatal error", 1);
  };
  try {
    // Loaded only here: the other commands need none of it, and start sooner.
    const { startNode } = await import("../../node.ts");
    node = await startNode(config, { logger, onFatal, droppedLogLines: () => sink.dropped() });
  } catch (error) {
    // What a failed start leaves open (the network, a parent's channel) must not keep half an agent alive; the error
    // is printed before.
    setImmediate(() => process.exit());
    throw error;
  }
  control = await openControl(config.store.path, logger).catch((error: unknown) => {
    // An agent without it does all its work.
    logger.warn({ error: String(error) }, "CONTROL_UNAVAILABLE");
    return null;
  });
  const ready = {
    type: "ready",
    http: node.httpUrl,
    ...(node.healthUrl === null ? {} : { health: node.healthUrl }),
    p2p: node.p2pAddresses,
    nodeId: node.api.status().nodeId,
  };
  logger.info({ http: ready.http, health: node.healthUrl, p2p: ready.p2p }, "AGENT_LISTENING");
  // Kept now, with all that a start compiles: an agent may run for months, and end by a kill that keeps nothing.
  flushCompileCache();
  process.send?.(ready);
}

/** @throws CONFIG_UNREADABLE, CONFIG_MALFORMED, CONFIG_INVALID */
export function readConfig(options: Readonly<Record<string, string | undefined>>): Config {
  const path = options["config"];
  const flags = Object.fromEntries(configFlags().map(({ flag }) => [flag, options[camelCase(flag)]]));
  return parseConfig({ file: path === undefined ? null : { path, text: readFile(path) }, env: process.env, flags });
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw quorateError("CONFIG_UNREADABLE", { path, reason: String(cause) }, { cause });
  }
}

/** Commander's name of an option. */
function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
