/**
 * `quorate pool`: a node whose stake several people pay together, as its operator runs it (P-45 to P-48). What
 * contributors do is in ../staker/pools.ts.
 */
import {
  type Call,
  createdPool,
  createPoolCall,
  endPoolCalls,
  finalizedNode,
  finalizePoolCall,
  nextPoolAddress,
  openPoolCalls,
  type PoolView,
  poolAt,
  type RegistrationRequest,
  type Reserved,
  type RewardsContract,
  type RoundTerms,
  sendCall,
  stakeAndBalance,
} from "@quorate/client";
import { type Address, formatAmount, parseAddress, parseAmount, provePossession, quorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import type { Account } from "@quorate/common/chain";
import { Command } from "commander";
import type { TransactionReceipt } from "ethers";
import { loadKeys, readPassword } from "../../adapters/keys/keys.ts";
import { openAccount } from "../account.ts";
import { readConfig } from "../commands/run.ts";
import { feeOption, parseFee } from "../flags.ts";
import { printJson, printProgress } from "../print.ts";
import { addSendingOptions, agreed, carryOut, printSent, type SendingFlags } from "../sending.ts";
import { poolText } from "../staker/pools.ts";
import { addTargetOptions, connectTarget, type TargetFlags } from "../target.ts";

interface PoolFlags extends TargetFlags, SendingFlags {
  readonly pool?: string;
}

interface OpenFlags extends PoolFlags {
  readonly amount: string;
  readonly beneficiary?: string;
  readonly feeBps: string;
  readonly reserve: readonly string[];
  readonly manualFinalize?: true;
}

export function poolCommand(): Command {
  const pool = new Command("pool")
    .summary("a node whose stake several people pay together")
    .description(
      "Run a contribution contract: you pay a quarter of the stake at least, others the rest, and the node is " +
        "registered when it\n" +
        "is complete. Contributors use `quorate pools`, `contribute` and `withdraw --pool`.",
    );
  return pool
    .addCommand(openCommand())
    .addCommand(showCommand())
    .addCommand(finalizeCommand())
    .addCommand(endCommand());
}

function openCommand(): Command {
  const command = new Command("open")
    .summary("make a pool for this node and open its round")
    .description(
      "Make a contribution contract with this node's proof of possession, pay your own part, and take " +
        "contributions: up to three\n" +
        "transactions. With --pool the round of a contract that is there is opened: one that was ended, or whose " +
        "opening was\n" +
        "interrupted. The fee, the stake and the reserved places do not change while the round runs.",
    )
    .option("--pool <address>", "a contract of yours that has no round open", parseAddress)
    .requiredOption("--amount <tokens>", "your own part: a quarter of the stake at least")
    .option("--beneficiary <address>", "who receives the rewards of your part (default: the account)", parseAddress)
    .option(
      "--reserve <address=tokens>",
      "a place that only this account can take; may be given several times",
      (text: string, all: readonly string[]) => [...all, text],
      [],
    )
    .option("--manual-finalize", "register the node by `quorate pool finalize`, not by the last contribution");
  feeOption(command);
  addTargetOptions(command, { withConfig: true });
  return addSendingOptions(command, "the operator's account")
    .addHelpText(
      "after",
      "\nExample:\n  quorate pool open --config agent.yaml --amount 30 --fee-bps 500 --account-key-file " +
        "operator.json --dry-run",
    )
    .action((flags: OpenFlags) => withPool(flags, open));
}

function showCommand(): Command {
  const command = new Command("show")
    .summary("what a pool holds and waits for")
    .description("Show one pool: its terms, what is paid in, by whom, and what a newcomer could pay now.")
    .requiredOption("--pool <address>", "the contribution contract", parseAddress)
    .option("--json", "one line of JSON; amounts in atomic units")
    .addHelpText("after", "\nExample:\n  quorate pool show --network local --pool 0xPool");
  return addTargetOptions(command, { withConfig: true }).action(async (flags: PoolFlags) => {
    const contract = await connectTarget(flags);
    try {
      const pool = await poolAt(contract, parseAddress(flags.pool as string));
      if (flags.json) printJson(pool);
      else process.stdout.write(`${poolText(pool, undefined)}\n`);
    } finally {
      contract.close();
    }
  });
}

function finalizeCommand(): Command {
  const command = new Command("finalize")
    .summary("register the node of a full pool")
    .description(
      "Register the node of a pool whose stake is complete, where --manual-finalize was given when it was opened.",
    )
    .requiredOption("--pool <address>", "the contribution contract", parseAddress)
    .addHelpText(
      "after",
      "\nExample:\n  quorate pool finalize --network local --pool 0xPool --account-key-file operator.json",
    );
  addTargetOptions(command, { withConfig: true });
  return addSendingOptions(command, "the operator's account").action((flags: PoolFlags) => withPool(flags, finalize));
}

function endCommand(): Command {
  const command = new Command("end")
    .summary("end the round and pay everyone back")
    .description(
      "End a pool's round before its node is registered, and have everyone sent what they paid, you included: a " +
        "transaction for the\n" +
        "end and one for each contributor, which anyone else may send too. The contract can be opened again.",
    )
    .requiredOption("--pool <address>", "the contribution contract", parseAddress)
    .addHelpText(
      "after",
      "\nExample:\n  quorate pool end --network local --pool 0xPool --account-key-file operator.json",
    );
  addTargetOptions(command, { withConfig: true });
  return addSendingOptions(command, "the operator's account").action((flags: PoolFlags) => withPool(flags, end));
}

type Act<F> = (contract: RewardsContract, account: Account, sender: Address, flags: F) => Promise<void>;

async function withPool<F extends PoolFlags>(flags: F, act: Act<F>): Promise<void> {
  const contract = await connectTarget(flags);
  try {
    const account = await openAccount(contract.chain, flags);
    await act(contract, account, parseAddress(await account.getAddress()), flags);
  } finally {
    contract.close();
  }
}

/** @throws POOL_UNKNOWN, ACCOUNT_*, TRANSACTION_*, CONFIRMATION_*, and the errors of keys */
async function open(contract: RewardsContract, account: Account, sender: Address, flags: OpenFlags): Promise<void> {
  const terms = termsOf(flags, sender);
  const { stake, balance } = await stakeAndBalance(contract, sender);
  if (balance < terms.amount) {
    const values = { account: sender, have: formatAmount(balance), need: formatAmount(terms.amount) };
    throw quorateError("ACCOUNT_LACKS_TOKENS", values);
  }
  const effects = openEffects(terms, stake, parseFee(flags.feeBps), sender);
  if (flags.pool !== undefined) {
    const { address } = await poolAt(contract, parseAddress(flags.pool), sender);
    const receipts = await carryOut(
      account,
      { effects, calls: await openPoolCalls(contract, address, sender, terms) },
      flags,
    );
    if (receipts !== null) await told(contract, address, receipts, flags);
    return;
  }
  const request = await requestOf(contract, sender, flags);
  const creation = await createPoolCall(contract, request);
  const planned = await nextPoolAddress(contract, sender, request);
  const rest = await openPoolCalls(contract, planned, sender, terms, { follows: true });
  if (!(await agreed(account, { effects, calls: [creation, ...rest] }, flags))) return;
  const receipts = [await sendCall(account, creation)];
  const pool = createdPool(receipts[0] as TransactionReceipt);
  printProgress(`the pool is ${pool}; if this is interrupted, go on with the same command and --pool ${pool}`);
  // Somebody else's may have been made before: the address is the receipt's, not the one that was planned.
  for (const call of await openPoolCalls(contract, pool, sender, terms, { follows: true })) {
    receipts.push(await sendCall(account, call));
  }
  await told(contract, pool, receipts, flags);
}

function termsOf({ amount, beneficiary, reserve, manualFinalize }: OpenFlags, sender: Address): RoundTerms {
  return {
    amount: parseAmount(amount),
    beneficiary: beneficiary === undefined ? sender : parseAddress(beneficiary),
    reserved: reserve.map(reservedOf),
    manualFinalize: manualFinalize === true,
  };
}

function reservedOf(text: string): Reserved {
  const [addr = "", amount = "", ...more] = text.split("=");
  if (amount !== "" && more.length === 0) return { addr: parseAddress(addr), amount: parseAmount(amount) };
  throw quorateError("FLAG_INVALID", { flag: "--reserve", value: text.slice(0, 80), allowed: "address=tokens" });
}

/** With this node's keys, which the agent's file names. */
async function requestOf(
  contract: RewardsContract,
  operator: Address,
  { config, beneficiary, feeBps }: OpenFlags,
): Promise<RegistrationRequest> {
  if (config === undefined)
    throw quorateError("FLAG_INVALID", { flag: "--config", reason: "is missing: it names the keys" });
  const { keys } = readConfig({ config });
  const scheme = await loadNativeScheme();
  const secrets = await loadKeys({ directory: keys.directory, password: readPassword(keys.passwordFile), scheme });
  return {
    possession: provePossession(scheme, contract.domain, { ...secrets, operator }),
    beneficiary: beneficiary === undefined ? operator : parseAddress(beneficiary),
    feeBps: parseFee(feeBps),
  };
}

function openEffects(
  { amount, reserved, manualFinalize }: RoundTerms,
  stake: bigint,
  feeBps: number,
  who: Address,
): string[] {
  const kept = reserved.reduce((sum, { amount: part }) => sum + part, 0n);
  return [
    `${who} pays ${formatAmount(amount)} of the ${formatAmount(stake)} that the node takes; contributors pay the rest.`,
    ...(reserved.length === 0 ? [] : [`${formatAmount(kept)} are kept for ${reserved.length} accounts.`]),
    `The operator's fee is ${feeBps / 100}% of the node's reward, while the round runs and after it.`,
    manualFinalize
      ? "When the stake is complete, `quorate pool finalize` registers the node."
      : "Whoever completes the stake registers the node in the same transaction; let its agent run from then on.",
  ];
}

async function finalize(contract: RewardsContract, account: Account, sender: Address, flags: PoolFlags): Promise<void> {
  const pool = await poolAt(contract, parseAddress(flags.pool as string), sender);
  const effects = [`The node of pool ${pool.address} is registered with ${formatAmount(pool.total)} of stake.`];
  const receipts = await carryOut(account, { effects, calls: [finalizePoolCall(pool.address)] }, flags);
  if (receipts === null) return;
  printProgress(`registered as node ${finalizedNode(receipts[0] as TransactionReceipt)}; let its agent run`);
  await told(contract, pool.address, receipts, flags);
}

async function end(contract: RewardsContract, account: Account, sender: Address, flags: PoolFlags): Promise<void> {
  const pool = await poolAt(contract, parseAddress(flags.pool as string), sender);
  const effects = [
    `The round of pool ${pool.address} ends: ${formatAmount(pool.total)} go back to ${pool.contributions.length} ` +
      "contributors.",
  ];
  const calls: readonly Call[] = endPoolCalls(
    pool.address,
    pool.contributions.map(({ addr }) => addr),
  );
  const receipts = await carryOut(account, { effects, calls }, flags);
  if (receipts !== null) await told(contract, pool.address, receipts, flags);
}

async function told(
  contract: RewardsContract,
  address: Address,
  receipts: readonly TransactionReceipt[],
  flags: PoolFlags,
): Promise<void> {
  const pool: PoolView = await poolAt(contract, address);
  const { status, total, stakingRequirement, nodeId, round } = pool;
  const shown = {
    pool: address,
    status,
    "paid in": `${formatAmount(total)} of ${formatAmount(stakingRequirement)}`,
    node: nodeId,
  };
  printSent(receipts, { pool: address, status, round, total, stakingRequirement, node: nodeId }, shown, flags);
}
