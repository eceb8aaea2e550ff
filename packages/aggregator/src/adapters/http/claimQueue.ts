/**
 * The claims that this agent may ask the network for, divided among its clients (P-125). Enters: clients who want a
 * claim asked for. Leaves: turns, at the pace that the agent's own budget of requests allows (P-74), and only
 * while not too many collect already. Not its job: asking; who the client is.
 *
 * A turn goes to the client that had fewest lately, within a client to the recipient likewise; and some turns are
 * kept for clients that had fewer than most. So a client with few claims is never behind one with many, and hardly
 * ever waits because of it.
 */
import {
  type ClaimReply,
  Durations,
  type DurationsView,
  type QuorateError,
  quorateError,
  setNewest,
} from "@quorate/common";
import { ClaimWindow, type ClaimWindowOptions } from "./claimWindow.ts";
import {
  CLAIMS_WAITING_MAX,
  CLAIMS_WAITING_PER_CLIENT_MAX,
  CLIENTS_MAX,
  KEPT_PART,
  RECENT_HALF_LIFE_MS,
} from "./limits.ts";

export interface ClaimBudget {
  /** Turns at once after a rest. */
  readonly burst: number;
  /** Milliseconds for one turn to come back. */
  readonly refillMs: number;
}

export interface ClaimQueueOptions extends Omit<ClaimWindowOptions, "onRoom"> {
  /** Asked at each look: it follows the size of the set. */
  readonly budget: () => ClaimBudget;
  /** Milliseconds a claim waits for its turn at most. */
  readonly waitMs: number;
}

export interface Wanted {
  readonly client: string;
  readonly recipient: string;
  /** Of recipient and epoch: who wants the same shares one turn. */
  readonly claim: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Nobody waits longer than `waitMs`. */
const WAIT_BOUNDS_SECONDS = [0.01, 0.1, 0.5, 1, 2, 4, 8];

interface Waiting {
  /** In the order of arrival. */
  readonly number: number;
  readonly wanted: Wanted;
  readonly ask: () => Promise<ClaimReply>;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly settle: PromiseWithResolvers<ClaimReply>;
}

export class ClaimQueue {
  readonly #options: ClaimQueueOptions;
  readonly #nowMs: () => number;
  readonly #waiting = new Set<Waiting>();
  /** Asked of the core and not answered yet, by claim. */
  readonly #asking = new Map<string, Promise<ClaimReply>>();
  readonly #clients: RecentTurns;
  readonly #recipients: RecentTurns;
  readonly #waits = new Durations(WAIT_BOUNDS_SECONDS);
  readonly #window: ClaimWindow;
  #arrived = 0;
  #tokens: number;
  #refilledMs: number;
  #timer: NodeJS.Timeout | null = null;

