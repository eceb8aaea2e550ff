/** One staker's claim in a crowd. In: whom to ask for what. Out: how it ended, and its bundle. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Address, Bundle } from "@quorate/common";
import { claimSchema, errorSchema, PATHS } from "@quorate/common/http";

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
const PATIENCE_MS = 300_000;

type End = Pick<Ended, "bundle" | "code">;

export async function askUntilEnded(wanted: Wanted): Promise<Ended> {
  const startedMs = performance.now();
  let askedAgain = 0;
  let end: End | null = null;
  while (end === null) {
    const response = await ask(wanted);
    if (performance.now() - startedMs > PATIENCE_MS) end = { bundle: null, code: "PATIENCE_ENDED" };
    else if (response === null) await sleep(1_000);
    else if (isForNow(response.status)) {
      askedAgain += 1;
      await response.body?.cancel();
      await sleep(1_000 * Number(response.headers.get("retry-after") ?? 1));
    } else if (response.ok) end = await watch(wanted, response);
    else end = { bundle: null, code: errorSchema.parse(await response.json()).error.code };
  }
  return { ...wanted, ...end, ms: performance.now() - startedMs, askedAgain };
}

/** Too many at once, a request that came too slowly, an agent without its chain for a moment. */
function isForNow(status: number): boolean {
  return status === 429 || status === 408 || status === 503;
}

function headersOf({ client }: Wanted): Record<string, string> {
  return { "content-type": "application/json", "x-forwarded-for": client };
}

/** Null when the connection failed: a server with no room for one cuts it. */
function ask(wanted: Wanted): Promise<Response | null> {
  const { http, recipient, epoch } = wanted;
  const body = JSON.stringify({ recipient, epoch });
  return fetch(http + PATHS.claims, { method: "POST", headers: headersOf(wanted), body }).catch(() => null);
}

/** Null: the stream broke, and the claim is asked for again. */
async function watch(wanted: Wanted, response: Response): Promise<End | null> {
  const { http, recipient, epoch } = wanted;
  let claim = claimSchema.parse(await response.json());
  const path = PATHS.claimEvents.replace(/[:{]recipient\}?/, recipient);
  const events = claim.status === "collecting" ? `${http}${path}?epoch=${epoch}` : null;
  const stream = events === null ? null : await fetch(events, { headers: headersOf(wanted) }).catch(() => null);
  if (events !== null && stream?.ok !== true) return null;
  try {
    for await (const view of dataOf(stream)) claim = claimSchema.parse(JSON.parse(view));
  } catch {
    return null;
  }
  if (claim.status === "collecting") return null;
  return claim.bundle === null ? { bundle: null, code: "QUORUM_NOT_REACHED" } : { bundle: claim.bundle, code: null };
}

/** The data of each event of a stream. */
async function* dataOf(response: Response | null): AsyncGenerator<string> {
  if (response === null || response.body === null) return;
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const data = event.split("\n").filter((line) => line.startsWith("data:"));
      if (data.length > 0) yield data.map((line) => line.slice(5).trim()).join("\n");
    }
  }
}
