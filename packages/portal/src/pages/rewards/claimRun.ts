/**
 * One claim from the button to the money: a proof or signatures, this page's own check, what it costs, the wallet, the
 * receipt, finality. Enters: a person's wish, a wallet. Leaves: a state that is shown, at each change; what has to
 * survive a reload is kept (savedClaim.ts). A claim that is asked for again stops the one before.
 */
import { type Signal, signal } from "@preact/signals";
import {
  type AgentLeft,
  type CallCost,
  type ClaimProgress,
  costOf,
  type Eip1193Provider,
  onlyRecords,
  type Paid,
  type Payment,
  paidIn,
  type QuorateClient,
} from "@quorate/client";
import { type Address, type BundleContent, type ClaimView, isQuorateError, quorateError } from "@quorate/common";
import { resumeWaiting } from "@quorate/common/chain";
import type { CheckedHere } from "../../truth/checkBundle.ts";
import { paidTogether, sendTogether } from "./claimBatch.ts";
import { type Finality, followToFinality } from "./finality.ts";
import type { SavedClaim } from "./savedClaim.ts";
import { isRecorded, troubleOf } from "./trouble.ts";

/** A payment that can be sent: checked, and with what it costs. */
export interface Ready {
  readonly payment: Payment;
  /** By this page's own BLS; null for what is no bundle: a proof was checked against the root on chain. */
  readonly checked: CheckedHere | null;
  readonly cost: CallCost;
}

export type RunState =
  | { readonly step: "idle" }
  | { readonly step: "asking" }
  | { readonly step: "signing"; readonly url: string; readonly claim: ClaimView }
  | { readonly step: "checking"; readonly payment: Payment }
  | { readonly step: "ready" | "wallet"; readonly ready: Ready }
  /** Both transactions of a part are with the wallet as one. `isAsked`: otherwise its wallet is not connected yet. */
  | { readonly step: "batch"; readonly isAsked: boolean }
  /** `records`: it is the first of two, and pays nothing yet (P-147). */
  | { readonly step: "sent"; readonly hash: string; readonly records: boolean }
  | { readonly step: "mined"; readonly hash: string; readonly amount: bigint; readonly finality: Finality }
  | { readonly step: "failed"; readonly error: unknown; readonly ready: Ready | null; readonly hash: string | null };

/** What a person asked for. */
export interface Wish {
  readonly way: "cheapest" | "bundle";
  /** A part, in atomic units; null: all of it. */
  readonly amount: bigint | null;
  /** Of a round of signatures that goes on after a reload. */
  readonly epoch?: number | undefined;
}

export interface RunParts {
  readonly client: QuorateClient;
  readonly recipient: Address;
  readonly saved: SavedClaim;
}

const IDLE: RunState = { step: "idle" };

export class ClaimRun {
  readonly state: Signal<RunState> = signal(IDLE);
  /** Agents that were asked in vain, and why another was taken. */
  readonly left: Signal<readonly AgentLeft[]> = signal([]);
  /** After a batch of the wallet's has failed, transactions are sent one after the other. */
  readonly isSingly: Signal<boolean> = signal(false);
  readonly #parts: RunParts;
  #turn = new AbortController();
  /** Of the last wish: what is asked for again is the same part. */
  #amount: bigint | null = null;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /** Goes on with what was asked for before a reload. */
  async resume(): Promise<void> {
    const saved = this.#parts.saved.read();
    if (saved?.step === "sent") return this.follow(saved.hash);
    if (saved?.step === "batch") return this.#tell(this.#begin(), { step: "batch", isAsked: false });
    if (saved?.step === "recording") return this.#payRecorded(saved.hash, BigInt(saved.amount), null);
    if (saved?.step !== "signing") return;
    const { way, amount, epoch } = saved;
    return this.start({ way, amount: amount === null ? null : BigInt(amount), epoch: epoch ?? undefined }, null);
  }

