/**
 * The client: from a recipient to tokens. Enters: agents, a chain, the address of ServiceNodeRewards. Leaves: balances,
 * payments that are ready to send, their receipts. No agent is trusted: what it gives either holds on chain or is
 * dropped, and the next one is asked.
 */
import { type Address, isQuorateError, type LedgerLine, parseAddress, quorateError } from "@quorate/common";
import type { OpenLine } from "@quorate/common/chain";
import type { TransactionReceipt } from "ethers";
import { createAgentClient } from "./agentClient.ts";
import { type AgentLeft, AgentPool, type AgentPoolOptions, type KnownAgent } from "./agentPool.ts";
import { type Balance, balanceOf } from "./balance.ts";
import type { ChainSource } from "./chainSource.ts";
import { type ClaimOptions, findCheapest } from "./claiming.ts";
import { type Explained, explainByAgent } from "./explain.ts";
import { type PaymentMade, paymentsTo } from "./history.ts";
import { LEDGER_ANSWER_MS } from "./limits.ts";
import { type NetworkOverview, overviewOf } from "./overview.ts";
import { isRecorded, requirePart } from "./part.ts";
import { freshCalls, type PaidInAll, type Payment, paidIn, paymentOf } from "./payment.ts";
import { type PoolsOptions, type PoolView, poolAt, poolsOf } from "./poolReading.ts";
import { contributionCalls, withdrawalCalls } from "./pools.ts";
import type { ReadyCall } from "./readyCall.ts";
import { type ReportRecord, type ReportStake, type ReportsOptions, reportStake, reportsOf } from "./reports.ts";
import { RewardsContract } from "./rewardsContract.ts";
import { openSender, type PaymentSigner, type SendOptions } from "./signer.ts";
import { type VerifiedBundle, type VerifiedProof, verifyText } from "./verify.ts";

export interface ClientOptions extends AgentPoolOptions {
  /** HTTP interfaces of agents, such as `https://agent.example`; one is enough, because agents list others. */
  readonly agents: readonly string[];
  /** JSON-RPC URLs, a wallet's EIP-1193 provider, or a provider of ethers. */
  readonly chain: ChainSource;
  /** ServiceNodeRewards: the proxy. */
  readonly rewards: string;
  /** The chain's id, where it is to be another failure that it is another. */
  readonly chainId?: bigint | undefined;
  /** What carries questions to JSON-RPC URLs; by default the runtime's fetch. */
  readonly openLine?: OpenLine | undefined;
  /** Told once of each chain provider that fails while another answers. */
  readonly onTrouble?: ((line: string) => void) | undefined;
}

/** Calls that belong together, in the order in which they are sent. */
export interface ReadyCalls {
  readonly transactions: readonly ReadyCall[];
}

export interface Contribution extends ReadyCalls {
  readonly pool: PoolView;
}

export interface Withdrawal extends Contribution {
  /** Atomic units. */
  readonly amount: bigint;
}

