/**
 * A bundle checked in the page itself (P-24, P-100 to P-102): by BLS, with the keys of the node set. Enters: a bundle,
 * the node set as the chain has it. Leaves: how much stake has signed by this page's own count. Loaded only when there
 * is a bundle. Not its job: whether the contract would pay (`@quorate/client`).
 */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import {
  type BundleContent,
  digestOf,
  equalBytes,
  hasMoneyQuorum,
  type NodeView,
  nobleScheme,
  quorateError,
  type SignedStake,
  type SigningDomain,
  stakeSigned,
} from "@quorate/common";

const { Point } = bls12_381.G1;
const { Fp } = bls12_381.fields;

/** Keys summed before the page may draw again: some 10 ms of script here, below 100 on a slow phone. */
const KEYS_AT_ONCE = 256;

export interface Expected {
  readonly domain: SigningDomain;
  readonly recipient: string;
}

export interface CheckedHere {
  readonly stake: SignedStake;
  /** How many nodes have signed. */
  readonly signers: number;
  /** How many active nodes there are. */
  readonly active: number;
}

/**
 * @throws BUNDLE_INCONSISTENT for another recipient, network or digest, or a signer that is no node;
 * BUNDLE_BELOW_QUORUM; BUNDLE_BAD_SIGNATURE when the aggregate does not verify
 */
export async function checkBundle(
  { domain, message, digest, signature, signers }: BundleContent,
  nodes: readonly NodeView[],
  expected: Expected,
): Promise<CheckedHere> {
  if (message.recipient !== expected.recipient) {
    const given = message.recipient;
    throw quorateError("BUNDLE_INCONSISTENT", { part: "recipient", given, expected: expected.recipient });
  }
  const given = digestOf(domain, "RewardClaim", message);
  const asked = digestOf(expected.domain, "RewardClaim", message);
  if (!equalBytes(given, asked) || !equalBytes(digest, asked)) {
    throw quorateError("BUNDLE_INCONSISTENT", { part: "digest", contract: domain.verifyingContract });
  }
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const keys = signers.ids().map((id) => {
    const node = byId.get(id);
    if (node === undefined) throw quorateError("BUNDLE_INCONSISTENT", { part: "signers", id, reason: "no such node" });
    return node.blsKey;
  });
  if (keys.length === 0 || !nobleScheme.verify(await sumOf(keys), asked, signature)) {
    throw quorateError("BUNDLE_BAD_SIGNATURE", { recipient: message.recipient, signers: keys.length });
  }
  const stake = stakeSigned(signers, nodes);
  if (!hasMoneyQuorum(stake)) {
    const { signedActive, activeStake } = stake;
    throw quorateError("BUNDLE_BELOW_QUORUM", { signedActive, activeStake });
  }
  return { stake, signers: keys.length, active: nodes.filter(({ state }) => state === "active").length };
}

/**
 * The plain sum of all keys, some at a time. Each was proven to the contract when it was registered (P-8), so that only
 * the sum is checked to be a point of the group, by `verify`: that takes a hundredth of the time.
 */
async function sumOf(keys: readonly Uint8Array[]): Promise<Uint8Array> {
  let sum = Point.ZERO;
  for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
    if (at > 0) await new Promise((resolve) => setTimeout(resolve));
    for (const key of keys.slice(at, at + KEYS_AT_ONCE)) sum = sum.add(pointOf(key));
  }
  return sum.is0() ? new Uint8Array(96) : sum.toBytes(false);
}

function pointOf(key: Uint8Array): typeof Point.ZERO {
  return Point.fromAffine({ x: Fp.fromBytes(key.slice(0, 48)), y: Fp.fromBytes(key.slice(48)) });
}
