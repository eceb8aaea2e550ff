/**
 * The agent: `handle(input, nowMs)` gives each input to its stage and returns the effects, in order. Pure and
 * synchronous. Read it as the list of all that can happen; each stage says the rest.
 */
import { type Address, decodeCatchUpResponse } from "@quorate/common";
import { Claims } from "./collect/claims.ts";
import { Reports } from "./collect/reports.ts";
import {
  type AgentModules,
  type AgentOptions,
  connectedSet,
  createContext,
  deriveNodes,
  foldOf,
  type MutableContext,
  type Step,
} from "./context.ts";
import type { Agent, Effect, Input, PeerKey, RestoredState } from "./io.ts";
import { Digests } from "./kinds/digests.ts";
import { allKinds } from "./kinds/kinds.ts";
import type { ChainEvent } from "./ledger/events.ts";
import { type AdmitNode, amountAt, lastClosedEpoch } from "./ledger/ledger.ts";
import { admittedOf } from "./ledger/nodeSet.ts";
import { nodeOf } from "./ledger/nodes.ts";
import { oldestInWindow } from "./ledger/window.ts";
import { REPORTED_EPOCHS, TICK_MS } from "./limits.ts";
import { OwnNodeWatch } from "./ownNode.ts";
import { PeerCatchUp } from "./peers/catchUp.ts";
import { PeerDelivery } from "./peers/delivery.ts";
import { PeerInquiry } from "./peers/inquiry.ts";
import { PeerIntake } from "./peers/intake.ts";
import { Pull } from "./peers/pull.ts";
import { PeerReach } from "./peers/reach.ts";
import { RequestTurns } from "./peers/requestTurns.ts";
import { Standing } from "./peers/standing.ts";
import { matesOf, subnetsOf } from "./peers/subnets.ts";
import { Aggregates } from "./rounds/aggregates.ts";
import type { Round } from "./rounds/round.ts";
import { RoundTable } from "./rounds/roundTable.ts";
import { NodeSigning } from "./signing.ts";
import type { CatchUp, Collector, Delivery, Inquiry, Intake, Signing } from "./stages.ts";
import { agentStatus } from "./status.ts";
import { Trees } from "./trees.ts";

export type { AgentModules, AgentOptions } from "./context.ts";

export function createAgent(options: AgentOptions, modules: AgentModules, restored: RestoredState): Agent {
  const core = new Core(options, modules, restored);
  return {
    handle(input: Input, nowMs: number): Effect[] {
      const effects: Effect[] = [];
      core.handle(input, { nowMs, emit: (effect) => effects.push(effect) });
      for (const effect of effects) if (effect.type === "claim-changed") core.reach.claimChanged(effect.claim, nowMs);
      return effects;
    },
    status: () => {
      const { rounds, aggregates, intake, reach, ownNode } = core;
      return agentStatus(core.context, {
        ...intake.counters,
        rounds: rounds.size,
        aggregatesInvalid: aggregates.invalid,
        reach: reach.view(),
        ownNode: ownNode.view(),
      });
    },
    claim: (recipient: Address, epoch: number | null) => core.claims.view(recipient, epoch),
    unsigned: () => core.claims.unsigned(),
    nodes: () => core.context.nodes,
    payableRoots: () =>
      core.context.ledger.uptime.payableRoots.map((root) => {
        const own = core.context.roots.get(root.epoch);
        return { ...root, agrees: own === undefined ? null : own === root.rewardsRoot };
      }),
    unlocksAt: (id) => core.context.ledger.nodes.get(id)?.earnsUntil ?? null,
    uptime: (id) => core.context.ledger.uptime.nodes.get(id)?.strip ?? "",
    owed(recipient: Address) {
      const { ledger } = core.context;
      const epoch = lastClosedEpoch(ledger);
      return epoch === null ? null : { epoch, amount: amountAt(ledger, epoch, recipient) ?? 0n };
    },
  };
}

