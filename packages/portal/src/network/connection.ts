/**
 * What the page asks: agents, and a chain to hold their answers against. Enters: the network's facts, the wallet.
 * Leaves: a client of `@quorate/client`, made anew when the chain that it may ask changes. Without the network's own
 * providers the wallet is asked; without a wallet no chain is, and what agents say is marked as not verified.
 */

import { computed, signal } from "@preact/signals";
import type { QuorateClient } from "@quorate/client";
import type { PortalFacts } from "@quorate/common/http";
import { wallet } from "../wallet/wallet.ts";

export type FactsState =
  | { readonly step: "reading" }
  | { readonly step: "failed"; readonly error: unknown }
  | { readonly step: "known"; readonly facts: PortalFacts };

export const facts = signal<FactsState>({ step: "reading" });

/** Here before any facts are known. */
let createClient: typeof import("./openClient.ts")["createClient"];

export async function loadFacts(): Promise<void> {
  facts.value = { step: "reading" };
  try {
    const parts = await import("./openClient.ts");
    const known = await parts.readFacts(document.baseURI);
    createClient = parts.createClient;
    facts.value = { step: "known", facts: known };
  } catch (error) {
    facts.value = { step: "failed", error };
  }
}

/** The agents that the page begins with: those of its facts, or the one that serves it. */
export function agentUrls({ agents }: PortalFacts): readonly string[] {
  return agents.length > 0 ? agents : [new URL(".", document.baseURI).href];
}

export interface Connection {
  readonly facts: PortalFacts;
  readonly client: QuorateClient;
  /** Who says what the chain has; null: nobody, and nothing that agents say can be verified. */
  readonly chain: "providers" | "wallet" | null;
}

/** Null while the facts are not known. */
export const connection = computed<Connection | null>(() => {
  if (facts.value.step !== "known") return null;
  const known = facts.value.facts;
  const { rpc, contract, chainId } = known;
  // Where there are providers the wallet is not asked, and connecting one begins nothing anew.
  const provider = rpc.length > 0 ? null : (wallet.value?.provider ?? null);
  const chain = rpc.length > 0 ? "providers" : provider === null ? null : "wallet";
  const client = createClient({
    agents: agentUrls(known),
    // Nobody is behind it where no chain can be asked; whoever asks it is told so by a coded error.
    chain: rpc.length > 0 ? rpc : (provider ?? []),
    rewards: contract,
    chainId: BigInt(chainId),
  });
  return { facts: known, client, chain };
});
