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
  SHARE_WAITS_TURN: {
    summary: "The node signs what others ask for in turns, and this round's turn has not come.",
    remedy: "Wait: an origin that asked for little goes first. The claim is asked for again when its deadline passes.",
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
  SHARE_WITHHELD: {
    summary:
      "The node could sign and has not: what it recorded for this round disagrees with its ledger, or it does not take the request.",
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
      "Nothing to do here: the node contradicts itself, or someone replays what it signed for other epochs. What came first is shown as disagreement.",
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
  KEYS_EXIST: {
    summary: "A key file is already there and is never overwritten.",
    remedy: "Choose another directory, or move the old keys to a safe place first.",
    where: "keys",
  },
  KEYS_NOT_FOUND: {
    summary: "A key file is missing or cannot be read.",
    remedy: "Make keys with `quorate keys generate`, or correct keys.directory.",
    where: "keys",
  },
  PASSWORD_NOT_FOUND: {
    summary: "The file with the password is missing or cannot be read; the keys may be there.",
    remedy: "Write the password into that file, or correct keys.passwordFile, submit.passwordFile or --password-file.",
    where: "keys",
  },
  PASSWORD_INVALID: {
    summary: "The password in a file is empty, or its bytes are not UTF-8.",
    remedy: "Save the file as UTF-8 with the password as its one line.",
    where: "keys",
  },
  KEYS_MALFORMED: {
    summary: "A key file is not a keystore of this kind, or its public key is not the one of its secret.",
    remedy: "Restore the file from its copy; where a value is named as too large, write the keystore anew with less.",
    where: "keys",
  },
  KEYS_WRONG_PASSWORD: {
    summary: "The password does not open the key file.",
    remedy: "Check keys.passwordFile; a line break at its end is ignored, other characters count.",
    where: "keys",
  },
  KEYS_WRITE_FAILED: {
    summary: "A key file cannot be written.",
    remedy: "Give a directory the agent may write to.",
    where: "keys",
  },

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
      "Check the provider against others. If the chain really rewrote finalised blocks, an operator has to decide; the agent does not.",
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
      "Check that the contract and the agent have the same version; if they do, replace the provider: it leaves events " +
      "out or invents them. The agent abstains, keeps its place and reads the range again until another answer comes.",
    where: "chain",
  },
  TRANSACTION_REVERTED: {
    summary: "The contract refuses the call.",
    remedy: "The reason is the contract's own error, named here.",
    where: "chain",
  },
  TRANSACTION_FAILED: {
    summary: "A transaction or a read could not be carried out.",
    remedy: "Check the provider and that the account has funds for gas, then run the command again.",
    where: "chain",
  },

  // The peer-to-peer network (P-80 to P-88).
  NETWORK_IDENTITY_INVALID: {
    summary: "The identity secret is not a 32-byte Ed25519 seed.",
    remedy: "Restore the identity key file, or make keys with `quorate keys generate`.",
    where: "network",
  },
  NETWORK_PEER_ID_INVALID: {
    summary: "A peer id is not the id of an Ed25519 key.",
    remedy: "Give the id that `quorate status` prints on that peer (12D3Koo…).",
    where: "network",
  },
  NETWORK_ADDRESS_INVALID: {
    summary: "A network address is not a multiaddr the agent can use.",
    remedy: "Write it like /ip4/192.0.2.1/tcp/9000, for a bootstrap peer followed by /p2p/ and its peer id.",
    where: "network",
  },
  NETWORK_ADDRESS_UNDIALABLE: {
    summary: "A configured network address is one that nobody can dial.",
    remedy:
      "Write an IP or a name and the TCP port where that agent listens: /ip4/192.0.2.1/tcp/9000, with /p2p/ and its peer id for a bootstrap peer.",
    where: "network",
  },
  NETWORK_PEER_ID_UNEXPECTED: {
    summary: "Another peer answers at a bootstrap address than the one configured there.",
    remedy:
      "Ask its operator for the peer id (`quorate status` prints it) and correct p2p.bootstrap, or correct the address.",
    where: "network",
  },
  NETWORK_HANDSHAKE_ENDED: {
    summary: "A connection ended before it proved who is there: it sent too much, or made room for a newer one.",
    remedy: "Nothing to do here; an honest peer dials again.",
    where: "network",
  },
  NETWORK_PEER_FLOODS: {
    summary: "A peer sends faster than any honest peer does.",
    remedy: "Nothing to do here; its connection is closed, and it is banned if it goes on. If it is yours, update it.",
    where: "network",
  },
  NETWORK_LISTEN_FAILED: {
    summary: "The agent cannot listen on any of its network addresses.",
    remedy: "Choose another network.listen, or stop what uses the port.",
    where: "network",
  },
  NETWORK_NOT_RUNNING: {
    summary: "The network has not been started, or has been stopped.",
    remedy: "Nothing to do while the agent starts or stops; otherwise restart it.",
    where: "network",
  },
  NETWORK_PEER_NOT_CONNECTED: {
    summary: "There is no connection to this peer.",
    remedy: "Ask another peer; connections come back by themselves.",
    where: "network",
  },
  NETWORK_REQUEST_TOO_LARGE: {
    summary: "A request to a peer is larger than its bound.",
    remedy: "Ask about fewer rounds at once.",
    where: "network",
  },
  NETWORK_REQUEST_TIMEOUT: {
    summary: "A peer did not answer in time.",
    remedy: "Ask another peer; if all are slow, check this host's load and link.",
    where: "network",
  },
  NETWORK_REQUEST_REFUSED: {
    summary: "A peer ended the stream without an answer.",
    remedy: "Ask another peer, and this one less often.",
    where: "network",
  },
  NETWORK_ANSWER_TOO_LARGE: {
    summary: "A peer's answer is larger than its bound.",
    remedy: "Ask another peer; this one does not follow the protocol.",
    where: "network",
  },
  NETWORK_PEER_BUSY: {
    summary: "Too many requests to this peer are waiting already.",
    remedy: "Ask another peer.",
    where: "network",
  },
  NETWORK_RATE_LIMITED: {
    summary: "A peer asks more often than it is answered.",
    remedy: "Nothing to do here; its stream is reset and it may ask again later.",
    where: "network",
  },
  NETWORK_REQUEST_FAILED: {
    summary: "A peer's request broke off, was malformed, or could not be answered.",
    remedy: "Nothing to do unless it happens with many peers; then see the cause in the log.",
    where: "network",
  },
  NETWORK_VERDICT_FAILED: {
    summary: "A gossip message got no verdict in time, so it is not forwarded.",
    remedy: "Check this host's load: verification takes milliseconds on an idle core.",
    where: "network",
  },
  NETWORK_RECORD_INVALID: {
    summary: "A peer record is malformed, not canonical or not signed by the peer it names.",
    remedy: "Nothing to do here; the peer that sent it is scored down.",
    where: "network",
  },
  NETWORK_DIAL_FAILED: {
    summary: "A peer cannot be reached.",
    remedy: "Nothing to do for single peers; if all fail, check network.bootstrap, firewall and link.",
    where: "network",
  },
  NETWORK_PEER_BANNED: {
    summary: "A peer has sent too much that no honest peer sends, and is disconnected for a while.",
    remedy: "If it is yours, update it and check its clock, chain provider and keys.",
    where: "network",
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
