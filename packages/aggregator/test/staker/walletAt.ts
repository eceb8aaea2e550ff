/** A wallet of a page (EIP-1193), for tests of who signs. */
import type { Eip1193Provider } from "@quorate/client";
import type { Address } from "@quorate/common";
import { ground } from "./ground.ts";

/** A wallet that holds one account and asks nobody: anvil signs for it. */
export function walletAt(address: Address, over: Record<string, () => unknown> = {}) {
  const asked: string[] = [];
  const wallet: Eip1193Provider = {
    async request({ method, params = [] }) {
      asked.push(method);
      const own = over[method];
      if (own !== undefined) return own();
      if (method === "eth_requestAccounts" || method === "eth_accounts") return [address];
      if (method === "eth_sendTransaction") await ground.net.chain.rpc("anvil_impersonateAccount", address);
      return rpc(ground.net.chain.url, method, params);
    },
  };
  return { wallet, asked };
}

/** As wallets do: what the node says of an error is thrown as it is, with the data of a revert. */
async function rpc(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { result, error } = (await response.json()) as { result?: unknown; error?: object };
  if (error !== undefined) throw error;
  return result;
}
