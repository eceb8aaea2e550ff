// The operator's commands for a deployment. In: a command, a node's URL, files. Out: lines on standard output; exit
// status 0 only if what was asked is so. `node scripts/network.ts help` says what there is.
import { accessSync, constants, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { type Hex, parseAddress, quorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { Account, ChainProviders, codedFailure, parseHttpUrl, WAIT_MS } from "@quorate/common/chain";
import { CommandLine } from "@quorate/common/command-line";
import { ensureBuilt } from "../src/artifacts.ts";
import { formatChecks } from "../src/checks.ts";
import { deploy } from "../src/deploy.ts";
import { dryRun, formatDryRun } from "../src/dryRun.ts";
import { readNetworkFile } from "../src/network.ts";
import { type DeploymentRecord, formatRecord, parseRecord } from "../src/record.ts";
import { currentStorageLayout } from "../src/storageLayout.ts";
import {
  CALL_TARGETS,
  type Call,
  callOf,
  cancel,
  execute,
  type OperationStep,
  revertNow,
  schedule,
  timelockOf,
} from "../src/timelock.ts";
import { requireChain, upgrade } from "../src/upgrade.ts";
import { verifyDeployment } from "../src/verifyDeployment.ts";

const HELP = `Usage: node scripts/network.ts <command> --rpc <url> [options]

  deploy             --network <file> [--dry-run] --record <file to write> [--token <address>]
                     [--guardian <address>] [--proposer <address>]... [--executor <address>]... [--owner <address>]
  verify-deployment  --record <file>
  upgrade            --record <file> --what rewards|pool --next <file to write>
  propose            --record <file> --on <contract> --call "setGuardian(address)" [argument]...
  execute            --record <file> --operation <id>
  cancel             --record <file> --operation <id>
  call               --record <file> --on <contract> --call "pause(uint256)" [argument]...

The account: --key-file <file with a hex private key>, or, on a local node, its first unlocked account.
--rpc may be given several times: the next provider is asked when one fails. Each transaction's hash is printed on
standard error before it is sent; --wait <seconds> bounds the wait for its block (default ${WAIT_MS / 1_000}).
<contract> is ${CALL_TARGETS.join(", ")}.

deploy --dry-run prints contracts, addresses and gas, and sends nothing; with --from <address> it needs no key.
upgrade and propose schedule in the timelock, execute and cancel finish what is scheduled. An account without the role
for it, or --print instead of an account, gets the transaction to send. upgrade writes the record of what will be there
to --next: it is the record once the operation is executed.
call sends it from the account itself: for the guardian, the founder, or the owner of a local network.
`;

const OPTIONS = {
  rpc: { type: "string", multiple: true },
  network: { type: "string" },
  record: { type: "string" },
  next: { type: "string" },
  owner: { type: "string" },
  guardian: { type: "string" },
  proposer: { type: "string", multiple: true },
  executor: { type: "string", multiple: true },
  token: { type: "string" },
  what: { type: "string" },
  on: { type: "string" },
  call: { type: "string" },
  operation: { type: "string" },
  from: { type: "string" },
  "key-file": { type: "string" },
  wait: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  print: { type: "boolean", default: false },
} as const;
type Option = keyof typeof OPTIONS;

const commandLine = new CommandLine(process);
const { values, positionals } = readArguments();

/** Unknown flags end like every other wrong usage. */
function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS });
  } catch (error) {
    void commandLine.run(() => Promise.reject(flagError((error as Error).message.split("\n")[0] as string)));
    return { values: {} as Partial<Values>, positionals: null };
  }
}
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

function flagError(error: string): Error {
  return quorateError("FLAG_INVALID", { error }, { remedy: "See `network help` for the flags of each command." });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function need(option: Option): string {
  const value = values[option];
  if (typeof value === "string") return value;
  throw flagError(`--${option} is missing`);
}

function needHash(option: Option): Hex {
  const text = need(option);
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase() as Hex;
  throw flagError(`--${option} ${text.slice(0, 80)}: not 32 bytes of hex`);
}

/** The text of a file that a flag names. */
function readFlagged(option: Option): string {
  const path = need(option);
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw flagError(`--${option}: ${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`);
  }
}

