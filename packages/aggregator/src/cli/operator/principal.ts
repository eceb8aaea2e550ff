/**
 * What is left to do about an exited node's principal. Enters: the node as the chain has it now. Leaves: one sentence
 * for people, whose command works at this moment. Not its job: paying; leaving.ts.
 */
import { type NodeDetails, type RewardsContract, readNode } from "@quorate/client";
import { isQuorateError } from "@quorate/common";
import type { StatusAnswer } from "@quorate/common/http";
import { dateText } from "../print.ts";
import { connectTarget } from "../target.ts";

/** What an agent tells of its own node. */
export type OwnNodeView = NonNullable<StatusAnswer["ownNode"]>;

/** Of one moment: the chain's newest block. */
export interface Principal {
  readonly node: NodeDetails;
  /** Seconds since 1970. */
  readonly now: number;
}

/** @throws NODE_UNKNOWN, CHAIN_PROVIDER_FAILED */
export async function readPrincipal(contract: RewardsContract, id: number): Promise<Principal> {
  const [node, newest] = await Promise.all([readNode(contract, id), contract.chain.getBlock("latest")]);
  return { node, now: newest?.timestamp ?? 0 };
}

/**
 * Of the node that an agent tells of. Null where it is unknown: no chain was named, or it does not answer, or it has
 * another node there.
 */
export async function principalOf(
  own: OwnNodeView,
  { config, network }: { readonly config?: string; readonly network?: string },
): Promise<Principal | null> {
  if (config === undefined && network === undefined) return null;
  try {
    const named = network === undefined ? {} : { network };
    const contract = await connectTarget({ ...named, ...(config === undefined ? {} : { config }), rpc: [] });
    try {
      const principal = await readPrincipal(contract, own.nodeId);
      const { state, operator } = principal.node;
      return state === "exited" && operator === own.operator ? principal : null;
    } finally {
      contract.close();
    }
  } catch (error) {
    // The rest of the status is worth showing all the same.
    if (isQuorateError(error)) return null;
    throw error;
  }
}

export function principalStep(principal: Principal): string {
  // Otherwise nobody learns why a node has exited that was never asked to leave (P-36).
  const why = principal.node.liquidated ? "it was liquidated for its silence, and " : "";
  return `${why}${stepOf(principal)}`;
}

function stepOf({ node, now }: Principal): string {
  const { id, operator, unlocksAt, contributors } = node;
  const command = `\`quorate withdraw --node ${id}`;
  const unpaid = contributors.filter(({ withdrawn }) => !withdrawn);
  if (unpaid.length === 0) return "its principal was paid back";
  if (unlocksAt !== null && now < unlocksAt) {
    return `its principal is locked until ${dateText(unlocksAt)}; ${command}\` has it paid then`;
  }
  if (unpaid.some(({ addr }) => addr === operator)) return `its principal is free: ${command}\` has it paid`;
  const others = unpaid.map(({ addr }) => addr);
  const theirs = `that of ${others.join(", ")} is free`;
  return `the operator's principal was paid back, and ${theirs}: ${command} --for <address>\``;
}
