/**
 * One staker's claim in a crowd, by the client. In: whom to ask for what. Out: how it ended, and its bundle. One agent
 * each: a client with all of them would go to another one where this one is busy, and the load would not be known.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type AgentClient, createAgentClient } from "@quorate/client";
import { type Address, type Bundle, isQuorateError } from "@quorate/common";

export interface Wanted {
  readonly http: string;
  readonly recipient: Address;
  readonly epoch: number;
  /** The staker's address, as a proxy names it. */
  readonly client: string;
}

export interface Ended extends Wanted {
  readonly bundle: Bundle | null;
  /** Why there is no bundle. */
  readonly code: string | null;
  /** From the first request to the end. */
  readonly ms: number;
  readonly askedAgain: number;
}

/** Longer than a claim's turn and its deadline together, several times over. */
const PATIENCE_MS = 900_000;

/** An agent under such a load may answer late; a client that gave up would ask it once more. */
const ANSWER_MS = 60_000;

/** Where a connection failed: a server with no room for one cuts it. */
const UNREACHABLE_PAUSE_MS = 1_000;

type End = Pick<Ended, "bundle" | "code">;

export async function askUntilEnded(wanted: Wanted): Promise<Ended> {
  const { http: url, client } = wanted;
  const agent = createAgentClient({ url, timeoutMs: ANSWER_MS, headers: { "x-forwarded-for": client } });
  const startedMs = performance.now();
  const signal = AbortSignal.timeout(PATIENCE_MS);
  let askedAgain = 0;
  let end: End | null = null;
  while (end === null) {
    try {
      end = await ask(agent, wanted, signal);
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      const { retryAfterSeconds } = error.values;
      const isForNow = retryAfterSeconds !== undefined || error.code === "REQUEST_TIMED_OUT";
      if (signal.aborted) end = { bundle: null, code: "PATIENCE_ENDED" };
      else if (isForNow) {
        askedAgain += 1;
        await sleep(1_000 * Number(retryAfterSeconds ?? 1));
      } else if (error.code === "AGENT_UNREACHABLE") await sleep(UNREACHABLE_PAUSE_MS);
      else end = { bundle: null, code: error.code };
    }
  }
  return { ...wanted, ...end, ms: performance.now() - startedMs, askedAgain };
}

async function ask(agent: AgentClient, { recipient, epoch }: Wanted, signal: AbortSignal): Promise<End> {
  let claim = await agent.requestClaim(recipient, epoch);
  if (claim.status === "collecting") {
    for await (const view of agent.watchClaim(recipient, epoch, signal)) claim = view;
  }
  return claim.bundle === null ? { bundle: null, code: "QUORUM_NOT_REACHED" } : { bundle: claim.bundle, code: null };
}