  /** After a failure: from where it stands. What was sent is looked for, and not sent again. */
  async again(wallet: Eip1193Provider | null): Promise<void> {
    const state = this.state.value;
    if (state.step !== "failed") return;
    const { hash, ready } = state;
    const saved = this.#parts.saved.read();
    if (saved?.step === "batch") return wallet === null ? this.resume() : this.followBatch(wallet);
    if (hash !== null && saved?.step === "recording") return this.#payRecorded(hash, BigInt(saved.amount), wallet);
    if (hash !== null) return this.follow(hash);
    if (ready !== null && wallet !== null) return this.send(ready, wallet);
    return this.start({ way: "cheapest", amount: this.#amount }, wallet);
  }

  /** @param wallet is asked as soon as the payment is ready; null: a button is shown */
  async start(wish: Wish, wallet: Eip1193Provider | null): Promise<void> {
    const turn = this.#begin();
    this.#amount = wish.amount;
    this.left.value = [];
    try {
      this.#tell(turn, { step: "asking" });
      const ready = await this.#prepare(wish, turn.signal);
      this.#tell(turn, { step: "ready", ready });
      if (wallet !== null && ready.cost.suffices && ready.payment.refusal === null) await this.send(ready, wallet);
    } catch (error) {
      if (turn.signal.aborted) return;
      // Of a round from before a long pause nothing is left, and nobody has asked for a new one.
      if (wish.epoch !== undefined && isQuorateError(error, "EPOCH_TOO_OLD")) return this.reset();
      if (isQuorateError(error, "NOTHING_OWED")) this.#parts.saved.clear();
      this.#tell(turn, { step: "failed", error, ready: null, hash: null });
    }
  }

  async send(ready: Ready, wallet: Eip1193Provider): Promise<void> {
    const turn = this.#begin();
    const { client, saved } = this.#parts;
    let hash: string | null = null;
    try {
      this.#tell(turn, { step: "wallet", ready });
      const id = this.isSingly.value ? null : await sendTogether(client, wallet, ready.payment);
      if (id !== null) {
        saved.write({ step: "batch", id, amount: String(ready.payment.pays) });
        return this.followBatch(wallet);
      }
      const paid = await client.pay(ready.payment, wallet, {
        onSent: (sent) => {
          hash = sent.hash;
          const records = onlyRecords(sent.what);
          saved.write(
            records ? { step: "recording", hash, amount: String(ready.payment.pays) } : { step: "sent", hash },
          );
          this.#tell(turn, { step: "sent", hash, records });
        },
      });
      await this.#finish(paid, turn);
    } catch (error) {
      if (turn.signal.aborted) return;
      this.#forgetIfOver(error);
      // What has recorded is in a block, and the same payment then has only what pays to send.
      const isOpen = hash !== null && !(isRecorded(error) && saved.read()?.step === "recording");
      this.#tell(turn, { step: "failed", error, ready: isOpen ? null : ready, hash: isOpen ? hash : null });
    }
  }

  /**
   * The first of two transactions is under way or mined: then the part is asked for again, which needs only the second.
   */
  async #payRecorded(hash: string, amount: bigint, wallet: Eip1193Provider | null): Promise<void> {
    const turn = this.#begin();
    try {
      this.#tell(turn, { step: "sent", hash, records: true });
      const { chain } = await this.#parts.client.contract();
      await resumeWaiting(chain, hash, "recording");
    } catch (error) {
      if (turn.signal.aborted) return;
      this.#forgetIfOver(error);
      return this.#tell(turn, { step: "failed", error, ready: null, hash });
    }
    if (!turn.signal.aborted) await this.start({ way: "cheapest", amount }, wallet);
  }

  /** A batch that the wallet was given: it alone says which transactions that has become. */
  async followBatch(wallet: Eip1193Provider): Promise<void> {
    const { client, recipient, saved } = this.#parts;
    const given = saved.read();
    if (given?.step !== "batch") return;
    const turn = this.#begin();
    this.#amount = BigInt(given.amount);
    try {
      this.#tell(turn, { step: "batch", isAsked: true });
      const paid = await paidTogether(client, wallet, given.id, recipient);
      if (turn.signal.aborted) return;
      saved.write({ step: "sent", hash: paid.receipt.hash });
      await this.#finish(paid, turn);
    } catch (error) {
      if (turn.signal.aborted) return;
      this.#forgetIfOver(error);
      this.#tell(turn, { step: "failed", error, ready: null, hash: null });
    }
  }

  /** A transaction that is under way already. */
  async follow(hash: string): Promise<void> {
    const turn = this.#begin();
    const { client, recipient } = this.#parts;
    try {
      this.#tell(turn, { step: "sent", hash, records: false });
      const contract = await client.contract();
      const receipt = await resumeWaiting(contract.chain, hash, "claim");
      await this.#finish(paidIn(receipt, await contract.distributor(), recipient), turn);
    } catch (error) {
      if (turn.signal.aborted) return;
      this.#forgetIfOver(error);
      this.#tell(turn, { step: "failed", error, ready: null, hash });
    }
  }

  /** Back to the button; what was sent is sent. */
  reset(): void {
    this.#begin();
    this.#parts.saved.clear();
    this.left.value = [];
    this.state.value = IDLE;
  }

  /** The page is left: nobody looks any more, and a reload goes on. */
  stop(): void {
    this.#turn.abort();
  }

  #begin(): AbortController {
    this.#turn.abort();
    this.#turn = new AbortController();
    return this.#turn;
  }

