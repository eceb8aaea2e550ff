/**
 * Who can be asked where (P-138). In: the node set, and the URLs that peer records claim. Out: agents by ascending node
 * id. Whether anybody answers there is not its job.
 */
import type { PeerKey } from "./core/io.ts";
import type { LedgerNode } from "./core/ledger/events.ts";
import type { AgentPlace } from "./driver/ports.ts";

/** A record speaks for a node only if the node has shown that the identity key is its own (P-8). */
export function agentPlaces(nodes: readonly LedgerNode[], urls: ReadonlyMap<PeerKey, string>): AgentPlace[] {
  const places = nodes.flatMap(({ id, state, identityKey, identityValid, stake }) => {
    const url = urls.get(identityKey);
    return url === undefined || !identityValid || state === "exited" ? [] : [{ id, url, stake }];
  });
  return places.sort((a, b) => a.id - b.id);
}
