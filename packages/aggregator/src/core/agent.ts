/**
 * The agent: `handle(input, nowMs)` gives each input to its stage and returns the effects, in order. Pure and synchronous.
 * Read it as the list of all that can happen; each stage says the rest.
 */
import { type Address, type AgentStatus, decodeCatchUpResponse, isQuorateError } from "@quorate/common";
import { answerCatchUp, catchUpTick } from "./catchUp.ts";
import { Claims } from "./claims.ts";
import { answerInquiry, type InquiryJob, noteUnreached, takeInquiryAnswer } from "./inquiry.ts";
import { takeGossip, takeRequest, takeShare, takeVerified } from "./intake.ts";
import type { Agent, Effect, Input, PeerKey, RestoredState } from "./io.ts";
import { parseRoundKey } from "./kinds/roundId.ts";
import { takeRecord } from "./ledger/checkpoint.ts";
import { type AdmitNode, advanceLedger, lastClosedEpoch } from "./ledger/ledger.ts";
import { TICK_MS } from "./limits.ts";
import { oldestInWindow } from "./policy.ts";
import type { Round } from "./rounds/round.ts";
import { considerRound, resumeSignings, takeSignature } from "./signing.ts";
import {
  type AgentModules,
  type AgentOptions,
  admitNode,
  admittedIdentities,
  type CoreState,
  createState,
  deriveNodes,
  type Emit,
} from "./state.ts";
import { agentStatus } from "./status.ts";

export type { AgentModules, AgentOptions } from "./state.ts";

export function createAgent(options: AgentOptions, modules: AgentModules, restored: RestoredState): Agent {
  const state = createState(options, modules, restored, new Claims(restored));
  const admit = admitNode(options, modules);
  return {
    handle(input: Input, nowMs: number): Effect[] {
      const effects: Effect[] = [];
      handleInput(state, admit, restored, input, nowMs, (effect) => effects.push(effect));
      return effects;
    },
    status: (): AgentStatus => agentStatus(state),
    claim: (recipient: Address, epoch: number | null) => state.claims.view(state, recipient, epoch),
    unsigned: () => state.claims.unsigned(state),
    nodes: () => state.nodes,
    owed(recipient: Address) {
      const epoch = lastClosedEpoch(state.ledger);
      return epoch === null ? null : { epoch, amount: state.ledger.owed.get(recipient) ?? 0n };
    },
  };
}

function handleInput(
  state: CoreState,
  admit: AdmitNode,
  restored: RestoredState,
  input: Input,
  nowMs: number,
  emit: Emit,
): void {
  switch (input.type) {
    case "started":
      return start(state, restored, nowMs, emit);
    case "chain":
      return advance(state, admit, restored, input, nowMs, emit);
    case "chain-health":
      state.health = input.health;
      return considerAll(state, nowMs, emit);
    case "peers":
      state.connected = input.connected;
      return;
    case "gossip":
      takeGossip(state, { from: input.from, handle: input.handle }, input.data, nowMs, emit);
      return;
    case "verified": {
      // Each round once: counting its stake takes as long as there are nodes, and a job may bring a share of each.
      const changed = new Set<Round | null>();
      for (const { pending, valid } of state.verification.settle(input.job, input.results, nowMs)) {
        changed.add(takeVerified(state, pending, valid, emit));
      }
      for (const round of changed) roundChanged(state, round, nowMs, emit);
      return startVerification(state, emit);
    }
    case "signed":
      return roundChanged(state, takeSignature(state, input.job, input.signature, emit), nowMs, emit);
    case "timer":
      return input.timer === "verify" ? verifyTimer(state, emit) : tick(state, nowMs, emit);
    case "claim": {
      const reply = state.claims.request(state, input.recipient, input.epoch, nowMs, emit);
      emit({ type: "claim-reply", handle: input.handle, reply });
      return;
    }
    case "inquiry-asked":
      return answerWith("inquiry-reply", input, (data) => answerInquiry(state, input.from, data, nowMs, emit), emit);
    case "inquiry-answered":
    case "inquiry-failed":
      return takeInquiry(state, input, nowMs, emit);
    case "catch-up-asked":
      return answerWith("catch-up-reply", input, (data) => answerCatchUp(state, data), emit);
    case "catch-up-answered":
      return takeAnswer(state, input.from, input.data, nowMs, emit);
  }
}

function start(state: CoreState, restored: RestoredState, nowMs: number, emit: Emit): void {
  emit({ type: "admit", identities: admittedIdentities(state) });
  resumeSignings(state, emit);
  const lastClosed = lastClosedEpoch(state.ledger) ?? -1;
  state.claims.resume(
    state,
    claimsOf(restored, (epoch) => epoch <= lastClosed),
    nowMs,
    emit,
  );
  emit({ type: "set-timer", timer: "tick", atMs: nowMs + TICK_MS });
}

function advance(
  state: CoreState,
  admit: AdmitNode,
  restored: RestoredState,
  { events, head }: Extract<Input, { type: "chain" }>,
  nowMs: number,
  emit: Emit,
): void {
  const change = advanceLedger(state.ledger, events, head, admit);
  if (change.nodesChanged) {
    deriveNodes(state);
    emit({ type: "admit", identities: admittedIdentities(state) });
  }
  if (change.closedEpochs.length > 0) {
    closeWindow(state, emit);
    const inWindow = change.closedEpochs.filter((epoch) => epoch >= (state.ledger.closed[0]?.epoch ?? 0));
    state.claims.resume(
      state,
      claimsOf(restored, (epoch) => inWindow.includes(epoch)),
      nowMs,
      emit,
    );
  }
  if (change.nodesChanged || change.closedEpochs.length > 0) considerAll(state, nowMs, emit);
  if (change.nodesChanged) state.claims.nodesChanged(state, nowMs, emit);
}