/** The providers of --rpc, as a chain that commands ask. */
async function connect(): Promise<ChainProviders> {
  const urls = values.rpc ?? [];
  if (urls.length === 0) throw flagError("--rpc is missing");
  return ChainProviders.connect({ urls: urls.map((url) => parseHttpUrl("--rpc", url)), onTrouble: printProgress });
}

function printProgress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** An account whose transactions are named on standard error before they are sent (P-106). */
async function signerOf(provider: ChainProviders): Promise<Account> {
  const from = values["key-file"] === undefined ? await firstUnlocked(provider) : readKey();
  return new Account(provider, from, {
    waitMs: waitMs(),
    onTransaction: (transaction) => {
      const { hash, what, nonce } = transaction;
      printProgress(`sending ${what}: transaction ${hash}, nonce ${nonce}; waiting until it is mined`);
      commandLine.opened(transaction);
    },
    onOutcome: (transaction) => commandLine.closed(transaction),
  });
}

async function firstUnlocked(provider: ChainProviders) {
  const accounts = (await provider.send("eth_accounts", [])) as readonly string[];
  if (accounts.length > 0) return provider.getSigner(0);
  throw flagError("--key-file is missing: the node has no unlocked account");
}

function readKey(): string {
  const key = readFlagged("key-file").trim();
  if (/^(0x)?[0-9a-fA-F]{64}$/.test(key)) return key;
  throw flagError(`--key-file: ${values["key-file"]} is not a private key of 32 bytes of hex`);
}

function waitMs(): number {
  const { wait } = values;
  if (wait === undefined) return WAIT_MS;
  if (/^[0-9]{1,6}$/.test(wait)) return Number(wait) * 1_000;
  throw flagError(`--wait ${wait}: not a number of seconds`);
}

function readRecord(): DeploymentRecord {
  return parseRecord(readFlagged("record"));
}

/**
 * A file to write, which can be written: a record is never overwritten, and what is deployed is never lost to a path.
 */
function needNewFile(option: Option): string {
  const path = need(option);
  if (existsSync(path)) {
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems: [`${path} exists: a record is not overwritten`] });
  }
  const directory = dirname(path);
  try {
    if (!statSync(directory).isDirectory()) throw quorateError("OUTPUT_FILE_UNWRITABLE", { path });
    accessSync(directory, constants.W_OK);
    return path;
  } catch (cause) {
    const reason = `${directory}: ${(cause as NodeJS.ErrnoException).code}`;
    throw quorateError("OUTPUT_FILE_UNWRITABLE", { path, reason }, { cause });
  }
}

/** Writes the record; prints it where that fails after all. */
function writeRecord(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: "wx" });
  } catch (cause) {
    print(text);
    const remedy = "Keep the record that was printed on standard output: later commands need it.";
    const reason = (cause as NodeJS.ErrnoException).code;
    throw quorateError("OUTPUT_FILE_UNWRITABLE", { path, reason }, { cause, remedy });
  }
}

async function runDeploy(provider: ChainProviders): Promise<boolean> {
  const signer = values.from === undefined ? await signerOf(provider) : undefined;
  const deployer = parseAddress(values.from ?? ((await signer?.getAddress()) as string));
  const { owner, guardian, token, proposer: proposers, executor: executors } = values;
  const overrides = { owner, guardian, token, proposers, executors };
  const { chainId, parameters } = readNetworkFile(need("network"), deployer, overrides);
  await requireChain(provider, chainId);
  if (values["dry-run"] || signer === undefined) {
    const run = await dryRun(provider, deployer, parameters);
    print(formatDryRun(run));
    return run.precompiles.every(({ ok }) => ok);
  }
  const path = needNewFile("record");
  const storageLayout = currentStorageLayout();
  await deploy(signer, parameters, print, (deployment) => {
    writeRecord(path, formatRecord({ deployment, storageLayout }));
    print(`wrote ${path}`);
  });
  return true;
}

async function runVerify(provider: ChainProviders): Promise<boolean> {
  const checks = await verifyDeployment(provider, await loadNativeScheme(), readRecord().deployment);
  print(formatChecks(checks));
  return checks.every(({ ok }) => ok);
}

