/**
 * A bundle of the right form, for tests of what stores and serves bundles: one node, all of the stake; the signature is
 * not checked.
 */
import { type Address, type Bundle, buildBundle, Signers } from "@quorate/common";

export function sampleBundle({ recipient, epoch }: { recipient: Address; epoch: number }): Bundle {
  return buildBundle({
    domain: { chainId: 31_337, verifyingContract: `0x${"cc".repeat(20)}` },
    epoch,
    message: { recipient, amount: 10n ** 9n + BigInt(epoch) },
    signature: new Uint8Array(192).fill(1),
    signers: Signers.of([1]),
    nodes: [{ id: 1, state: "active", silent: false, stake: 25_000n * 10n ** 9n, blsKey: new Uint8Array(96).fill(1) }],
    block: { number: 5, hash: `0x${"05".repeat(32)}` },
  });
}