/**
 * Accepted claims of some epochs. The ledger reaches the disk after what was promised by it, so an epoch may close
 * again after a crash.
 */
function claimsOf(restored: RestoredState, of: (epoch: number) => boolean): RestoredState {
  return { ...restored, claims: restored.claims.filter(({ epoch }) => of(epoch)) };
}

/**
 * Rounds, claims and records of epochs that have left the window go; the fold so far is kept. Only closed epochs are worth a write to disk:
 * what came since is read from the chain again after a restart.
 */
function closeWindow(state: CoreState, emit: Emit): void {
  const lastClosed = lastClosedEpoch(state.ledger);
  if (lastClosed === null) return;
  const oldest = oldestInWindow(lastClosed);
  state.rounds.prune(oldest);
  state.claims.prune(oldest);
  for (const key of state.signings.keys()) if (parseRoundKey(key).epoch < oldest) state.signings.delete(key);
  emit({ type: "persist", records: [takeRecord(state.ledger), { type: "prune", belowEpoch: oldest }] });
  emit({
    type: "observe",
    level: "info",
    code: "EPOCH_CLOSED",
    values: { epoch: lastClosed, rounds: state.rounds.size },
  });
}

/** What was held because an epoch was open or the chain unhealthy is looked at again (P-72, P-73). */
function considerAll(state: CoreState, nowMs: number, emit: Emit): void {
  for (const round of state.rounds.all()) {
    if (round.ownAmount !== null && (round.signing || !round.requested)) continue;
    const refusal = considerRound(state, round, emit);
    // Held for an epoch that has closed now and owes this recipient nothing; where others have signed, it stays as a disagreement.
    if (refusal?.code === "NO_REWARDS" && round.shares.size === 0) state.rounds.drop(round);
    else roundChanged(state, round, nowMs, emit);
  }
}

function roundChanged(state: CoreState, round: Round | null, nowMs: number, emit: Emit): void {
  if (round !== null) state.claims.roundChanged(state, round, nowMs, emit);
}

function verifyTimer(state: CoreState, emit: Emit): void {
  state.schedule.verifyAtMs = null;
  startVerification(state, emit);
}

function startVerification(state: CoreState, emit: Emit): void {
  const job = state.verification.next();
  if (job !== null) emit({ type: "verify", ...job });
}

function tick(state: CoreState, nowMs: number, emit: Emit): void {
  state.claims.tick(state, nowMs, emit);
  catchUpTick(state, nowMs, emit);
  emit({ type: "set-timer", timer: "tick", atMs: nowMs + TICK_MS });
}

/** Whatever a peer asks, it gets an answer; an empty one, and blame, when it asked nonsense. */
function answerWith(
  type: "catch-up-reply" | "inquiry-reply",
  { handle, from, data }: { readonly handle: number; readonly from: PeerKey; readonly data: Uint8Array },
  answer: (data: Uint8Array) => Uint8Array,
  emit: Emit,
): void {
  try {
    emit({ type, handle, data: answer(data) });
  } catch (error) {
    blameCoded(error, from, emit);
    emit({ type, handle, data: new Uint8Array() });
  }
}

function takeInquiry(
  state: CoreState,
  input: Extract<Input, { type: "inquiry-answered" | "inquiry-failed" }>,
  nowMs: number,
  emit: Emit,
): void {
  const job = state.inquiryJobs.get(input.job);
  state.inquiryJobs.delete(input.job);
  if (job === undefined) return;
  try {
    if (noteInquiry(state, job, input, nowMs, emit)) state.claims.reasonChanged(state, job.round, emit);
  } catch (error) {
    blameCoded(error, job.peer, emit);
  }
}

/** Whether there is a new reason. @throws coded errors of the decoder */
function noteInquiry(
  state: CoreState,
  job: InquiryJob,
  input: Extract<Input, { type: "inquiry-answered" | "inquiry-failed" }>,
  nowMs: number,
  emit: Emit,
): boolean {
  if (input.type === "inquiry-failed") return noteUnreached(job, input.code, nowMs);
  // What a node answers that is stopping, or that refuses the request.
  if (input.data.length === 0) return noteUnreached(job, "NETWORK_REQUEST_REFUSED", nowMs);
  return takeInquiryAnswer(state, job, input.data, nowMs, emit);
}

function takeAnswer(state: CoreState, from: PeerKey, data: Uint8Array, nowMs: number, emit: Emit): void {
  try {
    const { requests, shares } = decodeCatchUpResponse(data);
    const arrival = { from, handle: null };
    for (const request of requests) takeRequest(state, arrival, request, nowMs, emit);
    for (const share of shares) takeShare(state, arrival, share, nowMs, emit);
  } catch (error) {
    blameCoded(error, from, emit);
  }
}

/** Whatever bytes a peer sends, the decoders throw only coded errors; anything else is a fault of ours and goes up. */
function blameCoded(error: unknown, from: PeerKey, emit: Emit): void {
  if (!isQuorateError(error)) throw error;
  emit({ type: "blame", peer: from, code: error.code });
  emit({ type: "observe", level: "warn", code: error.code, values: { from } });
}
