/**
 * Which network the page is of. Enters: `portal.json` beside the page: an agent makes it from its configuration, a
 * static host has it as a file. Leaves: checked facts. Not its job: believing more of it than addresses; amounts are
 * held against several agents and the chain.
 */
import { quorateError } from "@quorate/common";
import { type PortalFacts, portalSchema } from "@quorate/common/http";

/** Milliseconds for a file of a kilobyte from the page's own host. */
const FACTS_TIMEOUT_MS = 10_000;

/** @throws AGENT_UNREACHABLE, AGENT_ANSWER_INVALID */
export async function readFacts(base: string): Promise<PortalFacts> {
  const url = new URL("portal.json", base).href;
  const response = await fetch(url, { signal: AbortSignal.timeout(FACTS_TIMEOUT_MS) }).catch((cause: unknown) => {
    throw quorateError("AGENT_UNREACHABLE", { url, reason: String(cause) });
  });
  const said: unknown = await response.json().catch(() => null);
  const facts = portalSchema.safeParse(said);
  if (facts.success) return facts.data;
  throw quorateError("AGENT_ANSWER_INVALID", { url, status: response.status, reason: facts.error.message });
}