  #tell(turn: AbortController, state: RunState): void {
    if (!turn.signal.aborted) this.state.value = state;
  }

  async #prepare({ way, amount, epoch }: Wish, abort: AbortSignal): Promise<Ready> {
    const { client, recipient, saved } = this.#parts;
    const turn = this.#turn;
    const signing = { step: "signing", way, amount: amount === null ? null : String(amount) } as const;
    saved.write({ ...signing, epoch: epoch ?? null });
    const onProgress = (progress: ClaimProgress) => {
      if (progress.step === "left") this.left.value = [...this.left.value, progress];
      if (progress.step !== "signing") return;
      if (!abort.aborted) saved.write({ ...signing, epoch: progress.claim.epoch });
      this.#tell(turn, { step: "signing", url: progress.url, claim: progress.claim });
    };
    const part = amount === null ? {} : { amount };
    const by = epoch === undefined ? { way } : { way: "bundle" as const, epoch };
    const asked = { onProgress, signal: abort, ...by, ...part };
    const payment = await client.claim(recipient, asked);
    this.#tell(turn, { step: "checking", payment });
    return readyOf(client, payment);
  }

  async #finish({ amount, receipt }: Paid, turn: AbortController): Promise<void> {
    const { client, saved } = this.#parts;
    const { chain } = await client.contract();
    const { hash, blockNumber } = receipt;
    const at = { block: blockNumber, finalised: null, isFinal: false };
    this.#tell(turn, { step: "mined", hash, amount, finality: at });
    const tell = (finality: Finality) => this.#tell(turn, { step: "mined", hash, amount, finality });
    await followToFinality(chain, receipt, tell, turn.signal);
    if (!turn.signal.aborted) saved.clear();
  }

  /** What can never succeed any more is not taken up again; what is only slow is. */
  #forgetIfOver(error: unknown): void {
    const over = ["TRANSACTION_FAILED_IN_BLOCK", "TRANSACTION_REPLACED", "TRANSACTION_WITHOUT_EVENT"] as const;
    if (isQuorateError(error, "BATCH_FAILED")) this.isSingly.value = true;
    if (isQuorateError(error, "BATCH_FAILED", ...over) || troubleOf(error) === "used") this.#parts.saved.clear();
  }
}

/** @throws BUNDLE_* when this page's own check fails, TRANSACTION_REVERTED when the contract would refuse it */
export async function readyOf(client: QuorateClient, payment: Payment): Promise<Ready> {
  const contract = await client.contract();
  const [call, ...following] = payment.transactions;
  if (call === undefined) throw quorateError("NOTHING_OWED", { recipient: payment.recipient });
  const checked = payment.kind === "bundle" ? await checkHere(client, payment) : null;
  return { payment, checked, cost: await costOf(contract.chain, call, payment.recipient, following) };
}

/** The page's own BLS, which is large: apart from the rest. */
export function loadCheck(): Promise<typeof import("../../truth/checkBundle.ts")> {
  return import("../../truth/checkBundle.ts");
}

async function checkHere(client: QuorateClient, { content, recipient }: Payment): Promise<CheckedHere> {
  const [{ checkBundle }, contract] = await Promise.all([loadCheck(), client.contract()]);
  const { nodes } = await contract.nodeSet();
  return checkBundle(content as BundleContent, nodes, { domain: contract.domain, recipient });
}