/** The stages, wired. */
class Core {
  readonly context: MutableContext;
  readonly rounds: RoundTable = new RoundTable();
  readonly intake: Intake;
  readonly claims: Claims;
  readonly aggregates: Aggregates;
  readonly reach: PeerReach;
  readonly ownNode: OwnNodeWatch;
  readonly #restored: RestoredState;
  readonly #admit: AdmitNode;
  readonly #signing: Signing;
  readonly #delivery: Delivery;
  readonly #pull: Pull;
  readonly #catchUp: CatchUp;
  readonly #inquiry: Inquiry;
  readonly #reports: Reports;
  readonly #trees: Trees;
  readonly #standing: Standing;
  readonly #turns: RequestTurns;
  readonly #collectors: readonly Collector[];

  constructor(options: AgentOptions, modules: AgentModules, restored: RestoredState) {
    const context = createContext(options, modules, foldOf(modules).restore(restored.ledger));
    this.aggregates = new Aggregates(context);
    const { rounds } = this;
    const digests = new Digests(options.domain, modules.digestOf);
    const delivery = new PeerDelivery(context, rounds);
    const signing = new NodeSigning({ context, rounds, digests, delivery }, restored);
    const standing = new Standing((peer, step) => this.intake.dropFrom(peer, step));
    const turns = new RequestTurns(context, rounds, signing);
    const intake = new PeerIntake({ context, rounds, digests, signing, standing, turns, delivery });
    const catchUp = new PeerCatchUp(context, rounds);
    this.reach = new PeerReach(context);
    const { reach } = this;
    const inquiry = new PeerInquiry({ context, rounds, intake, standing, reach });
    const { aggregates } = this;
    this.claims = new Claims({ context, rounds, digests, signing, intake, catchUp, inquiry, aggregates }, restored);
    this.#admit = nodeOf(options.domain, modules.verifyIdentity);
    this.#reports = new Reports({ context, rounds, catchUp, admit: this.#admit, aggregates });
    this.#trees = new Trees(context);
    this.ownNode = new OwnNodeWatch(context);
    this.#collectors = [this.claims, this.#reports, this.reach, this.ownNode];
    rounds.keep((key) => this.claims.isAwaited(key));
    this.#delivery = delivery;
    this.#pull = new Pull(context);
    this.#standing = standing;
    this.#turns = turns;
    this.context = context;
    this.intake = intake;
    this.#restored = restored;
    this.#signing = signing;
    this.#catchUp = catchUp;
    this.#inquiry = inquiry;
  }

  handle(input: Input, step: Step): void {
    switch (input.type) {
      case "started":
        return this.#start(step);
      case "chain":
        return this.#advance(input, step);
      case "chain-health":
        this.context.health = input.health;
        return this.#considerAll(step);
      case "peers": {
        const before = connectedSet(this.context);
        this.reach.peersChanged(input.connected, step);
        this.context.connected = input.connected;
        return this.#delivery.peersChanged(before, step);
      }
      case "gossip":
        return this.intake.gossip({ from: input.from, handle: input.handle }, input.data, step);
      case "direct":
        return this.intake.direct(input.from, input.data, step);
      case "verified":
        for (const round of this.intake.verified(input.job, input.results, step)) this.#roundChanged(round, step);
        return this.intake.continueVerification(step);
      case "signed": {
        const round = this.#signing.take(input.job, input.signature, step);
        return round === null ? undefined : this.#roundChanged(round, step);
      }
      case "timer":
        return this.#timer(input, step);
      case "claim": {
        const reply = this.claims.request(input.recipient, input.epoch, step);
        return step.emit({ type: "claim-reply", handle: input.handle, reply });
      }
      case "inquiry-asked":
        return this.#answerWith("inquiry-reply", input, (data) => this.#inquiry.answer(input.from, data, step), step);
      case "inquiry-answered":
        return this.#reasonChanged(this.#inquiry.answered(input.job, input.data, step), step);
      case "inquiry-failed":
        return this.#reasonChanged(this.#inquiry.failed(input.job, input.code, step), step);
      case "catch-up-asked":
        return this.#answerWith("catch-up-reply", input, (data) => this.#catchUp.answer(data, step), step);
      case "catch-up-answered":
        this.#pull.answered(input.from, step);
        return this.#takeCaughtUp(input.from, input.data, step);
      case "catch-up-failed":
        return this.#pull.failed(input.peer, input.code, step);
      case "tree-built":
        this.#trees.built(input, step);
        this.#trees.advance(step);
        return this.#considerAll(step);
      case "tree-lost":
        return this.#trees.lost(input.code, input.detail, step);
      case "looked-ahead":
        return this.#reports.lookedAhead(input.events, step);
      case "look-ahead-failed":
        return this.#reports.lookFailed(input, step);
      case "submitted":
        return this.#reports.submitted(input.job, input.outcome, step);
    }
  }

