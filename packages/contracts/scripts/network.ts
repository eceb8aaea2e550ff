// The operator's commands for a deployment. In: a command, a node's URL, files. Out: lines on standard output; exit
// status 0 only if what was asked is so. `node scripts/network.ts help` says what there is.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Hex, parseAddress, quorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { FetchRequest, JsonRpcProvider, type Signer, Wallet } from "ethers";
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
<contract> is ${CALL_TARGETS.join(", ")}.

deploy --dry-run prints contracts, addresses and gas, and sends nothing; with --from <address> it needs no key.
upgrade and propose schedule in the timelock, execute and cancel finish what is scheduled. An account without the role
for it, or --print instead of an account, gets the transaction to send. upgrade writes the record of what will be there
to --next: it is the record once the operation is executed.
call sends it from the account itself: for the guardian, the founder, or the owner of a local network.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rpc: { type: "string" },
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
    "dry-run": { type: "boolean", default: false },
    print: { type: "boolean", default: false },
  },
});
type Option = keyof typeof values;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function need(option: Option): string {
  const value = values[option];
  if (typeof value === "string") return value;
  throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems: [`--${option} is missing`] });
}

/**
 * Each request on a connection of its own: compiling and simulating keep this process from noticing that the node has
 * closed an idle one, and the next request would fail on it.
 */
function connection(url: string): FetchRequest {
  const request = new FetchRequest(url);
  request.setHeader("connection", "close");
  return request;
}

async function signerOf(provider: JsonRpcProvider): Promise<Signer> {
  const file = values["key-file"];
  return file === undefined ? provider.getSigner(0) : new Wallet(readFileSync(file, "utf8").trim(), provider);
}

function readRecord(): DeploymentRecord {
  return parseRecord(readFileSync(need("record"), "utf8"));
}

/** A file to write: a record is never overwritten. */
function needNewFile(option: Option): string {
  const path = need(option);
  if (!existsSync(path)) return path;
  throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems: [`${path} exists: a record is not overwritten`] });
}

async function runDeploy(provider: JsonRpcProvider): Promise<boolean> {
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
    writeFileSync(path, formatRecord({ deployment, storageLayout }));
    print(`wrote ${path}`);
  });
  return true;
}

async function runVerify(provider: JsonRpcProvider): Promise<boolean> {
  const checks = await verifyDeployment(provider, await loadNativeScheme(), readRecord().deployment);
  print(formatChecks(checks));
  return checks.every(({ ok }) => ok);
}

async function runUpgrade(provider: JsonRpcProvider): Promise<boolean> {
  const what = need("what");
  if (what !== "rewards" && what !== "pool") {
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems: ["--what is rewards or pool"] });
  }
  const path = needNewFile("next");
  const { record, step, transaction } = await upgrade(await signerOf(provider), readRecord(), what, print);
  writeFileSync(path, formatRecord(record));
  if (step !== undefined) printStep("scheduled", step);
  if (transaction !== undefined) printCall(`left to the owner ${transaction.from}`, transaction);
  const isDone = step === undefined && transaction === undefined;
  print(`wrote ${path}, the record ${isDone ? "of what is there now" : "once that is executed"}`);
  return true;
}

/** The call that the command line names, of a deployment on this chain. */
async function readCall(provider: JsonRpcProvider): Promise<Call> {
  const { deployment } = readRecord();
  await requireChain(provider, deployment.chainId);
  const on = CALL_TARGETS.find((target) => target === need("on"));
  if (on === undefined) {
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems: [`--on is one of ${CALL_TARGETS.join(", ")}`] });
  }
  return callOf(provider, deployment, on, need("call"), positionals.slice(1));
}

async function runPropose(provider: JsonRpcProvider): Promise<boolean> {
  const call = await readCall(provider);
  const timelock = timelockOf(readRecord().deployment);
  const reason = await revertNow(provider, timelock, call);
  if (reason !== undefined) print(`warning: executed now it would be reverted: ${reason}`);
  printStep("scheduled", await schedule(provider, await signerUnlessPrinting(provider), timelock, call));
  return true;
}

async function runExecute(provider: JsonRpcProvider): Promise<boolean> {
  const { deployment } = readRecord();
  await requireChain(provider, deployment.chainId);
  const signer = await signerUnlessPrinting(provider);
  const operation = need("operation") as Hex;
  printStep("executed", await execute(provider, signer, timelockOf(deployment), deployment.fromBlock, operation));
  return true;
}

async function runCancel(provider: JsonRpcProvider): Promise<boolean> {
  const { deployment } = readRecord();
  await requireChain(provider, deployment.chainId);
  const signer = await signerUnlessPrinting(provider);
  printStep("cancelled", await cancel(provider, signer, timelockOf(deployment), need("operation") as Hex));
  return true;
}

async function runCall(provider: JsonRpcProvider): Promise<boolean> {
  const transaction = await (await signerOf(provider)).sendTransaction(await readCall(provider));
  await transaction.wait();
  print(`done in ${transaction.hash}`);
  return true;
}

async function signerUnlessPrinting(provider: JsonRpcProvider): Promise<Signer | undefined> {
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

const commands: Readonly<Record<string, (provider: JsonRpcProvider) => Promise<boolean>>> = {
  deploy: runDeploy,
  "verify-deployment": runVerify,
  upgrade: runUpgrade,
  propose: runPropose,
  execute: runExecute,
  cancel: runCancel,
  call: runCall,
};
const command = commands[positionals[0] ?? ""];
if (command === undefined) {
  print(HELP);
  process.exitCode = positionals[0] === "help" ? 0 : 2;
} else {
  await ensureBuilt();
  const provider = new JsonRpcProvider(connection(need("rpc")), undefined, {
    cacheTimeout: -1, // what is read follows what was just sent
    pollingInterval: 1_000, // milliseconds; a dozen transactions are waited for, one after the other
  });
  try {
    if (!(await command(provider))) process.exitCode = 1;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  } finally {
    provider.destroy();
  }
}
