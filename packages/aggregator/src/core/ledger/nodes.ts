/**
 * Who is who in the node set: registrations as nodes, who may speak, who may connect (P-8, P-21, P-80).
 * Enters: registration events and the folded node set. Leaves: nodes and identities. Not here: their states
 * (ledger.ts).
 */
import { digestOf, fromHex, type NodeId, type SigningDomain } from "@quorate/common";
import type { ChainEvent, LedgerNode } from "./events.ts";
import type { AdmitNode, LedgerState } from "./ledger.ts";

type Registration = Extract<ChainEvent, { type: "node-registered" }>;

/** Whether an identity key has signed a digest (P-7). */
export type VerifyIdentity = (identityKey: Uint8Array, digest: Uint8Array, signature: Uint8Array) => boolean;

/** P-8, P-21: a registration event as a node, its identity signature checked once. */
export function nodeOf(domain: SigningDomain, verifyIdentity: VerifyIdentity): AdmitNode {
  return (event) => {
    const blsKey = fromHex(event.blsKey);
    return registeredNode(event, blsKey, identityBinds(domain, verifyIdentity, event, blsKey));
  };
}

/** The same with the identity signature left unchecked: it decides who may connect, and no amount (P-8). */
export const nodeUnchecked: AdmitNode = (event) => registeredNode(event, fromHex(event.blsKey), false);

function registeredNode(event: Registration, blsKey: Uint8Array, identityValid: boolean): LedgerNode {
  return {
    id: event.id,
    operator: event.operator,
    state: event.seeded ? "active" : "pending",
    silent: false,
    stake: event.contributors.reduce((sum, { stake }) => sum + stake, 0n),
    blsKey,
    identityKey: event.identityKey,
    identityValid,
    feeBps: event.feeBps,
    contributors: event.contributors,
  };
}

/** P-8: the identity key has signed the same struct as the BLS key. The contract does not check it. */
function identityBinds(
  domain: SigningDomain,
  verifyIdentity: VerifyIdentity,
  { operator, identityKey: identityHex, identitySignature }: Registration,
  blsKey: Uint8Array,
): boolean {
  const identityKey = fromHex(identityHex);
  const digest = digestOf(domain, "ProofOfPossession", { blsKey, operator, identityKey });
  return verifyIdentity(identityKey, digest, fromHex(identitySignature));
}

/** A node that may speak: registered and not exited. */
export function speaker(ledger: LedgerState, nodeId: NodeId): LedgerNode | null {
  const node = ledger.nodes.get(nodeId)?.node;
  return node === undefined || node.state === "exited" ? null : node;
}

/** The identities that may hold a connection (P-80). */
export function admittedIdentities(nodes: readonly LedgerNode[]): Set<LedgerNode["identityKey"]> {
  const admitted = new Set<LedgerNode["identityKey"]>();
  for (const node of nodes) {
    if (node.state !== "exited" && node.identityValid) admitted.add(node.identityKey);
  }
  return admitted;
}
