// The operator's commands for a deployment. In: a command, a node's URL, files. Out: lines on standard output; exit status 0
// only if what was asked is so. `node scripts/network.ts help` says what there is.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Address, parseAddress, quorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { FetchRequest, getAddress, JsonRpcProvider, type Signer, Wallet } from "ethers";
import { ensureBuilt } from "../src/artifacts.ts";
import { deploy } from "../src/deploy.ts";
import { handOver } from "../src/handOver.ts";
import { readNetworkFile } from "../src/network.ts";
import { type DeploymentRecord, formatRecord, parseRecord } from "../src/record.ts";
import { currentStorageLayout } from "../src/storageLayout.ts";
import { dryRun, formatDryRun } from "../src/testing/dryRun.ts";
import { requireChain, upgrade } from "../src/upgrade.ts";
import { formatChecks, verifyDeployment } from "../src/verifyDeployment.ts";

const HELP = `Usage: node scripts/network.ts <command> --rpc <url> [options]

  deploy             --network <file> [--dry-run] [--owner <address>] [--token <address>] --record <file to write>
  verify-deployment  --record <file> [--owner <address>]
  upgrade            --record <file> --what rewards|pool
  hand-over          --record <file> --to <address>

The account: --key-file <file with a hex private key>, or, on a local node, its first unlocked account.
deploy --dry-run prints contracts, addresses and gas, and sends nothing; with --from <address> it needs no key.
upgrade prints the transaction instead of sending it when the account does not own the ProxyAdmin.
hand-over takes one step and names who has to run it next.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rpc: { type: "string" },
    network: { type: "string" },
    record: { type: "string" },
    owner: { type: "string" },
    token: { type: "string" },
    what: { type: "string" },
    to: { type: "string" },
    from: { type: "string" },
    "key-file": { type: "string" },
    "dry-run": { type: "boolean", default: false },
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
 * Each request on a connection of its own: compiling and simulating keep this process from noticing that the node has closed
 * an idle one, and the next request would fail on it.
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

async function runDeploy(provider: JsonRpcProvider): Promise<boolean> {
  const signer = values.from === undefined ? await signerOf(provider) : undefined;
  const deployer = parseAddress(values.from ?? ((await signer?.getAddress()) as string));
  const { chainId, parameters } = readNetworkFile(need("network"), deployer, values);
  await requireChain(provider, chainId);
  if (values["dry-run"] || signer === undefined) {
    const run = await dryRun(provider, deployer, parameters);
    print(formatDryRun(run));
    return run.precompiles.every(({ ok }) => ok);
  }
  const path = need("record");
  if (existsSync(path)) {
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems: [`${path} exists: a record is not overwritten`] });
  }
  const deployment = await deploy(signer, parameters, print);
  writeFileSync(path, formatRecord({ deployment, storageLayout: currentStorageLayout() }));
  print(`wrote ${path}; now run verify-deployment`);
  return true;
}

async function runVerify(provider: JsonRpcProvider): Promise<boolean> {
  const { deployment } = readRecord();
  const owner = getAddress(values.owner ?? deployment.owner) as Address;
  const checks = await verifyDeployment(provider, await loadNativeScheme(), deployment, owner);
  print(formatChecks(checks));
  return checks.every(({ ok }) => ok);
}

async function runUpgrade(provider: JsonRpcProvider): Promise<boolean> {
  const what = need("what");
  if (what !== "rewards" && what !== "pool") {
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems: ["--what is rewards or pool"] });
  }
  const { record } = await upgrade(await signerOf(provider), readRecord(), what, print);
  writeFileSync(need("record"), formatRecord(record));
  return true;
}

async function runHandOver(provider: JsonRpcProvider): Promise<boolean> {
  const { did, next } = await handOver(await signerOf(provider), readRecord().deployment, parseAddress(need("to")));
  print(next === undefined ? `${did}: all is handed over` : `${did}: next is ${next}`);
  return true;
}

const commands: Readonly<Record<string, (provider: JsonRpcProvider) => Promise<boolean>>> = {
  deploy: runDeploy,
  "verify-deployment": runVerify,
  upgrade: runUpgrade,
  "hand-over": runHandOver,
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
