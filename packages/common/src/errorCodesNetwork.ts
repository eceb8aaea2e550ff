/**
 * The part of the catalogue that concerns an agent and its peers' connections. `errorCodes.ts` merges it; nothing
 * else reads it.
 */

export const NETWORK_ERROR_CODES = {
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
      "Write an IP or a name and the TCP port where that agent listens: /ip4/192.0.2.1/tcp/9000, with /p2p/ and its " +
      "peer id for a bootstrap peer.",
    where: "network",
  },
  NETWORK_PEER_ID_UNEXPECTED: {
    summary: "Another peer answers at a bootstrap address than the one configured there.",
    remedy:
      "Ask its operator for the peer id (`quorate status` prints it) and correct p2p.bootstrap, or correct the " +
      "address.",
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
    remedy: "Choose another p2p.listen, or stop what uses the port.",
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
    summary: "Too many requests to this peer, or to others that have to be dialled, are waiting already.",
    remedy: "Ask another peer, or later.",
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
    remedy: "Nothing to do for single peers; if all fail, check p2p.bootstrap, firewall and link.",
    where: "network",
  },
  NETWORK_PEER_BANNED: {
    summary: "A peer has sent too much that no honest peer sends, and is disconnected for a while.",
    remedy: "If it is yours, update it and check its clock, chain provider and keys.",
    where: "network",
  },
} as const;