async function runUpgrade(provider: ChainProviders): Promise<boolean> {
  const what = need("what");
  if (what !== "rewards" && what !== "pool") {
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems: ["--what is rewards or pool"] });
  }
  const path = needNewFile("next");
  const { record, step, transaction } = await upgrade(await signerOf(provider), readRecord(), what, print);
  writeRecord(path, formatRecord(record));
  if (step !== undefined) printStep("scheduled", step);
  if (transaction !== undefined) printCall(`left to the owner ${transaction.from}`, transaction);
  const isDone = step === undefined && transaction === undefined;
  print(`wrote ${path}, the record ${isDone ? "of what is there now" : "once that is executed"}`);
  return true;
}

/** The call that the command line names, of a deployment on this chain. */
async function readCall(provider: ChainProviders): Promise<Call> {
  const { deployment } = readRecord();
  await requireChain(provider, deployment.chainId);
  const on = CALL_TARGETS.find((target) => target === need("on"));
  if (on === undefined) {
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems: [`--on is one of ${CALL_TARGETS.join(", ")}`] });
  }
  return callOf(provider, deployment, on, need("call"), positionals?.slice(1) ?? []);
}

async function runPropose(provider: ChainProviders): Promise<boolean> {
  const call = await readCall(provider);
  const timelock = timelockOf(readRecord().deployment);
  const reason = await revertNow(provider, timelock, call);
  if (reason !== undefined) print(`warning: executed now it would be reverted: ${reason}`);
  printStep("scheduled", await schedule(provider, await signerUnlessPrinting(provider), timelock, call));
  return true;
}

async function runExecute(provider: ChainProviders): Promise<boolean> {
  const { deployment } = readRecord();
  await requireChain(provider, deployment.chainId);
  const signer = await signerUnlessPrinting(provider);
  const operation = needHash("operation");
  printStep("executed", await execute(provider, signer, timelockOf(deployment), deployment.fromBlock, operation));
  return true;
}

async function runCancel(provider: ChainProviders): Promise<boolean> {
  const { deployment } = readRecord();
  await requireChain(provider, deployment.chainId);
  const signer = await signerUnlessPrinting(provider);
  printStep("cancelled", await cancel(provider, signer, timelockOf(deployment), needHash("operation")));
  return true;
}

async function runCall(provider: ChainProviders): Promise<boolean> {
  const call = await readCall(provider);
  const transaction = await (await signerOf(provider)).sendTransaction({ ...call, customData: { what: need("call") } });
  print(`done in ${transaction.hash}`);
  return true;
}

async function signerUnlessPrinting(provider: ChainProviders): Promise<Account | undefined> {
  return values.print ? undefined : signerOf(provider);
}

function printStep(done: string, { operation, executableAt, transaction }: OperationStep): void {
  if (transaction !== undefined) {
    printCall(`operation ${operation} is not ${done}; left to an account with the role`, transaction);
    return;
  }
  const from =
    executableAt === undefined ? "" : `, to be executed from ${new Date(executableAt * 1000).toISOString()} on`;
  print(`operation ${operation} ${done}${from}`);
}

function printCall(who: string, { to, data }: Call): void {
  print(`${who}: send to ${to} the data\n${data}`);
}

const commands: Readonly<Record<string, (provider: ChainProviders) => Promise<boolean>>> = {
  deploy: runDeploy,
  "verify-deployment": runVerify,
  upgrade: runUpgrade,
  propose: runPropose,
  execute: runExecute,
  cancel: runCancel,
  call: runCall,
};

/** What ethers throws of a call or a read is no fault of this program. */
async function coded<T>(work: () => Promise<T>, what: string | undefined): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Error && "shortMessage" in error ? codedFailure(error, what) : error;
  }
}

async function main(words: readonly string[]): Promise<void> {
  const [name] = words;
  const command = commands[name ?? ""];
  if (command === undefined) {
    print(HELP);
    if (name !== "help") throw flagError(name === undefined ? "give a command" : `unknown command '${name}'`);
    return;
  }
  await ensureBuilt();
  const provider = await connect();
  try {
    if (!(await coded(() => command(provider), name))) process.exitCode = 1;
  } finally {
    provider.destroy();
  }
}

if (positionals !== null) await commandLine.run(() => main(positionals));
