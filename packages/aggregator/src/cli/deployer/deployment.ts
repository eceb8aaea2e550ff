/**
 * `quorate network deploy`, `verify-deployment`, `upgrade` and `source-input`: the commands that need compiled code.
 * What they do is in packages/contracts; here are flags, accounts, and what a person is told.
 */
import { parseAddress, quorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { ChainProviders } from "@quorate/common/chain";
import type { Deployment, DeploymentRecord } from "@quorate/contracts";
import { Command } from "commander";
import { formatEther } from "ethers";
import { transportLine } from "../../adapters/chain/transportLine.ts";
import { openAccount } from "../account.ts";
import { confirm, isThere } from "../ask.ts";
import { addRpcOption } from "../flags.ts";
import { saveNetwork } from "../networks.ts";
import { OutFile } from "../outFile.ts";
import { printFields, printJson, printProgress } from "../print.ts";
import { addSendingOptions, type SendingFlags } from "../sending.ts";
import { contractsPackage, dryRunPackage, readFlagged, requireOne } from "./contracts.ts";

interface DeployFlags extends SendingFlags {
  readonly rpc: readonly string[];
  readonly parameters: string;
  readonly record?: string;
  readonly saveAs?: string;
  readonly owner?: string;
  readonly guardian?: string;
  readonly proposer?: string[];
  readonly executor?: string[];
  readonly token?: string;
}

/** What a deployment took where it was measured, with room: docs/contracts/deployment.md. */
const DEPLOY_GAS = 26_000_000n;

const list = (text: string, all: string[] = []): string[] => [...all, text];

export function deployCommand(): Command {
  const command = new Command("deploy")
    .summary("deploy a network's contracts, and read them back")
    .description(
      "Deploy token, pool, distributor, rewards contract and factory, wire and fund them, and read everything back: " +
        "sixteen\n" +
        "transactions, about 23 million gas. The parameters file says what kind of network it is; a public one " +
        "needs a timelock,\n" +
        "a guardian, proposers and executors (P-114). The record is what all later commands start from: keep it.\n" +
        "--dry-run does all of it on a simulated chain with the target's id and the deployer's nonce.",
    )
    .requiredOption("--parameters <file>", "such as packages/contracts/networks/testnet.json")
    .option("--record <file>", "where the record goes; it must not exist")
    .option("--save-as <name>", "also write a network's file of this name, for --network")
    .option("--owner <address>", "who owns everything, where there is no timelock", parseAddress)
    .option("--guardian <address>", "who may pause", parseAddress)
    .option("--proposer <address>", "who may schedule in the timelock; may be given several times", list)
    .option("--executor <address>", "who may execute in it; may be given several times", list)
    .option("--token <address>", "a token that exists", parseAddress)
    .addHelpText(
      "after",
      "\nExample:\n  quorate network deploy --rpc http://127.0.0.1:8545 --parameters " +
        "packages/contracts/networks/local.json \\\n" +
        "    --record record.json --save-as own --account-key-file founder.json",
    );
  addRpcOption(command, "JSON-RPC URL of an Ethereum node; given several, the next is asked when one fails");
  return addSendingOptions(command, "the founder's account, which pays").action(deploy);
}

interface RecordFlags {
  readonly rpc: readonly string[];
  readonly record: string;
  readonly json?: true;
}

export function verifyDeploymentCommand(): Command {
  const command = new Command("verify-deployment")
    .summary("read a deployment back, and say what is not as meant")
    .description(
      "Compare code, constructors, wiring, owners, parameters and the chain's precompiles with the record, and what " +
        "a public\n" +
        "network owes its users with the chain (P-114). Anyone may, at any time. Exit status 1 when anything differs.",
    )
    .requiredOption("--record <file>", "the deployment's record")
    .option("--json", "the checks as one line of JSON")
    .addHelpText(
      "after",
      "\nExample:\n  quorate network verify-deployment --rpc http://127.0.0.1:8545 --record record.json",
    );
  return addRpcOption(command, "JSON-RPC URL of an Ethereum node you trust").action(verifyDeployment);
}

interface UpgradeFlags extends SendingFlags {
  readonly rpc: readonly string[];
  readonly record: string;
  readonly what: string;
  readonly next: string;
}

export function upgradeCommand(): Command {
  const command = new Command("upgrade")
    .summary("deploy new code, and put it behind a proxy or schedule that")
    .description(
      "Deploy the new code of rewards contract or pool. A storage layout that does not fit is refused. The owner's " +
        "account puts it\n" +
        "there at once; of a timelock's network it is scheduled, and executed after the delay. --next is the record " +
        "then.",
    )
    .requiredOption("--record <file>", "the deployment's record")
    .requiredOption("--what <contract>", "rewards or pool")
    .requiredOption("--next <file>", "where the new record goes; it must not exist")
    .addHelpText(
      "after",
      "\nExample:\n  quorate network upgrade --rpc http://127.0.0.1:8545 --record record.json --what pool --next " +
        "next.json \\\n" +
        "    --account-key-file owner.json",
    );
  addRpcOption(command, "JSON-RPC URL of an Ethereum node");
  return addSendingOptions(command, "the owner's account, or a proposer's").action(upgrade);
}

export function sourceInputCommand(): Command {
  return new Command("source-input")
    .summary("what a block explorer needs to verify a contract's source")
    .description(
      "Write the compiler's input as standard JSON, unchanged, and say what the explorer's form asks beside it: " +
        "contract, compiler,\n" +
        "libraries (their addresses are in the record).",
    )
    .requiredOption("--of <contract>", "such as ServiceNodeRewards, RewardRatePool or TransparentUpgradeableProxy")
    .requiredOption("--out <file>", "where the standard JSON goes; it must not exist")
    .option("--json", "one line of JSON")
    .addHelpText("after", "\nExample:\n  quorate network source-input --of ServiceNodeRewards --out rewards-input.json")
    .action(async ({ of, out, json }: { readonly of: string; readonly out: string; readonly json?: true }) => {
      const { contractNames, sourceInput } = await contractsPackage();
      const { contract, compiler, libraries, input } = sourceInput(requireOne("--of", of, contractNames));
      OutFile.reserve(out, false).finish(`${JSON.stringify(input)}\n`);
      if (json) return printJson({ contract, compiler, libraries, input: out });
      printFields({ contract, compiler, libraries: libraries.join(", "), "standard JSON": out });
    });
}

/** @throws DEPLOY_*, OUTPUT_FILE_*, CONFIRMATION_*, ACCOUNT_*, TRANSACTION_*, CHAIN_* */
async function deploy(flags: DeployFlags): Promise<void> {
  const contracts = await contractsPackage();
  await withChain(flags.rpc, async (chain) => {
    const account = await openAccount(chain, flags);
    const founder = parseAddress(await account.getAddress());
    const { owner, guardian, token, proposer: proposers, executor: executors } = flags;
    const overrides = { owner, guardian, token, proposers, executors };
    const { chainId, parameters } = contracts.readNetworkFile(flags.parameters, founder, overrides);
    if (chainId !== chain.chainId)
      throw quorateError("DEPLOY_WRONG_CHAIN", { expected: chainId, actual: chain.chainId });
    if (flags.dryRun === true) {
      const { dryRun, formatDryRun } = await dryRunPackage();
      const run = await dryRun(chain, founder, parameters);
      if (flags.json) printJson({ dryRun: true, steps: run.steps, gasUsed: run.gasUsed, costWei: run.costWei });
      else process.stdout.write(`${formatDryRun(run)}\n`);
      return;
    }
    if (flags.record === undefined) throw quorateError("FLAG_INVALID", { flag: "--record", reason: "is missing" });
    const file = OutFile.reserve(flags.record, false);
    try {
      const what = [`Deploys a ${parameters.kind} network to chain ${chainId}, in about sixteen transactions.`];
      await agree(chain, what, DEPLOY_GAS, flags, () => account.requireEther(DEPLOY_GAS));
      const storageLayout = contracts.currentStorageLayout();
      const deployment = await contracts.deploy(account, parameters, printProgress, (made) => {
        file.finish(contracts.formatRecord({ deployment: made, storageLayout }));
        printProgress(`wrote ${flags.record}`);
      });
      tellDeployment(deployment, flags);
    } finally {
      file.discard();
    }
  });
}

function tellDeployment(deployment: Deployment, { rpc, saveAs, record, json }: DeployFlags): void {
  const { chainId, rewards, pool, token, distributor, contributionFactory, fromBlock } = deployment;
  const contracts = { rewards, pool, contributionFactory, deployBlock: fromBlock };
  const network =
    saveAs === undefined ? null : saveNetwork({ name: saveAs, chainId: String(chainId), contracts, rpc: [...rpc] });
  if (json)
    return printJson({ chainId, rewards, pool, token, distributor, contributionFactory, fromBlock, record, network });
  printFields({
    ServiceNodeRewards: rewards,
    RewardRatePool: pool,
    token,
    distributor,
    record: record ?? null,
    network,
  });
}

/** @throws DEPLOY_NOT_AS_MEANT, CHAIN_* */
async function verifyDeployment({ rpc, record, json }: RecordFlags): Promise<void> {
  const { formatChecks, parseRecord, verifyDeployment: check } = await contractsPackage();
  const { deployment } = parseRecord(readFlagged("--record", record));
  await withChain(rpc, async (chain) => {
    const checks = await check(chain, await loadNativeScheme(), deployment);
    if (json) printJson({ checks });
    else process.stdout.write(`${formatChecks(checks)}\n`);
    const failed = checks
      .filter(({ ok }) => !ok)
      .map(({ name, actual, expected }) => `${name}: ${actual}, not ${expected}`);
    if (failed.length > 0) throw quorateError("DEPLOY_NOT_AS_MEANT", { failed });
  });
}

/** @throws UPGRADE_INCOMPATIBLE, OUTPUT_FILE_*, and as sending does */
async function upgrade(flags: UpgradeFlags): Promise<void> {
  const contracts = await contractsPackage();
  const what = requireOne("--what", flags.what, ["rewards", "pool"] as const);
  const record: DeploymentRecord = contracts.parseRecord(readFlagged("--record", flags.record));
  const layout = contracts.currentStorageLayout();
  const problems = contracts.layoutProblems(record.storageLayout, layout);
  if (problems.length > 0) throw quorateError("UPGRADE_INCOMPATIBLE", { fields: problems });
  await withChain(flags.rpc, async (chain) => {
    const account = await openAccount(chain, flags);
    const effects = [`New code of ${what} is deployed, and put behind ${record.deployment[what]} or scheduled for it.`];
    if (flags.dryRun === true)
      return void process.stdout.write(`${effects[0]}\nNothing was sent: this was a dry run.\n`);
    const file = OutFile.reserve(flags.next, false);
    try {
      const gas = what === "pool" ? 4_000_000n : 16_000_000n;
      await agree(chain, effects, gas, flags, () => account.requireEther(gas));
      const { record: next, step, transaction } = await contracts.upgrade(account, record, what, printProgress, layout);
      file.finish(contracts.formatRecord(next));
      const left =
        transaction === undefined ? null : { owner: transaction.from, to: transaction.to, data: transaction.data };
      if (flags.json) return printJson({ next: flags.next, operation: step?.operation ?? null, left });
      printFields({
        record: flags.next,
        operation: step?.operation ?? null,
        ...(left === null ? {} : { "left to the owner": left.owner, "to send to": left.to, data: left.data }),
      });
    } finally {
      file.discard();
    }
  });
}

/** Of transactions whose data follow from each other, so that only their sum is known. @throws CONFIRMATION_* */
async function agree(
  chain: ChainProviders,
  effects: readonly string[],
  gas: bigint,
  { yes }: SendingFlags,
  requirePaid: () => Promise<void>,
): Promise<void> {
  if (yes !== true && !isThere()) throw quorateError("CONFIRMATION_MISSING", {});
  await requirePaid();
  const { maxFeePerGas, gasPrice } = await chain.getFeeData();
  const most = formatEther(gas * (maxFeePerGas ?? gasPrice ?? 0n));
  for (const line of [...effects, `It costs at most ${most} ether (${gas} gas).`]) printProgress(line);
  if (yes !== true && !(await confirm("Send them?"))) throw quorateError("CONFIRMATION_DECLINED", {});
}

async function withChain(rpc: readonly string[], act: (chain: ChainProviders) => Promise<void>): Promise<void> {
  if (rpc.length === 0) throw quorateError("FLAG_INVALID", { flag: "--rpc", reason: "is missing" });
  const chain = await ChainProviders.connect({ urls: rpc, onTrouble: printProgress, openLine: transportLine });
  try {
    await act(chain);
  } finally {
    chain.destroy();
  }
}
