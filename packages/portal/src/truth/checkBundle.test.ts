import { type BundleContent, buildBundle, digestOf, type NodeView, parseBundle, Signers, toHex } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { describe, expect, it } from "vitest";
import { checkBundle } from "./checkBundle.ts";

const scheme = await loadNativeScheme();
const domain = { chainId: 31_337n, verifyingContract: `0x${"aa".repeat(20)}` } as const;
const recipient = `0x${"bb".repeat(20)}` as const;
const message = { recipient, amount: 1_234_500_000_000n };
const secretOf = (id: number) => new Uint8Array(32).fill(id, 24);
const STAKE = 25_000_000_000_000n;
const NODES: readonly NodeView[] = Array.from({ length: 20 }, (_, i) => ({
  id: i + 1,
  state: "active",
  silent: false,
  stake: STAKE,
  blsKey: scheme.publicKeyOf(secretOf(i + 1)),
}));
/** Everybody but node 7: 95% exactly. */
const SIGNERS = NODES.map(({ id }) => id).filter((id) => id !== 7);
const digest = digestOf(domain, "RewardClaim", message);
const signature = scheme.aggregateSignatures(SIGNERS.map((id) => scheme.sign(secretOf(id), digest)));
const block = { number: 9, hash: `0x${"cc".repeat(32)}` } as const;
const signers = Signers.of(SIGNERS);
const content = parseBundle(buildBundle({ domain, epoch: 3, message, signature, signers, nodes: NODES, block }));
const expected = { domain, recipient };

const check = (changes: Partial<BundleContent>, nodes = NODES) =>
  checkBundle({ ...content, ...changes }, nodes, expected);
const refused = (code: string) => expect.objectContaining({ code });

describe("a bundle checked in the page by BLS of its own (P-24, P-101)", () => {
  it("one that agents' native BLS has made holds, and its stake is counted anew", async () => {
    const checked = await check({});
    expect(checked).toMatchObject({ signers: 19, active: 20 });
    expect(checked.stake).toMatchObject({ signedActive: 19n * STAKE, activeStake: 20n * STAKE, signedBps: 9_500 });
  });

  it("one more atomic unit, with its digest made to fit, is refused", async () => {
    const more = { ...message, amount: message.amount + 1n };
    const changes = { message: more, digest: digestOf(domain, "RewardClaim", more) };
    await expect(check(changes)).rejects.toEqual(refused("BUNDLE_BAD_SIGNATURE"));
  });

  it("one spoiled byte of the signature is refused", async () => {
    for (const at of [5, 100, 191]) {
      const spoiled = signature.slice();
      spoiled[at] = (spoiled[at] as number) ^ 1;
      await expect(check({ signature: spoiled }), `byte ${at}`).rejects.toEqual(refused("BUNDLE_BAD_SIGNATURE"));
    }
  });

  it("a signer that has not signed, or is no node, is refused", async () => {
    await expect(check({ signers: Signers.of([...SIGNERS, 7]) })).rejects.toEqual(refused("BUNDLE_BAD_SIGNATURE"));
    await expect(check({ signers: Signers.of([...SIGNERS, 21]) })).rejects.toEqual(refused("BUNDLE_INCONSISTENT"));
  });

  it("stake that the chain counts and the bundle does not keeps it below the quorum", async () => {
    const late: NodeView = { ...(NODES[0] as NodeView), id: 21, blsKey: scheme.publicKeyOf(secretOf(21)) };
    await expect(check({}, [...NODES, late])).rejects.toEqual(refused("BUNDLE_BELOW_QUORUM"));
  });

  it("one of another recipient or another network is refused before its signature is looked at", async () => {
    const other = { domain, recipient: `0x${"dd".repeat(20)}` };
    await expect(checkBundle(content, NODES, other)).rejects.toEqual(refused("BUNDLE_INCONSISTENT"));
    const elsewhere = { domain: { ...domain, chainId: 1n }, recipient };
    await expect(checkBundle(content, NODES, elsewhere)).rejects.toEqual(refused("BUNDLE_INCONSISTENT"));
    expect(toHex(content.digest)).toBe(toHex(digest));
  });
});