  /** @param nowMs milliseconds, never going back */
  constructor(options: ClaimQueueOptions, nowMs: () => number = () => performance.now()) {
    this.#options = options;
    this.#nowMs = nowMs;
    this.#window = new ClaimWindow({ ...options, onRoom: () => this.#run() });
    this.#clients = new RecentTurns(nowMs);
    this.#recipients = new RecentTurns(nowMs);
    this.#tokens = options.budget().burst;
    this.#refilledMs = nowMs();
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** How many claims may collect at once now. */
  get atOnce(): number {
    return this.#window.size;
  }

  /** How long claims waited that got their turn. */
  get waits(): DurationsView {
    return this.#waits.view();
  }

  /**
   * Asks when the claim's turn has come. A turn that cost the agent nothing, because its core refused, is given back;
   * one that the core had no budget for is waited for again.
   * @throws CLAIM_QUEUE_FULL with `waitMs` when there is no place, or no turn in time
   */
  turn(wanted: Wanted, ask: () => Promise<ClaimReply>): Promise<ClaimReply> {
    const own = [...this.#waiting].filter((waiting) => waiting.wanted.client === wanted.client).length;
    if (own >= CLAIMS_WAITING_PER_CLIENT_MAX || this.#waiting.size >= CLAIMS_WAITING_MAX) {
      if (own > 0 || !this.#dropOfLargest()) return Promise.reject(this.#full(wanted.client));
    }
    const sinceMs = this.#nowMs();
    const untilMs = sinceMs + this.#options.waitMs;
    const number = ++this.#arrived;
    const waiting = { number, wanted, ask, sinceMs, untilMs, settle: Promise.withResolvers<ClaimReply>() };
    this.#waiting.add(waiting);
    wanted.signal.addEventListener("abort", () => this.#giveUp(waiting), { once: true });
    this.#run();
    return waiting.settle.promise;
  }

  close(): void {
    for (const { settle } of this.#waiting) settle.reject(quorateError("AGENT_STOPPING", {}));
    this.#waiting.clear();
    this.#window.close();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #run(): void {
    this.#refill();
    for (const waiting of [...this.#waiting]) {
      const asking = this.#asking.get(waiting.wanted.claim);
      if (asking !== undefined) this.#share(waiting, asking);
      else if (waiting.untilMs <= this.#nowMs()) this.#giveUp(waiting);
    }
    // Those that are being asked collect in a moment.
    while (this.#tokens >= 1 && this.#window.hasRoomFor(this.#asking.size + 1)) {
      const next = this.#next();
      if (next === null) return;
      this.#give(next);
    }
    this.#runAgain();
  }

  #give(waiting: Waiting): void {
    const { client, recipient, claim } = waiting.wanted;
    this.#tokens -= 1;
    this.#waits.add(this.#nowMs() - waiting.sinceMs);
    this.#clients.add(client, 1);
    this.#recipients.add(recipient, 1);
    const asking = waiting.ask().finally(() => this.#asking.delete(claim));
    this.#asking.set(claim, asking);
    asking.then(
      (reply) => {
        if (reply.ok) return this.#window.begin(reply.claim);
        if (isWithoutBudget(reply)) {
          // It was no turn.
          this.#tokens = 0;
          this.#clients.add(client, -1);
          this.#recipients.add(recipient, -1);
        } else this.#tokens = Math.min(this.#options.budget().burst, this.#tokens + 1);
        this.#run();
      },
      () => {},
    );
    for (const other of this.#waiting) if (other.wanted.claim === claim) this.#share(other, asking);
  }

  /** Its answer is that one's; without budget it waits again, in its old place. */
  #share(waiting: Waiting, asking: Promise<ClaimReply>): void {
    this.#waiting.delete(waiting);
    asking.then((reply) => {
      if (!isWithoutBudget(reply)) return waiting.settle.resolve(reply);
      if (waiting.wanted.signal.aborted) return waiting.settle.reject(this.#full(waiting.wanted.client));
      this.#waiting.add(waiting);
      this.#run();
    }, waiting.settle.reject);
  }

  #next(): Waiting | null {
    let next: Waiting | null = null;
    for (const waiting of this.#waiting) if (next === null || this.#isBefore(waiting, next)) next = waiting;
    return next !== null && this.#tokens < 1 + this.#keptFrom(next.wanted.client) ? null : next;
  }

  /** Turns that a client may not take: half of them are for those that had fewer lately than the mean. */
  #keptFrom(client: string): number {
    return this.#clients.isBelowMean(client) ? 0 : Math.floor(this.#options.budget().burst / KEPT_PART);
  }

  #isBefore(a: Waiting, b: Waiting): boolean {
    const isOneClient = a.wanted.client === b.wanted.client;
    const clients = isOneClient ? 0 : this.#clients.of(a.wanted.client) - this.#clients.of(b.wanted.client);
    if (clients !== 0) return clients < 0;
    // Of two clients that had no turn the one that came first.
    if (!isOneClient || a.wanted.recipient === b.wanted.recipient) return a.number < b.number;
    const recipients = this.#recipients.of(a.wanted.recipient) - this.#recipients.of(b.wanted.recipient);
    return recipients === 0 ? a.number < b.number : recipients < 0;
  }

  #refill(): void {
    const nowMs = this.#nowMs();
    const { burst, refillMs } = this.#options.budget();
    this.#tokens = Math.min(burst, this.#tokens + (nowMs - this.#refilledMs) / refillMs);
    this.#refilledMs = nowMs;
  }

  /** At the next token, or when the first of those who wait has waited long enough. */
  #runAgain(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting.size === 0) return;
    // Whoever waits for room is called when there is some.
    const tokenMs = this.#tokens >= 1 ? Number.POSITIVE_INFINITY : (1 - this.#tokens) * this.#options.budget().refillMs;
    const endMs = Math.min(...[...this.#waiting].map(({ untilMs }) => untilMs)) - this.#nowMs();
    this.#timer = setTimeout(() => this.#run(), Math.max(1, Math.ceil(Math.min(tokenMs, endMs))));
  }

  /** The last claim of the client that waits with most makes room for a client that waits with none. */
  #dropOfLargest(): boolean {
    const sizes = new Map<string, number>();
    for (const { wanted } of this.#waiting) sizes.set(wanted.client, (sizes.get(wanted.client) ?? 0) + 1);
    const [largest] = [...sizes].sort(([, a], [, b]) => b - a);
    if (largest === undefined || largest[1] < 2) return false;
    const last = [...this.#waiting].findLast(({ wanted }) => wanted.client === largest[0]);
    if (last !== undefined) this.#giveUp(last);
    return true;
  }

  #giveUp(waiting: Waiting): void {
    if (this.#waiting.delete(waiting)) waiting.settle.reject(this.#full(waiting.wanted.client));
  }

  #full(client: string): QuorateError {
    const own = [...this.#waiting].filter(({ wanted }) => wanted.client === client).length;
    const clients = new Set([...this.#waiting].map(({ wanted }) => wanted.client)).size;
    // One turn for every client that waits, as often as this one has claims here, and once more.
    const paceMs = Math.max(this.#options.budget().refillMs, this.#window.paceMs);
    const waitMs = Math.ceil((own + 1) * Math.max(1, clients) * paceMs);
    return quorateError("CLAIM_QUEUE_FULL", { client, waiting: this.#waiting.size, ofThisClient: own, waitMs });
  }
}

/** Turns of each, halved every `RECENT_HALF_LIFE_MS`; whoever had a turn the longest ago is forgotten first. */
class RecentTurns {
  readonly #nowMs: () => number;
  readonly #turns = new Map<string, { readonly turns: number; readonly atMs: number }>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  of(key: string, nowMs = this.#nowMs()): number {
    const entry = this.#turns.get(key);
    return entry === undefined ? 0 : entry.turns * 2 ** ((entry.atMs - nowMs) / RECENT_HALF_LIFE_MS);
  }

  add(key: string, turns: number): void {
    const sum = Math.max(0, this.of(key) + turns);
    setNewest(this.#turns, key, { turns: sum, atMs: this.#nowMs() }, CLIENTS_MAX);
  }

  /** Alone, or equal to all others, nobody is below. */
  isBelowMean(key: string): boolean {
    const nowMs = this.#nowMs();
    const all = [...this.#turns.keys()].map((other) => this.of(other, nowMs));
    const count = all.length + (this.#turns.has(key) ? 0 : 1);
    return this.of(key, nowMs) < all.reduce((sum, turns) => sum + turns, 0) / count;
  }
}

/** What the agent's core asked of its own budget, and this queue did not know. */
function isWithoutBudget(reply: ClaimReply): boolean {
  return !reply.ok && reply.refusal.code === "BUDGET_EXCEEDED";
}
