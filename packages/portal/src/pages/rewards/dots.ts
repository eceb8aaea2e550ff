/** The nodes of a signing round in their order, each lit or not. */
import type { ClaimView, NodeId } from "@quorate/common";

export interface Dot {
  readonly id: NodeId;
  readonly hasSigned: boolean;
}

export function dotsOf({ signers, missing }: Pick<ClaimView, "signers" | "missing">): readonly Dot[] {
  const lit = new Set(signers);
  const ids = [...new Set([...signers, ...missing])].sort((a, b) => a - b);
  return ids.map((id) => ({ id, hasSigned: lit.has(id) }));
}
