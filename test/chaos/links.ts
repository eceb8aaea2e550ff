/**
 * How agents are connected in a chaos run: one interface for two layers. Network namespaces with the kernel's own
 * delays and losses where this machine allows it, else a proxy for every directed link. Not its job: which faults.
 */
import type { LinkLayer, LinksKind } from "./linkLayer.ts";
import { NetnsLinks, netnsAbilities } from "./netnsLinks.ts";
import { ProxyLinks } from "./proxyLinks.ts";

export interface ChosenLinks {
  readonly kind: LinksKind;
  readonly why: string;
  readonly canDelay: boolean;
}

/** @throws Error where namespaces are asked for and this machine has none */
export async function chooseLinks(wanted: LinksKind | null): Promise<ChosenLinks> {
  if (wanted === "proxy") return { kind: "proxy", why: "asked for", canDelay: true };
  const { missing, canDelay } = await netnsAbilities();
  if (wanted === "netns") {
    if (missing !== null) throw new Error(`no network namespaces here: ${missing}`);
    const without = canDelay ? "" : ", without delays and losses: this kernel has no netem";
    return { kind: "netns", why: `asked for${without}`, canDelay };
  }
  if (missing !== null) return { kind: "proxy", why: `no network namespaces here: ${missing}`, canDelay: true };
  if (!canDelay)
    return { kind: "proxy", why: "network namespaces are there, but the kernel has no netem", canDelay: true };
  return { kind: "netns", why: "ip netns, veth pairs and tc netem are there", canDelay };
}

export function openLinks(chosen: ChosenLinks, nodes: number): Promise<LinkLayer> {
  return chosen.kind === "netns" ? NetnsLinks.open(nodes, chosen.canDelay) : ProxyLinks.open(nodes);
}