/** Amounts are in atomic units. Every error is coded (`isQuorateError`). */
export interface QuorateClient {
  /** The agents known here: those given, and those they list. */
  agents(): Promise<readonly KnownAgent[]>;
  balance(recipient: string, options?: Pick<ClaimOptions, "onProgress" | "signal">): Promise<Balance>;
  /**
   * What pays the recipient now, in the cheapest way that works, ready to send; with `amount`, what pays a part.
   * @throws NOTHING_OWED, CLAIM_AMOUNT_ZERO, CLAIM_ABOVE_OWED, CLAIM_ABOVE_LIMIT, QUORUM_NOT_REACHED, CLAIM_NOT_ENDED,
   * AGENT_*, CHAIN_*
   */
  claim(recipient: string, options?: ClaimOptions): Promise<Payment>;
  /**
   * Sends a payment from its recipient's account: id lists derived now, simulated, then signed. One transaction; of a
   * part up to two, of which the first records. An error after the first says in its remedy that it is recorded.
   * @throws CLAIM_ABOVE_LIMIT, CLAIM_ABOVE_OWED, SIGNER_NOT_RECIPIENT, WALLET_REFUSED, TRANSACTION_*, ACCOUNT_*,
   * CHAIN_*
   */
  pay(payment: Payment, signer: PaymentSigner, options?: SendOptions): Promise<PaidInAll>;
  /** Sends calls one after the other. @throws as `pay` */
  send(calls: ReadyCalls, signer: PaymentSigner, options?: SendOptions): Promise<readonly TransactionReceipt[]>;
  /** What the text of a bundle or a proof is worth now, by the chain alone. @throws BUNDLE_*, PROOF_*, CHAIN_* */
  verify(text: string): Promise<VerifiedBundle | VerifiedProof>;
  /** Every payment, by the chain's events. @throws PAYMENTS_INCOMPLETE, CHAIN_* */
  payments(recipient: string): Promise<readonly PaymentMade[]>;
  /** Every line that adds up to the lifetime amount, by an agent's ledger, epoch by epoch. */
  earnings(recipient: string, options?: EarningsOptions): Promise<Explained>;
  /** Both: what was earned, epoch by epoch, and what was paid. */
  history(recipient: string, options?: EarningsOptions): Promise<History>;
  pools(options?: PoolsOptions): Promise<readonly PoolView[]>;
  pool(address: string, account?: string): Promise<PoolView>;
  /** Two transactions where the pool may not take the tokens yet: an approval first. For `send`. */
  contribute(pool: string, account: string, amount: bigint, beneficiary?: string): Promise<Contribution>;
  /** What the account has in the pool back. For `send`. */
  withdraw(pool: string, account: string): Promise<Withdrawal>;
  /** The network at a glance, by the chain alone. @throws CHAIN_* */
  overview(): Promise<NetworkOverview>;
  /** The last epoch reports as the chain has them, newest first. @throws CHAIN_* */
  reports(options?: ReportsOptions): Promise<readonly ReportRecord[]>;
  /** The stake that had signed a report; null where the chain's provider has forgotten that state. */
  reportStake(record: ReportRecord): Promise<ReportStake | null>;
  /** The contracts themselves, connected. */
  contract(): Promise<RewardsContract>;
  close(): void;
}

export interface EarningsOptions extends Pick<ClaimOptions, "signal"> {
  /** The last epoch of the lines. Default the last closed one. */
  readonly epoch?: number | undefined;
  /** Told of each agent that is left, and why. */
  readonly onLeft?: ((left: AgentLeft) => void) | undefined;
  /** Told of the last epoch of each page of lines. */
  readonly onPage?: ((epoch: number) => void) | undefined;
}

export interface History {
  readonly lines: readonly LedgerLine[];
  /** What the lines add up to, and up to which epoch. */
  readonly earned: bigint;
  readonly epoch: number;
  readonly payments: readonly PaymentMade[];
}

/** Nothing is asked before the first call. @throws FLAG_INVALID, ADDRESS_* */
export function createClient(options: ClientOptions): QuorateClient {
  const pool = new AgentPool(options.agents, options);
  const contract = connecting(options);

  async function send(
    calls: ReadyCalls,
    signer: PaymentSigner,
    sending: SendOptions = {},
    receipts: TransactionReceipt[] = [],
  ) {
    const { chain } = await contract.get();
    const sender = await openSender(chain, signer, sending);
    for (const { from } of calls.transactions) requireSender(sender.address, from);
    for (const call of calls.transactions) receipts.push(await sender.send(call));
    return receipts;
  }

  const earnings = (recipient: string, asked?: EarningsOptions) => earningsOf(pool, parseAddress(recipient), asked);
  const payments = async (recipient: string) => paymentsTo(await contract.get(), parseAddress(recipient));

  return {
    agents: () => pool.agents(),
    balance: async (recipient, asked) => balanceOf(pool, await contract.get(), parseAddress(recipient), asked),
    claim: async (recipient, asked) => claimOf(pool, await contract.get(), parseAddress(recipient), asked),
    async pay(payment, signer, sending) {
      const connected = await contract.get();
      const transactions = await freshCalls(connected, payment);
      const receipts: TransactionReceipt[] = [];
      try {
        await send({ transactions }, signer, sending, receipts);
      } catch (error) {
        throw receipts.length === 0 ? error : afterRecording(error, receipts);
      }
      const last = receipts.at(-1) as TransactionReceipt;
      return { ...paidIn(last, await connected.distributor(), payment.recipient), receipts };
    },
    send: (calls, signer, sending) => send(calls, signer, sending),
    verify: async (text) => verifyText(await contract.get(), text),
    payments,
    earnings,
    async history(recipient, asked) {
      const { lines, amount: earned, epoch } = await earnings(recipient, asked);
      return { lines, earned, epoch, payments: await payments(recipient) };
    },
    pools: async (asked) => poolsOf(await contract.get(), asked),
    pool: async (address, account) =>
      poolAt(await contract.get(), parseAddress(address), account === undefined ? undefined : parseAddress(account)),
    async contribute(address, account, amount, beneficiary = account) {
      const parts = [address, account, beneficiary].map(parseAddress) as [Address, Address, Address];
      return contributionCalls(await contract.get(), parts[0], parts[1], amount, parts[2]);
    },
    withdraw: async (address, account) =>
      withdrawalCalls(await contract.get(), parseAddress(address), parseAddress(account)),
    overview: async () => overviewOf(await contract.get()),
    reports: async (asked) => reportsOf(await contract.get(), asked),
    reportStake: async (record) => reportStake(await contract.get(), record),
    contract: () => contract.get(),
    close: () => contract.close(),
  };
}

