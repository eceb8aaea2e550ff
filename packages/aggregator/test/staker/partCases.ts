/** A part of what is owed: for who is owed more than the cycle leaves, by the client and by the command. */
import { createClient } from "@quorate/client";
import { formatPlainAmount, type QuorateError } from "@quorate/common";
import { send } from "@quorate/contracts/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { DEAD, ground } from "./ground.ts";
import { keyOf, quorate } from "./quorateHere.ts";
import { walletAt } from "./walletAt.ts";

const CYCLE_SECONDS = 43_200n;

/** Lowers the limit until the test is over: so much is left for all claims of this cycle. */
async function leave(atomic: bigint): Promise<void> {
  const { rewards, network } = { rewards: ground.net.network.rewards, network: ground.net.contract };
  const { limit, left } = await network.claimLimit();
  await send(rewards, "setClaimLimit", limit - left + atomic, CYCLE_SECONDS);
  onTestFinished(() => send(rewards, "setClaimLimit", limit, CYCLE_SECONDS).then(() => {}));
}

describe("a part of what is owed", () => {
  it("P-26, P-147: by a proof, what the cycle leaves: recorded, then paid; the rest needs no agent", async () => {
    const { address, wallet } = await ground.newcomer();
    const client = ground.client([await ground.net.serve(address, { proof: await ground.net.record(address, 700n) })]);
    await leave(300n);
    const whole = await client.claim(address);
    expect(whole).toMatchObject({
      pays: 700n,
      paysNow: 0n,
      rest: 0n,
      refusal: { error: "ClaimLimitExceeded(700, 300)" },
    });
    const payment = await client.claim(address, { amount: 300n });
    expect(payment).toMatchObject({
      kind: "proof",
      pays: 300n,
      paysNow: 300n,
      rest: 400n,
      isTried: true,
      refusal: null,
    });
    expect(payment.transactions.map(({ what }) => what)).toEqual(["updateRewardsBalancesWithProofs", "claimRewards"]);
    const { amount, receipts } = await client.pay(payment, wallet);
    expect([amount, receipts.map(({ status }) => status)]).toEqual([300n, [1, 1]]);
    expect(await ground.net.contract.recipient(address)).toEqual({ lifetime: 700n, claimed: 300n });
    expect(await ground.net.balanceOf(address)).toBe(300n);

    await leave(400n);
    const next = await ground.client([DEAD]).claim(address, { amount: 399n });
    expect(next).toMatchObject({ kind: "recorded", pays: 399n, rest: 1n, isTried: true, refusal: null });
    expect((await client.pay(next, wallet)).receipts).toHaveLength(1);
    const last = await ground.client([DEAD]).claim(address, { amount: 1n });
    expect(last).toMatchObject({ pays: 1n, rest: 0n, transactions: [{ what: "claimRewards" }] });
  });

  it("P-147: by a bundle; a no to the second transaction leaves one to send, by the same payment", async () => {
    const { address } = await ground.newcomer();
    const url = await ground.net.serve(address, { claim: await ground.net.signed(address, 500n) });
    const client = ground.client([url]);
    const payment = await client.claim(address, { amount: 200n });
    expect(payment.transactions.map(({ what }) => what)).toEqual(["updateRewardsBalance", "claimRewards"]);
    const answers = [{ says: "yes" }, { says: "no" }];
    const { wallet, asked } = walletAt(address);
    const saysNo = {
      async request(question: Parameters<typeof wallet.request>[0]) {
        const no = question.method === "eth_sendTransaction" && answers.shift()?.says === "no";
        return no ? Promise.reject({ code: 4001, message: "no" }) : wallet.request(question);
      },
    };
    await expect(client.pay(payment, saysNo)).rejects.toMatchObject({
      code: "WALLET_REFUSED",
      values: { recordedBy: [expect.stringMatching(/^0x[0-9a-f]{64}$/)] },
      remedy: expect.stringContaining("only the payment is left"),
    });
    expect(await ground.net.contract.recipient(address)).toEqual({ lifetime: 500n, claimed: 0n });
    expect((await client.pay(payment, wallet)).amount).toBe(200n);
    expect(asked.filter((method) => method === "eth_sendTransaction")).toHaveLength(2);
    expect(await ground.net.contract.recipient(address)).toEqual({ lifetime: 500n, claimed: 200n });
  });

  it("P-147: where no provider simulates two calls together, that is said, and the part is paid", async () => {
    const { address } = await ground.newcomer();
    const url = await ground.net.serve(address, { claim: await ground.net.signed(address, 500n) });
    const { wallet } = walletAt(address, { eth_simulateV1: () => Promise.reject({ code: -32_601, message: "none" }) });
    const client = createClient({ agents: [url], chain: wallet, rewards: ground.net.rewards });
    ground.closeAfter(() => client.close());
    const payment = await client.claim(address, { amount: 499n });
    expect(payment).toMatchObject({ isTried: false, refusal: null, pays: 499n, rest: 1n });
    expect((await client.pay(payment, wallet)).amount).toBe(499n);
  });

  it("P-29: error: zero, above what is owed, above what the cycle leaves, also when others took it since", async () => {
    const { address, wallet } = await ground.newcomer();
    const client = ground.client([await ground.net.serve(address, { claim: await ground.net.signed(address, 500n) })]);
    await expect(client.claim(address, { amount: 0n })).rejects.toMatchObject({ code: "CLAIM_AMOUNT_ZERO" });
    await expect(client.claim(address, { amount: 501n })).rejects.toMatchObject({
      code: "CLAIM_ABOVE_OWED",
      values: { amount: 501n, owed: 500n },
    });
    const payment = await client.claim(address, { amount: 200n });
    await leave(199n);
    const above = { code: "CLAIM_ABOVE_LIMIT", values: { amount: 200n, left: 199n } };
    await expect(client.claim(address, { amount: 200n })).rejects.toMatchObject(above);
    await expect(client.pay(payment, wallet)).rejects.toMatchObject(above);
    expect(await ground.net.contract.recipient(address)).toEqual({ lifetime: 0n, claimed: 0n });
  });
});

