/** The contracts with registered nodes on anvil, for tests of what is asked of a chain and sent to it over HTTP. */
import { type SimulatedChain, startTestNetwork, type TestNetwork } from "@quorate/contracts/testing";
import { BrowserProvider } from "ethers";
import { startAnvil, type TestChain } from "./chain.ts";

/** Stop `chain` after use. */
export async function startAnvilNetwork(nodes: number): Promise<{
  readonly chain: TestChain;
  readonly network: TestNetwork;
}> {
  const chain = await startAnvil();
  const request = async ({ method, params }: { method: string; params?: unknown[] | Record<string, unknown> }) => {
    const result = await chain.rpc(method, ...((params as unknown[] | undefined) ?? []));
    // Anvil answers before it mines. Ethers waits for the next block where it finds no receipt, and none comes by
    // itself here: what was mined between the two was waited for to no end.
    if (method === "eth_sendTransaction") await chain.mined(String(result));
    return result;
  };
  const provider = new BrowserProvider({ request }, undefined, { cacheTimeout: -1 });
  const signers = await Promise.all([0, 1].map((index) => provider.getSigner(index)));
  // On anvil only these two parts of a simulated chain are there, and deploying needs no other.
  const network = await startTestNetwork({ nodes }, { provider, signers } as unknown as SimulatedChain);
  return { chain, network };
}