async function claimOf(
  pool: AgentPool,
  contract: RewardsContract,
  recipient: Address,
  options: ClaimOptions = {},
): Promise<Payment> {
  const { amount, way, epoch } = options;
  if (amount !== undefined) {
    await requirePart(contract, amount);
    const wantsBundle = way === "bundle" || epoch !== undefined;
    if (!wantsBundle && (await isRecorded(contract, recipient, amount))) {
      return paymentOf(contract, recipient, null, amount);
    }
  }
  return paymentOf(contract, recipient, await findCheapest(pool, contract, recipient, options), amount);
}

/** After these the second transaction was certainly not sent; after others it may be on its way. */
const NOT_SENT = ["WALLET_REFUSED", "TRANSACTION_REVERTED", "ACCOUNT_LACKS_ETHER"] as const;

/** The first of two transactions is mined and stays so: who tries again has only the second to send (P-147). */
function afterRecording(error: unknown, receipts: readonly TransactionReceipt[]): unknown {
  if (!isQuorateError(error)) return error;
  const recordedBy = receipts.map(({ hash }) => hash);
  const again = isQuorateError(error, ...NOT_SENT) ? ", and only the payment is left: ask for it again" : "";
  const remedy = `What was earned is recorded on chain${again}. ${error.remedy}`;
  return quorateError(error.code, { ...error.values, recordedBy }, { remedy, cause: error.cause });
}

/** @throws AGENT_UNREACHABLE, LEDGER_*, and the agents' refusals */
async function earningsOf(
  pool: AgentPool,
  recipient: Address,
  { epoch, signal, onLeft, onPage }: EarningsOptions = {},
): Promise<Explained> {
  const explained = await pool.first({
    async ask(agent) {
      // Whoever is gone is known by a quick question, and only then is there patience for the slow one.
      await agent.status();
      const patient = createAgentClient({ url: agent.url, timeoutMs: LEDGER_ANSWER_MS });
      return explainByAgent(patient, recipient, epoch ?? null, onPage);
    },
    check: async (answer) => answer,
    ...{ signal, onLeft },
  });
  if (explained === null) throw quorateError("AGENT_UNREACHABLE", { reason: "no agent is left to ask" });
  return explained;
}

/** Connects at the first question, and anew after a failure. */
function connecting({ chain, rewards, chainId, openLine, onTrouble }: ClientOptions) {
  const address = parseAddress(rewards);
  let connected: Promise<RewardsContract> | null = null;
  return {
    get(): Promise<RewardsContract> {
      connected ??= RewardsContract.connect(chain, address, {
        chainId,
        onTrouble,
        ...(openLine === undefined ? {} : { openLine }),
      }).catch((error: unknown) => {
        connected = null;
        throw error;
      });
      return connected;
    },
    close(): void {
      void connected?.then(
        (contract) => contract.close(),
        () => {},
      );
    },
  };
}

function requireSender(signer: Address, from: Address | null): void {
  if (from !== null && from !== signer) throw quorateError("SIGNER_NOT_RECIPIENT", { signer, needed: from });
}
