/**
 * Proof files (P-103): everything a recipient needs to be paid by proof (P-41), as one JSON, like a bundle. In: a
 * proof and where it is paid, or untrusted JSON. Out: a file, or its values after everything that can be recomputed
 * offline was. Whether the contract still has the root is for the chain to say.
 */
import { z } from "zod";
import { parseAtomic } from "./amount.ts";
import { quorateError } from "./errors.ts";
import { distributorInterface } from "./interfaces.ts";
import type { SigningDomain } from "./messages.ts";
import { verifyRewardsProof } from "./rewardsTree.ts";
import type { Address, Hex } from "./types.ts";

export const PROOF_FILE_VERSION = "1";

/** A tree of 2^64 recipients. */
const MAX_PROOF_HASHES = 64;
/** The JSON of a proof at all its bounds, rounded up; longer text is not parsed. */
const MAX_PROOF_CHARACTERS = 65_536;

export interface ProofContent {
  readonly domain: SigningDomain;
  /** RewardsDistributor, where the calldata is sent by the recipient; null when it is not known. */
  readonly to: Address | null;
  readonly epoch: number;
  readonly rootIndex: number;
  readonly rewardsRoot: Hex;
  readonly recipient: Address;
  /** Lifetime, in atomic units. */
  readonly amount: bigint;
  /** The siblings of the recipient's leaf from the bottom up. */
  readonly proof: readonly Hex[];
}

const integer = z.string().regex(/^(?:0|[1-9]\d{0,77})$/, "not a decimal integer");
const hexOf = (bytes: number) =>
  z.string().regex(new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`), `not ${bytes} bytes of hex`);

export const proofFileSchema = z.strictObject({
  version: z.literal(PROOF_FILE_VERSION),
  kind: z.literal("RewardsProof"),
  chainId: integer,
  contract: hexOf(20),
  to: hexOf(20).nullable(),
  epoch: integer,
  rootIndex: integer,
  rewardsRoot: hexOf(32),
  recipient: hexOf(20),
  amount: integer,
  proof: z.array(hexOf(32)).max(MAX_PROOF_HASHES),
  calldata: z.string().regex(/^0x(?:[0-9a-f]{2})*$/, "not lower-case hex"),
});

export type ProofFile = z.infer<typeof proofFileSchema>;

/** `claimWithProof(amount, rootIndex, proof)`, which the recipient sends. */
export function proofCalldata({ amount, rootIndex, proof }: Pick<ProofContent, "amount" | "rootIndex" | "proof">): Hex {
  return distributorInterface().encodeFunctionData("claimWithProof", [amount, rootIndex, [...proof]]) as Hex;
}

/** @throws PROOF_INVALID when the proof does not lead to its own root */
export function buildProofFile(content: ProofContent): ProofFile {
  requireProves(content);
  return {
    version: PROOF_FILE_VERSION,
    kind: "RewardsProof",
    chainId: String(content.domain.chainId),
    contract: content.domain.verifyingContract,
    to: content.to,
    epoch: String(content.epoch),
    rootIndex: String(content.rootIndex),
    rewardsRoot: content.rewardsRoot,
    recipient: content.recipient,
    amount: String(content.amount),
    proof: [...content.proof],
    calldata: proofCalldata(content),
  };
}

/**
 * Reads a proof file from JSON text and recomputes what can be recomputed offline.
 * @throws PROOF_MALFORMED, PROOF_INVALID
 */
export function parseProofFile(text: string): ProofContent {
  const file = parseForm(text);
  const content: ProofContent = {
    domain: { chainId: BigInt(file.chainId), verifyingContract: file.contract as Address },
    to: file.to as Address | null,
    epoch: safeInteger("epoch", file.epoch),
    rootIndex: safeInteger("rootIndex", file.rootIndex),
    rewardsRoot: file.rewardsRoot as Hex,
    recipient: file.recipient as Address,
    amount: parseAtomic(file.amount),
    proof: file.proof as Hex[],
  };
  requireProves(content);
  const calldata = proofCalldata(content);
  if (file.calldata !== calldata) {
    throw quorateError("PROOF_INVALID", { part: "calldata", given: file.calldata, recomputed: calldata });
  }
  return content;
}

function requireProves({ rewardsRoot, recipient, amount, proof }: ProofContent): void {
  if (verifyRewardsProof(rewardsRoot, recipient, amount, proof)) return;
  throw quorateError("PROOF_INVALID", { part: "proof", recipient, amount, rewardsRoot, hashes: proof.length });
}

function parseForm(text: string): ProofFile {
  if (text.length > MAX_PROOF_CHARACTERS) {
    throw quorateError("PROOF_MALFORMED", { lengthCharacters: text.length, maxCharacters: MAX_PROOF_CHARACTERS });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw quorateError("PROOF_MALFORMED", { reason: "not JSON" }, { cause });
  }
  const result = proofFileSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw quorateError("PROOF_MALFORMED", { field: issue?.path.join(".") || "(whole)", reason: issue?.message });
}

function safeInteger(field: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw quorateError("PROOF_MALFORMED", { field, value: text });
  return value;
}
