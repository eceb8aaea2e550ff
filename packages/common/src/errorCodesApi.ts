/**
 * The part of the catalogue with which an agent's HTTP interface turns clients away, and tells why it is not ready.
 * `errorCodes.ts` merges it; nothing else reads it.
 */

export const API_ERROR_CODES = {
  // Clients that are turned away.
  CONNECTIONS_EXCEEDED: {
    summary: "This client, or all clients together, hold as many connections as there are places, all of them in use.",
    remedy: "Close some, or wait until an answer is complete; behind a proxy see http.trustedProxies.",
    where: "api",
  },
  HOST_NOT_ALLOWED: {
    summary: "The request's Host is not a name of this agent.",
    remedy: "Ask by IP address or localhost, or have the operator add the name to http.allowedHosts.",
    where: "api",
  },
  ORIGIN_NOT_ALLOWED: {
    summary: "A page of an origin that may not ask wanted the agent to do something.",
    remedy: "Ask from a page of an allowed origin, or have the operator add this one to http.allowedOrigins (P-139).",
    where: "api",
  },
  CLAIM_QUEUE_FULL: {
    summary: "More claims wait for their turn to be asked of the network than can have one soon.",
    remedy: "Ask again after the seconds named in the retry-after header, or ask another agent.",
    where: "api",
  },

  // Why an agent is not ready (P-126), and what its node's registration says.
  STAKE_OUT_OF_REACH: {
    summary: "The nodes within this agent's reach hold too little stake for any claim to succeed.",
    remedy:
      "See `quorate status` for the nodes that are out of reach; if they are most of them, look at your own network.",
    where: "agent",
  },
  NODE_EXITED: {
    summary: "The node with this agent's BLS key has exited.",
    remedy: "Collect the principal; to take part again, register anew with `quorate register`.",
    where: "agent",
  },
  NODE_LEAVING: {
    summary:
      "Somebody has asked for this agent's node to leave; it earns until its unlock time and can then be exited.",
    remedy: "If it was you, let the agent run until then; if not, ask the node's operator and contributors.",
    where: "agent",
  },
  NODE_FOREIGN_IDENTITY: {
    summary: "This agent's BLS key is registered with another identity key than the agent has.",
    remedy: "Restore the identity key with which the node was registered; peers do not admit this one.",
    where: "agent",
  },
  NODE_FOREIGN_OPERATOR: {
    summary: "This agent's BLS key is registered by another account than the one named in keys.operator.",
    remedy: "Correct keys.operator, or find out who registered the node: its stake and rewards are that account's.",
    where: "agent",
  },
  NODE_STATE_CHANGED: {
    summary: "This agent's node has another state on chain than before.",
    remedy: "Nothing to do, unless it was decommissioned: then let the agent run and see its peers.",
    where: "agent",
  },
  STORE_NO_SPACE: {
    summary: "The disk under the agent's store has hardly any space left, or cannot be written.",
    remedy: "Free space: a claim is recorded before it is signed, and the agent ends when it cannot be.",
    where: "store",
  },
} as const;
