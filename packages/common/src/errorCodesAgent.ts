/**
 * The part of the catalogue that only an agent raises: its disk, keys, configuration, chain provider,
 * peers and HTTP interface.
 * `errorCodes.ts` merges it; nothing else reads it.
 */

export const AGENT_ERROR_CODES = {
  // The agent's own rounds and claims (P-86, P-88).
  SHARE_PENDING: {
    summary: "The node is making its share right now.",
    remedy: "Wait a moment: it comes by gossip.",
    where: "agent",
  },
  SHARE_WITHHELD: {
    summary:
      "The node could sign and has not: what it recorded for this round disagrees with its ledger, or it does not " +
      "take the request.",
    remedy: "Ask its operator to look for SIGNING_CONFLICT or BUDGET_EXCEEDED in the log.",
    where: "agent",
  },
  PROOF_NOT_FOUND: {
    summary: "No payable root of which this agent has the tree holds this recipient.",
    remedy: "Ask for a signed claim instead (POST /v1/claims), ask another agent, or wait for the next payable root.",
    where: "api",
  },
  TREE_SUM_DISAGREES: {
    summary: "A rewards tree's sum is not what the ledger owes in all, so its root is not signed.",
    remedy:
      "The agent builds its trees anew. If it comes back, report it with the log: the two are made from one ledger.",
    where: "tree",
  },
  ROOT_PENDING: {
    summary: "The rewards tree of a closed epoch is still being built, so its report cannot be signed yet.",
    remedy: "Nothing to do: it takes seconds. If it lasts, look for TREE_WORKER_DIED in the log.",
    where: "agent",
  },
  EPOCH_TOO_FAR: {
    summary: "The epoch is further ahead of this ledger than messages are held for.",
    remedy: "Nothing to do while the agent reads the chain; if it lasts, its provider is behind.",
    where: "agent",
  },
  SHARE_TOO_MANY_MESSAGES: {
    summary: "A node has signed more messages other than this ledger's in one round than are kept.",
    remedy:
      "Nothing to do here: the node contradicts itself, or someone replays what it signed for other epochs. What " +
      "came first is shown as disagreement.",
    where: "agent",
  },
  SHARE_NOT_GOSSIPED: {
    summary: "A share came by gossip in a set so large that shares go to a few nodes of a subnet alone (P-134).",
    remedy:
      "Nothing to do here: the sender's node set may be of an earlier block. Whoever needs the share asks for it.",
    where: "agent",
  },
  SHARE_NOT_SENDERS: {
    summary: "A peer sent another node's share directly, which no agent does (P-130).",
    remedy: "Nothing to do here: the sender is blamed. Its operator should run an unchanged agent.",
    where: "agent",
  },
  REQUEST_NOT_GOSSIPED: {
    summary: "A peer sent a claim request directly, which no agent does (P-130).",
    remedy: "Nothing to do here: the sender is blamed. Its operator should run an unchanged agent.",
    where: "agent",
  },
  PARTIAL_UNASKED: {
    summary: "A partial came for a round that nobody here has heard of (P-135).",
    remedy: "Nothing to do here: its request may still be on its way. Whoever needs the signatures asks for them.",
    where: "agent",
  },
  PARTIAL_OTHER_SUBNETS: {
    summary: "A partial came of other subnets than those of this node set (P-134).",
    remedy: "Nothing to do here: the sender's node set may be of another block.",
    where: "agent",
  },
  PARTIAL_DISAGREES: {
    summary: "A partial came over another message than the own ledger's (P-135).",
    remedy: "Nothing to do here: single shares show who says something else.",
    where: "agent",
  },
  PARTIAL_ADDS_NOTHING: {
    summary: "A partial came whose signers are all in one that was checked before (P-135).",
    remedy: "Nothing to do here: every subnet has several aggregators.",
    where: "agent",
  },
  REQUEST_REPEATED: {
    summary: "A node's request for a round that it has asked for already.",
    remedy: "Nothing to do: the round is open.",
    where: "agent",
  },
  VERIFY_QUEUE_FULL: {
    summary: "More shares wait for verification than are held.",
    remedy: "Nothing to do: catch-up fetches the share again. If it lasts, the agent needs a faster core.",
    where: "agent",
  },
  ROUNDS_FULL: {
    summary: "As many rounds are open as are held.",
    remedy: "Ask again after the next epoch has closed.",
    where: "agent",
  },
  CLAIMS_FULL: {
    summary: "This agent collects as many claims as it can at once.",
    remedy: "Ask again in a few seconds, or ask another agent: any of them can serve any staker.",
    where: "agent",
  },
  NODE_NOT_REGISTERED: {
    summary: "This agent's BLS key is not registered, so it cannot ask the network.",
    remedy: "Ask another agent, or register this one with `quorate register`.",
    where: "agent",
  },
  QUORUM_NOT_REACHED: {
    summary: "The claim's deadline passed before enough stake had signed.",
    remedy: "See which nodes are missing; ask again when they are back, or when they have been decommissioned.",
    where: "agent",
  },
  AGENT_STOPPING: {
    summary: "The agent is shutting down.",
    remedy: "Ask another agent, or this one when it is back; the claim is kept.",
    where: "agent",
  },

  // Key files.

  // Configuration.
  CONFIG_UNREADABLE: {
    summary: "The configuration file cannot be read.",
    remedy: "Check the path given by --config or QUORATE_CONFIG.",
    where: "config",
  },
  CONFIG_MALFORMED: {
    summary: "The configuration file is not YAML.",
    remedy: "Correct the line named here.",
    where: "config",
  },
  CONFIG_INVALID: {
    summary: "Configuration fields are missing, unknown or out of range.",
    remedy: "Correct the fields named here; docs/configuration.md lists all of them.",
    where: "config",
  },

  // The chain provider (P-57).
  CHAIN_PROVIDER_FAILED: {
    summary: "No chain provider answers usefully.",
    remedy: "Check the provider's address and health; the agent tries again by itself and signs nothing meanwhile.",
    where: "chain",
  },
  CHAIN_PROVIDER_BEHIND: {
    summary:
      "A chain provider's finalised block is behind what was already followed, or far behind the other providers'.",
    remedy: "Wait until it has caught up; replace it if it does not.",
    where: "chain",
  },
  CHAIN_WRONG_ID: {
    summary: "A chain provider serves another chain than the configured one.",
    remedy: "Correct chain.providers or chain.chainId.",
    where: "chain",
  },
  CHAIN_NO_CONTRACT: {
    summary: "There is no contract at a configured address.",
    remedy: "Correct chain.rewards and chain.pool; check that the provider has synchronised past the deployment.",
    where: "chain",
  },
  CHAIN_FINALISED_REORG: {
    summary: "A finalised block has changed its hash.",
    remedy:
      "Check the provider against others. If the chain really rewrote finalised blocks, an operator has to decide; " +
      "the agent does not.",
    where: "chain",
  },
  CHAIN_PROVIDERS_DISAGREE: {
    summary: "Two chain providers have different blocks at one finalised height.",
    remedy: "Find out which one follows the right chain and remove the other.",
    where: "chain",
  },
  CHAIN_LOGS_UNTRUSTED: {
    summary: "A provider's logs do not belong to the finalised blocks it names.",
    remedy: "Replace the provider: it answers from another branch or is beyond its own head.",
    where: "chain",
  },
  CHAIN_EVENT_INVALID: {
    summary: "A contract's event does not have the form the agent knows, or cannot follow on those before it.",
    remedy:
      "Check that the contract and the agent have the same version; if they do, replace the provider: it leaves " +
      "events " +
      "out or invents them. The agent abstains, keeps its place and reads the range again until another answer comes.",
    where: "chain",
  },
  TRANSACTION_REVERTED: {
    summary: "The contract refuses the call.",
    remedy: "The reason is the contract's own error, named here.",
    where: "chain",
  },
  CONTRACT_GAVE_NO_REASON: {
    summary: "A contract that is not the network's own refuses the call and gives no reason.",
    remedy: "No provider is at fault. Ask whoever runs the contract named here, or go on without it.",
    where: "chain",
  },
  TRANSACTION_FAILED: {
    summary: "A transaction or a read could not be carried out.",
    remedy: "Check the provider and that the account has funds for gas, then run the command again.",
    where: "chain",
  },

  // The HTTP interface and its client.
  HTTP_LISTEN_FAILED: {
    summary: "The HTTP interface cannot listen on its address.",
    remedy: "Choose another http.port or http.healthPort (or its host), or stop what uses the one named here.",
    where: "api",
  },
  ROUTE_NOT_FOUND: {
    summary: "There is nothing at this path.",
    remedy: "See docs/claiming.md for the paths of the interface.",
    where: "api",
  },
  PORTAL_NOT_BUILT: {
    summary: "This agent would serve the page of its network, and does not have its files.",
    remedy:
      "Its operator runs `npx -y pnpm@12 --filter @quorate/portal build` in the repository, or sets " +
      "http.portal.enabled to false.",
    where: "api",
  },
  METHOD_NOT_ALLOWED: {
    summary: "This path does not answer this method.",
    remedy: "Use one of the methods named here.",
    where: "api",
  },
  BODY_NOT_JSON: {
    summary: "The request's body is not JSON.",
    remedy: "Send one JSON object.",
    where: "api",
  },
  BODY_TOO_LARGE: {
    summary: "The request's body is larger than its bound.",
    remedy: "Send only the fields of the request.",
    where: "api",
  },
  CONTENT_TYPE_UNSUPPORTED: {
    summary: "The request's content type is not JSON.",
    remedy: "Send content-type: application/json.",
    where: "api",
  },
  HEADERS_TOO_LARGE: {
    summary: "The request's headers are larger than their bound.",
    remedy: "Send fewer or smaller headers.",
    where: "api",
  },
  REQUEST_TIMED_OUT: {
    summary: "The request did not arrive completely in time.",
    remedy: "Send it again over a better connection.",
    where: "api",
  },
  ANSWER_TIMED_OUT: {
    summary: "The agent did not answer in time.",
    remedy: "Ask again a little later, or ask another agent.",
    where: "api",
  },
  RATE_LIMITED: {
    summary: "This client has used up its budget of requests.",
    remedy: "Wait for the seconds named in the retry-after header.",
    where: "api",
  },
  WATCHERS_EXCEEDED: {
    summary: "Too many clients watch claims here at once.",
    remedy: "Ask for the claim's state instead, or watch on another agent.",
    where: "api",
  },
  CLAIM_NOT_FOUND: {
    summary: "This agent was not asked for this claim, or it has left the window.",
    remedy: "Ask for it with POST /v1/claims.",
    where: "api",
  },
  BUNDLE_NOT_FOUND: {
    summary: "There is no bundle for this recipient and epoch here.",
    remedy: "Ask for one with POST /v1/claims.",
    where: "api",
  },
  INTERNAL_ERROR: {
    summary: "The agent failed while it answered.",
    remedy: "See the agent's log; the request id is the one named here.",
    where: "api",
  },
  AGENT_UNREACHABLE: {
    summary: "The agent does not answer.",
    remedy: "Check its address, or ask another agent: every one can serve every claim.",
    where: "client",
  },
  AGENT_ANSWER_INVALID: {
    summary: "What answered is not an agent of this version.",
    remedy: "Check the address and compare the versions.",
    where: "client",
  },
} as const;