it("P-29, P-147: quorate claim names the command that is paid now, which is", async () => {
  const { address, wallet } = await ground.newcomer();
  const agent = await ground.net.serve(address, { proof: await ground.net.record(address, 900n) });
  await leave(250n);
  const claim = ["claim", "--agent", agent, "--submit", "--account-key-file", keyOf(wallet)];
  const error = await quorate(...claim, "--yes").catch((thrown: unknown) => thrown as QuorateError);
  expect(error).toMatchObject({ code: "CLAIM_ABOVE_LIMIT", values: { amount: 900n, left: 250n } });
  const { remedy } = error as QuorateError;
  expect(remedy).toMatch(/the next cycle begins at 20\d\d-\d\d-\d\dT/);
  const named = /`quorate (.+?)`/.exec(remedy)?.[1]?.split(" ") ?? [];
  expect(named.slice(-2)).toEqual(["--amount", formatPlainAmount(250n)]);
  await expect(quorate(...claim, "--yes", "--amount", formatPlainAmount(251n))).rejects.toMatchObject({ remedy });

  const shown = await quorate("claim", "--agent", agent, "--recipient", address);
  expect(shown.stderr).toContain("--amount 0.00000025`");
  const dry = (await quorate(...named, "--dry-run", "--json")).json();
  expect(dry).toMatchObject({
    dryRun: true,
    effects: [
      expect.stringContaining("Pays 0.00000025 SESH"),
      "0.00000065 SESH more stay owed.",
      expect.stringContaining("two transactions"),
    ],
    transactions: [{ what: "updateRewardsBalancesWithProofs" }, { what: "claimRewards" }],
  });
  const paid = (await quorate(...named, "--yes", "--json")).json();
  expect(paid).toMatchObject({
    paid: "250",
    rest: "650",
    lifetime: "900",
    transactions: [expect.stringMatching(/^0x/), expect.stringMatching(/^0x/)],
  });
  await expect(quorate(...claim, "--yes")).rejects.toMatchObject({
    code: "CLAIM_ABOVE_LIMIT",
    remedy: expect.stringMatching(/^Nothing is left in this cycle; the next cycle begins at 20/),
  });
});
