/** Who signs: wallets in a page (EIP-1193), signers of ethers; and what is said before anybody is asked to sign. */
import { createClient } from "@quorate/client";
import { BrowserProvider } from "ethers";
import { describe, expect, it } from "vitest";
import { ground } from "./ground.ts";
import { walletAt } from "./walletAt.ts";

const claimed = async (amount: bigint) => {
  const { address, wallet: key } = await ground.newcomer();
  const url = await ground.net.serve(address, { claim: await ground.net.signed(address, amount) });
  const client = ground.client([url]);
  return { address, key, url, client, payment: await client.claim(address, { way: "bundle" }) };
};

describe("a wallet in a page", () => {
  it("pays as it is, and may be the chain that is asked, too (EIP-1193)", async () => {
    const { address, url } = await claimed(70n);
    const { wallet } = walletAt(address);
    const client = createClient({ agents: [url], chain: wallet, rewards: ground.net.rewards });
    ground.closeAfter(() => client.close());
    const sent: string[] = [];
    const paid = await client.pay(await client.claim(address), wallet, {
      onSent: ({ hash }) => void sent.push(hash),
    });
    expect([paid.amount, sent]).toEqual([70n, [paid.receipt.hash]]);
    await expect(client.claim(address)).rejects.toMatchObject({ code: "NOTHING_OWED" });
  });

  it("pays by the signer that ethers makes of it, where a provider of ethers is the chain", async () => {
    const { address, url } = await claimed(80n);
    const provider = new BrowserProvider(walletAt(address).wallet as ConstructorParameters<typeof BrowserProvider>[0]);
    const client = createClient({ agents: [url], chain: provider, rewards: ground.net.rewards });
    ground.closeAfter(() => client.close());
    const { amount } = await client.pay(await client.claim(address), await provider.getSigner());
    expect(amount).toBe(80n);
    await expect(client.claim(address, { way: "proof" })).rejects.toMatchObject({ code: "PROOF_NOT_FOUND" });
  });

  it("error: WALLET_REFUSED for a person's no, CHAIN_WRONG_ID for a wallet on another chain", async () => {
    const { address, client, payment } = await claimed(90n);
    const no = walletAt(address, { eth_sendTransaction: () => Promise.reject({ code: 4001, message: "no" }) });
    await expect(client.pay(payment, no.wallet)).rejects.toMatchObject({ code: "WALLET_REFUSED" });
    const elsewhere = walletAt(address, { eth_chainId: () => "0x1" });
    await expect(client.pay(payment, elsewhere.wallet)).rejects.toMatchObject({
      code: "CHAIN_WRONG_ID",
      values: { found: 1n, expected: 31_337n },
    });
  });

  it("error: a call that would be refused is refused before the wallet is asked (P-106)", async () => {
    const { address, key, client, payment } = await claimed(100n);
    await client.pay(payment, key);
    const { wallet, asked } = walletAt(address);
    await expect(client.pay(payment, wallet)).rejects.toMatchObject({
      code: "TRANSACTION_REVERTED",
      values: { error: expect.stringMatching(/^NothingToClaim\(/) },
    });
    expect(asked).not.toContain("eth_sendTransaction");
  });
});

it("error: SIGNER_NOT_RECIPIENT, because rewards are paid to whoever sends", async () => {
  const { client, payment, address } = await claimed(110n);
  const other = await ground.newcomer();
  await expect(client.pay(payment, other.wallet)).rejects.toMatchObject({
    code: "SIGNER_NOT_RECIPIENT",
    values: { signer: other.address, needed: address },
  });
});
