/**
 * The one catalogue of error codes, also used as reasons of verdicts. To add one: a row here, a test that reaches it,
 * and `docs/errors.md` generated anew. A code, once released, keeps its meaning. Rows are grouped by where the data
 * comes from.
 */

import { AGENT_ERROR_CODES } from "./errorCodesAgent.ts";
import { API_ERROR_CODES } from "./errorCodesApi.ts";
import { CHAIN_ERROR_CODES } from "./errorCodesChain.ts";
import { COMMAND_ERROR_CODES } from "./errorCodesCommands.ts";
import { CONTRACT_ERROR_CODES } from "./errorCodesContracts.ts";
import { KEYS_ERROR_CODES } from "./errorCodesKeys.ts";
import { LEDGER_ERROR_CODES } from "./errorCodesLedger.ts";
import { NETWORK_ERROR_CODES } from "./errorCodesNetwork.ts";
import { PEERS_ERROR_CODES } from "./errorCodesPeers.ts";
import { STORE_ERROR_CODES } from "./errorCodesStore.ts";
import { SUBMIT_ERROR_CODES } from "./errorCodesSubmit.ts";

export interface ErrorEntry {
  /** What happened, as one sentence. */
  readonly summary: string;
  /** What the person who reads it can do. */
  readonly remedy: string;
  /** The part of the system that raises it. */
  readonly where: string;
}

