/**
 * `npx -y pnpm@12 devnet`: the entry point. In: flags, standard input, signals, the end of the command that started us.
 * Out: exit status, and what is printed. Everything that was started ends here, whatever happens.
 */
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { isQuorateError } from "@quorate/common";
import { createProgress, type Progress } from "../demo/progress.ts";
import { REPOSITORY } from "../harness/child.ts";
import { Cleanup } from "../harness/cleanup.ts";
import { endProcess } from "../harness/endProcess.ts";
import { orUsage } from "../harness/flags.ts";
import { EXIT_INTERRUPTED, type Interruption, watchForInterruption } from "../harness/interruption.ts";
import { removeDirectory } from "../harness/tempDirectory.ts";
import { Devnet, nameOf } from "./devnet.ts";
import { takeDirectory } from "./directory.ts";
import { type DevnetOptions, HELP, parseFlags } from "./flags.ts";
import { nextSteps } from "./next.ts";
import { parseCommand, runCommand } from "./prompt.ts";
import { pathFrom } from "./shellCommand.ts";

const EXIT_QUIT = 0;
const EXIT_NOT_UP = 1;

/** Columns for text that has its lines already: commands and paths in it are to be copied. */
const AS_IT_IS = Number.POSITIVE_INFINITY;

async function main(argv: readonly string[]): Promise<number> {
  const options = parseFlags(argv);
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT_QUIT;
  }
  const directory = resolve(REPOSITORY, options.directory);
  takeDirectory(directory);
  return run(options, directory);
}

async function run(options: DevnetOptions, directory: string): Promise<number> {
  const progress = createProgress(options.json ? process.stderr : process.stdout);
  const cleanup = new Cleanup();
  const interruption = watchForInterruption();
  const { signal } = interruption;
  const onAgentEnded = (id: number, exit: string): void =>
    progress.print(`  ${nameOf(id)} ended by itself: ${exit}. log ${id} says where to look, restart ${id} starts it`);
  let status = EXIT_QUIT;
  try {
    progress.print(`\n  ${progress.style("bold", "Quorate devnet")}  ${options.nodes} nodes on ${options.chain}\n`);
    const starting = Devnet.start(options, directory, { progress, cleanup, signal, onAgentEnded });
    const devnet = await Promise.race([starting, interruption.happened]);
    await Promise.race([serve(devnet, options, progress, interruption), interruption.happened]);
  } catch (error) {
    if (signal.aborted) status = EXIT_INTERRUPTED;
    else {
      status = EXIT_NOT_UP;
      progress.print(`\n${isQuorateError(error) ? error.message : String(error)}\nLogs: ${directory}\n`);
    }
  }
  progress.close();
  await cleanup.run();
  interruption.stop();
  if (status !== EXIT_NOT_UP) removeDirectory(directory);
  progress.print("  Every process has ended.");
  return status;
}

/** Resolves at `quit`. */
async function serve(devnet: Devnet, { json }: DevnetOptions, progress: Progress, { signal }: Interruption) {
  const next = (): string => renderNext(devnet, progress);
  const printJson = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
  if (json) {
    const { facts, accounts, networkFile, ownConfigFile, network } = devnet;
    const { token } = network;
    const { portal } = devnet;
    printJson({ ready: true, portal, ...facts, token, networkFile, accounts, ownConfigFile, next: nextSteps(devnet) });
  }
  progress.print(`\n${next()}\n`, AS_IT_IS);
  // Not a terminal of readline's own: Ctrl-C stays a signal.
  const lines = createInterface({ input: process.stdin, terminal: false });
  const close = (): void => lines.close();
  signal.addEventListener("abort", close, { once: true });
  const isAsking = process.stdin.isTTY === true;
  const ask = (): void => {
    if (isAsking) process.stderr.write("devnet> ");
  };
  ask();
  for await (const line of lines) {
    const command = parseCommand(line, devnet.network.nodes.length);
    if (command?.name === "quit") return close();
    if (command !== null) {
      const answer = await runCommand(devnet, command, next).catch((error: Error) => ({
        ok: false,
        text: error.message,
      }));
      if (json) printJson({ command: line.trim(), ...answer });
      else progress.print(answer.text, answer.ok ? AS_IT_IS : undefined);
    }
    ask();
  }
  // Ctrl-D ends it; without a terminal there was nobody who could have typed.
  if (!isAsking) await new Promise(() => {});
}

function networkLine({ networkName, facts }: Devnet, file: string): string {
  if (networkName === facts.name) return `--network ${networkName} for quorate's commands; ${file}`;
  return `--network ${file}\n${" ".repeat(12)}because another devnet is called ${facts.name}`;
}

function renderNext(devnet: Devnet, { style }: Progress): string {
  const { accounts, networkFile } = devnet;
  const path = (file: string): string => pathFrom(REPOSITORY, file);
  const fields = [
    ["Chain", `${devnet.network.chain.url}, chain id ${devnet.facts.chainId}`],
    ["Rewards", devnet.network.rewards],
    ["Token", devnet.network.token],
    ["Agents", `${devnet.httpOf(1)} to ${devnet.httpOf(devnet.network.nodes.length)}`],
    ["Network", networkLine(devnet, path(networkFile))],
    ...accounts.map(({ name, address, keyFile }) => [name, `${address}\n${" ".repeat(12)}${path(keyFile)}`]),
  ] as const;
  const [staker] = accounts;
  const page = [
    `Open ${style("bold", devnet.portal)} and connect a wallet.`,
    "For one that has something to claim, give a wallet for tests",
    `  the network: chain id ${devnet.facts.chainId}, RPC URL ${devnet.network.chain.url}`,
    `  the account: the private key in ${path(staker?.keyFile ?? "")}`,
  ];
  const steps = nextSteps(devnet).map(({ title, command }) => `${style("dim", `# ${title}`)}\n${command}`);
  return [
    ...fields.map(([label, value]) => `${label.padEnd(11)} ${value}`),
    "",
    ...page,
    "",
    style("bold", "What else to try, in another terminal at the root of the repository:"),
    "",
    steps.join("\n\n"),
    "",
    `And here: ${style("bold", "kill 3")}, then ${style("bold", "status")}: the others decommission its node in ` +
      "three epochs.",
    `${style("bold", "restart 3")}, and it is active again three epochs later.`,
    `${style("bold", "time 15d")} moves the chain's clock on, for what waits: a node's exit after its request to ` +
      "leave.",
    `${style("bold", "help")} lists all.`,
    "Ctrl-C ends everything.",
  ].join("\n");
}

process.exitCode = await orUsage(HELP, () => main(process.argv.slice(2)));
endProcess();
