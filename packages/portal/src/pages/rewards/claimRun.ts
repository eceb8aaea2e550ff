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
  type Paid,
  type Payment,
  paidIn,
  type QuorateClient,
} from "@quorate/client";
import { type Address, type BundleContent, type ClaimView, isQuorateError, quorateError } from "@quorate/common";
import { resumeWaiting } from "@quorate/common/chain";
import type { CheckedHere } from "../../truth/checkBundle.ts";
import { type Finality, followToFinality } from "./finality.ts";
import type { SavedClaim } from "./savedClaim.ts";
import { troubleOf } from "./trouble.ts";

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
  | { readonly step: "sent"; readonly hash: string }
  | { readonly step: "mined"; readonly hash: string; readonly amount: bigint; readonly finality: Finality }
  | { readonly step: "failed"; readonly error: unknown; readonly ready: Ready | null; readonly hash: string | null };

export type Way = "cheapest" | "bundle";

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
  readonly #parts: RunParts;
  #turn = new AbortController();

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /** Goes on with what was asked for before a reload. */
  async resume(): Promise<void> {
    const saved = this.#parts.saved.read();
    if (saved?.step === "sent") return this.follow(saved.hash);
    if (saved?.step === "signing") return this.start(saved.way, null, saved.epoch ?? undefined);
  }

  /** @param wallet is asked as soon as the payment is ready; null: a button is shown */
  async start(way: Way, wallet: Eip1193Provider | null, epoch?: number): Promise<void> {
    const turn = this.#begin();
    this.left.value = [];
    try {
      this.#tell(turn, { step: "asking" });
      const ready = await this.#prepare(way, epoch, turn.signal);
      this.#tell(turn, { step: "ready", ready });
      if (wallet !== null && ready.cost.suffices && ready.payment.refusal === null) await this.send(ready, wallet);
    } catch (error) {
      if (turn.signal.aborted) return;
      // Of a round from before a long pause nothing is left, and nobody has asked for a new one.
      if (epoch !== undefined && isQuorateError(error, "EPOCH_TOO_OLD")) return this.reset();
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
      const paid = await client.pay(ready.payment, wallet, {
        onSent: (sent) => {
          hash = sent.hash;
          saved.write({ step: "sent", hash });
          this.#tell(turn, { step: "sent", hash });
        },
      });
      await this.#finish(paid, turn);
    } catch (error) {
      if (turn.signal.aborted) return;
      this.#forgetIfOver(error);
      this.#tell(turn, { step: "failed", error, ready: hash === null ? ready : null, hash });
    }
  }

  /** A transaction that is under way already. */
  async follow(hash: string): Promise<void> {
    const turn = this.#begin();
    const { client, recipient } = this.#parts;
    try {
      this.#tell(turn, { step: "sent", hash });
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

  async #prepare(way: Way, epoch: number | undefined, abort: AbortSignal): Promise<Ready> {
    const { client, recipient, saved } = this.#parts;
    const turn = this.#turn;
    saved.write({ step: "signing", way, epoch: epoch ?? null });
    const onProgress = (progress: ClaimProgress) => {
      if (progress.step === "left") this.left.value = [...this.left.value, progress];
      if (progress.step !== "signing") return;
      if (!abort.aborted) saved.write({ step: "signing", way, epoch: progress.claim.epoch });
      this.#tell(turn, { step: "signing", url: progress.url, claim: progress.claim });
    };
    const asked = { onProgress, signal: abort, ...(epoch === undefined ? { way } : { way: "bundle" as const, epoch }) };
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
    if (isQuorateError(error, ...over) || troubleOf(error) === "used") this.#parts.saved.clear();
  }
}

/** @throws BUNDLE_* when this page's own check fails, TRANSACTION_REVERTED when the contract would refuse it */
export async function readyOf(client: QuorateClient, payment: Payment): Promise<Ready> {
  const contract = await client.contract();
  const [call] = payment.transactions;
  if (call === undefined) throw quorateError("NOTHING_OWED", { recipient: payment.recipient });
  const checked = payment.kind === "bundle" ? await checkHere(client, payment) : null;
  return { payment, checked, cost: await costOf(contract.chain, call, payment.recipient) };
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
