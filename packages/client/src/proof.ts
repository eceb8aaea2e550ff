/**
 * The cheapest way to be paid: a proof against a payable root (P-41). Enters: an agent, a recipient, perhaps a chain to
 * hold it against. Leaves: a proof file, or why a signing round is better. Not its job: signing rounds.
 */
import {
  type Address,
  buildProofFile,
  isQuorateError,
  type ProofContent,
  type ProofFile,
  quorateError,
  type SigningDomain,
} from "@quorate/common";
import type { ProofOfRewards } from "@quorate/common/http";
import type { AgentClient } from "./agentClient.ts";
import type { RewardsContract } from "./rewardsContract.ts";

export type ProofOrWhy = { readonly file: ProofFile; readonly content: ProofContent } | { readonly why: string };

/** What the chain says of a proof now. Amounts in atomic units. */
export interface ProofOnChain {
  readonly lifetime: bigint;
  readonly claimed: bigint;
  /** What `claimWithProof` would pay, the claim limit aside. */
  readonly pays: bigint;
}

/**
 * Asks one agent; holds its answer against the chain where there is one.
 * @throws PROOF_INVALID when what the agent says is not so, AGENT_UNREACHABLE, CHAIN_PROVIDER_FAILED
 */
export async function findProof(
  client: AgentClient,
  recipient: Address,
  contract: RewardsContract | null,
): Promise<ProofOrWhy> {
  return holdProof(await askProof(client, recipient), recipient, contract);
}

/** An agent's answer, with the network that it says it is of. */
export interface ProofSaid {
  readonly answer: ProofOfRewards | null;
  readonly domain: SigningDomain;
}

/** @throws AGENT_UNREACHABLE, and the agent's refusals; that it has no proof is none */
export async function askProof(client: AgentClient, recipient: Address): Promise<ProofSaid> {
  const [answer, { network }] = await Promise.all([
    client.proof(recipient).catch(unlessCode("PROOF_NOT_FOUND")),
    client.status(),
  ]);
  return { answer, domain: { chainId: BigInt(network.chainId), verifyingContract: network.contract } };
}

/**
 * What the answer is worth: a proof that pays, or why it does not.
 * @throws PROOF_INVALID, AGENT_ANSWER_INVALID for an agent of another network, CHAIN_PROVIDER_FAILED
 */
export async function holdProof(
  { answer, domain }: ProofSaid,
  recipient: Address,
  contract: RewardsContract | null,
): Promise<ProofOrWhy> {
  if (contract !== null) requireNetwork(domain, contract.domain);
  if (answer === null) return { why: "no payable root that the agent has a tree of holds the recipient" };
  requireSame("recipient", answer.recipient, recipient);
  const to = contract === null ? answer.distributor : await contract.distributor();
  const { epoch, rootIndex, rewardsRoot, amount, proof } = answer;
  const content: ProofContent = { domain, to, epoch, rootIndex, rewardsRoot, recipient, amount, proof };
  const file = buildProofFile(content);
  if (contract === null) return { file, content };
  const onChain = await checkProof(contract, content).catch(unlessCode("TRANSACTION_REVERTED"));
  if (onChain === null) return { why: `root ${rootIndex} is not among the last 8 that the contract takes` };
  if (onChain.pays === 0n) return { why: `the proof of epoch ${epoch} pays nothing that was not paid already` };
  if (amount <= onChain.lifetime) {
    return { why: `the proof of epoch ${epoch} adds nothing to what the chain has for the recipient` };
  }
  return { file, content };
}

/** @throws PROOF_INVALID, TRANSACTION_REVERTED with RootNotValid */
export async function checkProof(contract: RewardsContract, content: ProofContent): Promise<ProofOnChain> {
  const { rootIndex, rewardsRoot, recipient, amount } = content;
  requireSame("rewardsRoot", rewardsRoot, await contract.payableRoot(rootIndex));
  if (content.to !== null) requireSame("to", content.to, await contract.distributor());
  const { lifetime, claimed } = await contract.recipient(recipient);
  return { lifetime, claimed, pays: amount > lifetime ? amount - claimed : lifetime - claimed };
}

/** What an agent of another network proves says nothing of this one, and is no lie. */
function requireNetwork(given: SigningDomain, expected: SigningDomain): void {
  const [theirs, ours] = [given, expected].map(
    ({ chainId, verifyingContract }) => `contract ${verifyingContract} on chain ${chainId}`,
  );
  if (theirs === ours) return;
  throw quorateError("AGENT_ANSWER_INVALID", { reason: "an agent of another network", given: theirs, expected: ours });
}

function requireSame(part: string, given: string, expected: string): void {
  if (given !== expected) throw quorateError("PROOF_INVALID", { part, given, expected });
}

/** For `catch`: null for one code, and every other error goes on. */
function unlessCode(code: "PROOF_NOT_FOUND" | "TRANSACTION_REVERTED"): (error: unknown) => null {
  return (error) => {
    if (isQuorateError(error, code)) return null;
    throw error;
  };
}
