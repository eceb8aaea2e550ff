/**
 * The part of the catalogue about what peers send and how it is bounded (P-77 to P-79, P-97). `errorCodes.ts` merges
 * it; nothing else reads it.
 */

export const PEERS_ERROR_CODES = {
  SHARE_WAITS_TURN: {
    summary: "The node signs what others ask for in turns, and this round's turn has not come.",
    remedy: "Wait: an origin that asked for little goes first. Ask again when the claim has failed.",
    where: "agent",
  },
  NODE_IDENTITY_INVALID: {
    summary: "A node is registered with an identity key that has not signed for it, so nobody can ask it or hear it.",
    remedy:
      "Its operator has to exit the node and register it again with `quorate register`, which signs with both keys.",
    where: "agent",
  },
  NODE_ELSEWHERE: {
    summary: "The peer with a node's identity key answers for another node.",
    remedy: "Run each node with an identity key of its own; ask the operator of the two.",
    where: "agent",
  },
  PEER_SILENCED: {
    summary: "A peer has sent so much that no honest peer sends that nothing of it is looked at for a while.",
    remedy: "Nothing to do here; its operator finds the reason in this entry, and updates or repairs that agent.",
    where: "agent",
  },
  VERIFY_FAILED: {
    summary: "Shares could not be checked, by a fault of this agent. Nobody is blamed; catch-up fetches them again.",
    remedy: "See the cause in the log; report it if it comes back.",
    where: "agent",
  },
} as const;