  #start(step: Step): void {
    this.#admitNodes(step);
    this.#signing.resume(step);
    const lastClosed = lastClosedEpoch(this.context.ledger);
    this.#resume((epoch) => epoch <= (lastClosed ?? -1), step);
    for (const { epoch } of this.context.ledger.closed.slice(-REPORTED_EPOCHS)) this.#openRounds(epoch, step);
    this.#trees.advance(step);
    step.emit({ type: "set-timer", timer: "tick", atMs: step.nowMs + TICK_MS });
  }

  #admitNodes({ emit }: Step): void {
    emit({ type: "admit", identities: admittedOf(this.context.nodes) });
    emit({ type: "mates", identities: matesOf(this.context) });
  }

  #advance({ events, head, targetSeconds }: Extract<Input, { type: "chain" }>, step: Step): void {
    const { modules, ledger: before } = this.context;
    const { state: ledger, change } = foldOf(modules).advance(
      before,
      events satisfies readonly ChainEvent[],
      head,
      this.#admit,
    );
    this.context.ledger = ledger;
    const { nodesChanged, closedEpochs } = change;
    this.#signing.chainRead(targetSeconds ?? head.timestamp, step);
    if (nodesChanged) {
      deriveNodes(this.context);
      this.#admitNodes(step);
    }
    if (closedEpochs.length > 0) {
      this.#closeWindow(step);
      const oldest = ledger.closed[0]?.epoch ?? 0;
      this.#resume((epoch) => epoch >= oldest && closedEpochs.includes(epoch), step);
    }
    for (const epoch of closedEpochs.slice(-REPORTED_EPOCHS)) this.#openRounds(epoch, step);
    this.#trees.advance(step);
    if (nodesChanged || closedEpochs.length > 0) this.#considerAll(step);
    if (nodesChanged) for (const collector of this.#collectors) collector.nodesChanged(step);
  }

  /**
   * Rounds, claims and records of epochs that have left the window go; the fold so far is kept. Only closed epochs
   * are worth a write to disk: what came since is read from the chain again after a restart.
   */
  #closeWindow({ emit }: Step): void {
    const lastClosed = lastClosedEpoch(this.context.ledger);
    if (lastClosed === null) return;
    const oldest = oldestInWindow(lastClosed);
    this.rounds.prune(oldest);
    this.#signing.prune(oldest);
    for (const collector of this.#collectors) collector.prune(oldest);
    const { state, record } = foldOf(this.context.modules).record(this.context.ledger);
    this.context.ledger = state;
    emit({ type: "persist", records: [record, { type: "prune", belowEpoch: oldest }] });
    const values = { epoch: lastClosed, rounds: this.rounds.size };
    emit({ type: "observe", level: "info", code: "EPOCH_CLOSED", values });
  }

  /**
   * Claims accepted before a restart. The ledger reaches the disk after what was promised by it, so their epoch may
   * have to close again first.
   */
  #resume(of: (epoch: number) => boolean, step: Step): void {
    const restored = { ...this.#restored, claims: this.#restored.claims.filter(({ epoch }) => of(epoch)) };
    for (const collector of this.#collectors) collector.resume(restored, step);
  }

  /** The rounds of kinds that are signed unasked. */
  #openRounds(epoch: number, { emit }: Step): void {
    for (const kind of allKinds) {
      for (const id of kind.opensAtClose(this.context, epoch)) {
        if (this.rounds.want(id, null) !== null) continue;
        emit({ type: "observe", level: "warn", code: "ROUNDS_FULL", values: { kind: id.kind, epoch: id.epoch } });
      }
    }
  }

  /** What was held because an epoch was open or the chain unhealthy is looked at again (P-72, P-73). */
  #considerAll(step: Step): void {
    for (const round of this.rounds.all()) {
      if (round.own !== null && (round.signing || !round.wanted)) continue;
      const refusal = this.#signing.consider(round, step);
      // Held for an epoch that has closed now and owes this recipient nothing; where others have signed, it stays as
      // a disagreement.
      if (refusal?.code === "NO_REWARDS" && round.groups.size === 0) this.rounds.drop(round);
      else this.#roundChanged(round, step);
    }
    this.#turns.release(step);
  }

  #roundChanged(round: Round, step: Step): void {
    this.#turns.roundChanged(round, step);
    this.#delivery.roundChanged(round, step);
    for (const collector of this.#collectors) collector.roundChanged(round, step);
  }

  #reasonChanged(round: ReturnType<Inquiry["failed"]>, step: Step): void {
    if (round !== null) this.claims.reasonChanged(round, step);
  }

  #timer({ timer, lateMs = 0 }: Extract<Input, { type: "timer" }>, step: Step): void {
    switch (timer) {
      case "verify":
        return this.intake.verifyTimer(step);
      case "partials":
        return this.#delivery.timer(step);
      case "tick":
        this.context.load.tick(lateMs);
        return this.#tick(step);
    }
  }

  #tick(step: Step): void {
    this.#signing.tick(step);
    for (const collector of this.#collectors) collector.tick(step);
    this.#trees.advance(step);
    this.#turns.tick(step);
    // With one subnet gossip and catch-up bring everything.
    const hasSubnets = subnetsOf(this.context).bits > 0;
    const needs = hasSubnets ? this.#collectors.flatMap((collector) => collector.needs(step)) : [];
    this.#pull.tick(needs, step);
    // With several, whoever needs no signatures has nothing to hurry for.
    const isBusy = this.#collectors.some(({ busy }) => busy) && (!hasSubnets || needs.length > 0);
    this.#catchUp.tick(isBusy, new Set(needs.map(({ round }) => round)), step);
    step.emit({ type: "set-timer", timer: "tick", atMs: step.nowMs + TICK_MS });
  }

  #takeCaughtUp(from: PeerKey, data: Uint8Array, step: Step): void {
    if (this.#standing.isSilenced(from, step.nowMs)) return;
    this.#standing.blaming(from, step, () => {
      const { requests, shares, partials, differs } = decodeCatchUpResponse(data);
      if (differs) this.#catchUp.differs(from);
      const arrival = { from, handle: null };
      for (const request of requests) this.intake.request(arrival, request, step);
      for (const share of shares) this.intake.share(arrival, share, step);
      for (const partial of partials) this.intake.partial(arrival, partial, step);
    });
  }

  /**
   * Whatever a peer asks, it gets an answer: an empty one when it is silenced, or asked nonsense, for which it is
   * blamed.
   */
  #answerWith(
    type: "catch-up-reply" | "inquiry-reply",
    { handle, from, data }: { readonly handle: number; readonly from: PeerKey; readonly data: Uint8Array },
    answer: (data: Uint8Array) => Uint8Array,
    step: Step,
  ): void {
    const isSilenced = this.#standing.isSilenced(from, step.nowMs);
    const answered = isSilenced ? null : this.#standing.blaming(from, step, () => answer(data));
    step.emit({ type, handle, data: answered ?? new Uint8Array() });
  }
}