export const ERROR_CODES = {
  // Texts and numbers.
  HEX_MALFORMED: {
    summary: "A text is not 0x-hex of the expected length.",
    remedy: "Give 0x followed by two hex digits for each byte.",
    where: "common",
  },
  ADDRESS_MALFORMED: {
    summary: "A text is not an Ethereum address.",
    remedy: "Give 0x followed by 40 hex digits.",
    where: "common",
  },
  ADDRESS_BAD_CHECKSUM: {
    summary: "An address in mixed case fails its EIP-55 checksum.",
    remedy: "Copy the address again: a character was changed. All lower case skips this check.",
    where: "common",
  },
  AMOUNT_MALFORMED: {
    summary: "A text is not an amount.",
    remedy: "Give a decimal number without sign, with at most 9 digits after the point.",
    where: "common",
  },
  EXPONENT_TOO_LARGE: {
    summary: "The exponential of a number does not fit an int256 with 18 decimals.",
    remedy: "Give an exponent below 135.3 (P-31 needs none above zero).",
    where: "common",
  },
  MESSAGE_INVALID: {
    summary: "A field of a message does not fit its type.",
    remedy: "Give integers within their range and byte strings of their exact length (P-5).",
    where: "common",
  },
  NODE_ID_INVALID: {
    summary: "A node id is not an integer within its bounds.",
    remedy: "Node ids start at 1; see the node list for those that exist.",
    where: "common",
  },
  SIGNERS_MALFORMED: {
    summary: "A signers bitfield is not canonical.",
    remedy: "Encode without trailing zero bytes, without bit 0, and within 8192 bytes.",
    where: "common",
  },

  // Keys, points, signatures (P-2, P-3).
  SECRET_KEY_INVALID: {
    summary: "A BLS secret key is not 32 bytes between 1 and the group order.",
    remedy: "Generate a new key with `quorate keys generate`.",
    where: "bls",
  },
  DIGEST_WRONG_LENGTH: {
    summary: "A digest is not 32 bytes.",
    remedy: "Sign and verify only EIP-712 digests made by digestOf.",
    where: "bls",
  },
  PUBLIC_KEY_WRONG_LENGTH: {
    summary: "A public key is not 96 bytes.",
    remedy: "Give the uncompressed point, x then y.",
    where: "bls",
  },
  SIGNATURE_WRONG_LENGTH: {
    summary: "A signature is not 192 bytes.",
    remedy: "Give the uncompressed point: x.c0, x.c1, y.c0, y.c1.",
    where: "bls",
  },
  POINT_WRONG_LENGTH: {
    summary: "An EIP-2537 point is not 128 (G1) or 256 (G2) bytes.",
    remedy: "Give 64 bytes for each field element.",
    where: "bls",
  },
  POINT_AT_INFINITY: {
    summary: "A point is the point at infinity, which is neither a key nor a signature.",
    remedy: "Reject it: it is a forgery, or an aggregate whose parts cancel.",
    where: "bls",
  },
  POINT_NOT_CANONICAL: {
    summary: "A coordinate is not below the field modulus, or carries flag or padding bits.",
    remedy: "Encode each coordinate as 48 big-endian bytes, reduced, without flags.",
    where: "bls",
  },
  POINT_NOT_ON_CURVE: {
    summary: "A point is not on the curve.",
    remedy: "Reject it; check the order of the coordinates if the source is trusted.",
    where: "bls",
  },
  POINT_NOT_IN_SUBGROUP: {
    summary: "A point is on the curve but outside the prime-order subgroup.",
    remedy: "Reject it: honest keys and signatures are always inside.",
    where: "bls",
  },
  AGGREGATE_EMPTY: {
    summary: "There is nothing to aggregate.",
    remedy: "Aggregate at least one key or signature.",
    where: "bls",
  },
  NATIVE_BLS_MISSING: {
    summary: "The native BLS library is not the one in use.",
    remedy: "Install with the platform's package of @chainsafe/blst; agents do not run on slow fallbacks (P-9).",
    where: "bls",
  },

  // Registration (P-8).
  POSSESSION_INVALID: {
    summary: "A proof of possession does not verify under its BLS key.",
    remedy: "Make it anew for this operator, identity key, chain and contract.",
    where: "possession",
  },
  IDENTITY_SECRET_INVALID: {
    summary: "An identity secret is not 32 bytes.",
    remedy: "Generate a new key with `quorate keys generate`.",
    where: "identity",
  },
  IDENTITY_KEY_INVALID: {
    summary: "An identity key is not a usable Ed25519 public key.",
    remedy: "Give the 32 bytes of a key made by `quorate keys generate`.",
    where: "identity",
  },
  IDENTITY_BAD_SIGNATURE: {
    summary: "An identity signature does not verify under its identity key.",
    remedy: "Sign the same digest with the identity key of the node; the node is not admitted as a peer without it.",
    where: "identity",
  },

  // Wire messages (P-81, P-82).
  WIRE_TOO_LARGE: {
    summary: "A wire message is larger than its bound.",
    remedy: "Send smaller messages; this peer does not follow the protocol.",
    where: "wire",
  },
  WIRE_MALFORMED: {
    summary: "A wire message does not decode, lacks a field, or has one out of bounds.",
    remedy: "Update the peer; it does not follow the protocol.",
    where: "wire",
  },
  WIRE_NOT_CANONICAL: {
    summary: "A wire message is not the canonical encoding of its content.",
    remedy: "Encode fields in order, once each, without defaults or unknown fields.",
    where: "wire",
  },

  // Shares and requests (P-70 to P-84).
  SHARE_WRONG_LENGTH: {
    summary: "A share's signature is not 192 bytes.",
    remedy: "Update the peer; it does not follow the protocol.",
    where: "gossip",
  },
  SHARE_BAD_SIGNATURE: {
    summary: "A share's signature does not verify under the key of its node.",
    remedy: "Nothing to do here; the peer that forwarded it is scored down.",
    where: "gossip",
  },
  SHARE_UNKNOWN_NODE: {
    summary: "A share names a node that is not registered or has exited.",
    remedy: "Check that both sides follow the same chain and contract.",
    where: "gossip",
  },
  MESSAGE_DISAGREES: {
    summary: "A share is over another message than the own ledger's.",
    remedy:
      "Compare the two nodes' finalised blocks and versions: one of them is wrong, unless it is the message of " +
      "another epoch, which someone replays.",
    where: "gossip",
  },
  REQUEST_MALFORMED: {
    summary: "A request is not well formed.",
    remedy: "Correct the fields named here and send it again.",
    where: "api",
  },
  REQUEST_UNKNOWN_NODE: {
    summary: "A claim request names a node that is not registered or has exited.",
    remedy: "Ask an agent whose node is in the set.",
    where: "gossip",
  },
  EPOCH_NOT_CLOSED: {
    summary: "The epoch has not closed in the own ledger yet.",
    remedy: "Wait until a finalised block is past its end.",
    where: "policy",
  },
  EPOCH_TOO_OLD: {
    summary: "The epoch is no longer one of those that are signed.",
    remedy: "Ask for the latest closed epoch.",
    where: "policy",
  },
  NO_REWARDS: {
    summary: "The recipient has earned nothing by the end of this epoch.",
    remedy: "Check the address; rewards go to the beneficiary named at registration.",
    where: "policy",
  },
  BUDGET_EXCEEDED: {
    summary: "The origin has used up its budget of requests.",
    remedy: "Wait a little and ask again.",
    where: "policy",
  },
  CHAIN_UNHEALTHY: {
    summary: "The chain provider is unhealthy, so the agent abstains.",
    remedy: "Check the provider's health and that it follows the same chain as the others.",
    where: "chain",
  },

  // Bundles (P-100 to P-102).
  BUNDLE_MALFORMED: {
    summary: "A bundle does not have the form of one.",
    remedy: "Fetch it again from an agent of the same version.",
    where: "bundle",
  },
  BUNDLE_INCONSISTENT: {
    summary: "Parts of a bundle disagree with each other.",
    remedy: "Do not submit it; fetch one from another agent.",
    where: "bundle",
  },
  BUNDLE_BAD_SIGNATURE: {
    summary: "A bundle's signature does not verify under the keys of its signers.",
    remedy: "Do not submit it; fetch one from another agent.",
    where: "bundle",
  },
  BUNDLE_BELOW_QUORUM: {
    summary: "The stake that signed is below the quorum.",
    remedy: "Collect more shares; the missing nodes are the non-signers.",
    where: "bundle",
  },

  PROOF_MALFORMED: {
    summary: "A proof file does not have the form of one.",
    remedy: "Fetch it again with `quorate claim`, from an agent of the same version.",
    where: "proof",
  },
  PROOF_INVALID: {
    summary: "A proof does not lead to the root it names, or that root is not the one on chain.",
    remedy: "Do not use it; ask another agent, or for a signed claim (`quorate claim --signed`).",
    where: "proof",
  },

  // The demo and its harness.
  FLAG_INVALID: {
    summary: "A command-line flag or argument is unknown, missing or not allowed.",
    remedy: "Give one of the allowed values; --help lists the flags.",
    where: "commands",
  },
  CHILD_ENDED: {
    summary: "A process of the local network ended unexpectedly.",
    remedy: "Read the end of its log, shown here.",
    where: "harness",
  },
  CHILD_NOT_READY: {
    summary: "A process of the local network was not ready in time.",
    remedy: "Read the end of its log, shown here; on a busy machine try again with fewer nodes.",
    where: "harness",
  },
  STEP_TIMED_OUT: {
    summary: "A step of the local network did not finish in time.",
    remedy: "Read the logs of the agents; on a busy machine try again with fewer nodes.",
    where: "harness",
  },
  CHAIN_CANNOT_REORGANISE: {
    summary: "This kind of local chain cannot reorganise.",
    remedy: "Use anvil.",
    where: "harness",
  },
  CHAIN_CANNOT_RESTART: {
    summary: "This kind of local chain keeps nothing over a restart.",
    remedy: "Use anvil.",
    where: "harness",
  },
  INTERRUPTED: {
    summary: "The run was interrupted before its end.",
    remedy: "Start it again; nothing is left of it.",
    where: "demo",
  },
  DEVNET_PORTS_TAKEN: {
    summary: "The devnet finds no free ports for its chain and agents.",
    remedy: "End what listens on the named ports of 127.0.0.1, such as another devnet.",
    where: "devnet",
  },

  // The agent's disk, keys, configuration, chain provider and HTTP interface.
  ...AGENT_ERROR_CODES,
  ...NETWORK_ERROR_CODES,
  ...API_ERROR_CODES,
  ...CHAIN_ERROR_CODES,
  ...STORE_ERROR_CODES,
  ...SUBMIT_ERROR_CODES,
  ...KEYS_ERROR_CODES,
  ...LEDGER_ERROR_CODES,
  ...PEERS_ERROR_CODES,

  // What commands send and write.
  ...COMMAND_ERROR_CODES,

  // Compiling and deploying the contracts.
  ...CONTRACT_ERROR_CODES,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;
