/**
 * The digests, computed a second time by hand from EIP-712's text, on noble's keccak: nothing of ethers is in it.
 */
import { keccak_256 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../vectors/digests.json" with { type: "json" };
import { concatBytes, fromHex, toHex } from "./hex.ts";
import { digestOf, domainSeparator, type MessageKind, type MessageOf, type SigningDomain } from "./messages.ts";
import { thrownCode } from "./testing/index.ts";
import type { Address, Hex } from "./types.ts";

const text = (value: string) => keccak_256(new TextEncoder().encode(value));
const word = (value: bigint | number) => fromHex(`0x${BigInt(value).toString(16).padStart(64, "0")}`);
const left = (hex: string) => fromHex(`0x${hex.slice(2).padStart(64, "0")}`);
const list = (values: readonly number[]) => keccak_256(concatBytes(...values.map(word)));

const STRUCTS: { readonly [K in MessageKind]: (message: MessageOf[K]) => Uint8Array } = {
  RewardClaim: ({ recipient, amount }) =>
    keccak_256(concatBytes(text("RewardClaim(address recipient,uint256 amount)"), left(recipient), word(amount))),
  EpochReport: (report) =>
    keccak_256(
      concatBytes(
        text("EpochReport(uint64 epoch,bytes32 rewardsRoot,uint256 totalOwed,uint64[] activate,uint64[] decommission)"),
        word(report.epoch),
        fromHex(report.rewardsRoot),
        word(report.totalOwed),
        list(report.activate),
        list(report.decommission),
      ),
    ),
  Contest: ({ epoch }) => keccak_256(concatBytes(text("Contest(uint64 epoch)"), word(epoch))),
  ProofOfPossession: ({ blsKey, operator, identityKey }) =>
    keccak_256(
      concatBytes(
        text("ProofOfPossession(bytes blsKey,address operator,bytes32 identityKey)"),
        keccak_256(blsKey),
        left(operator),
        identityKey,
      ),
    ),
  ClaimRequest: ({ recipient, epoch, nodeId }) =>
    keccak_256(
      concatBytes(
        text("ClaimRequest(address recipient,uint64 epoch,uint64 nodeId)"),
        left(recipient),
        word(epoch),
        word(nodeId),
      ),
    ),
};

function separatorByHand({ chainId, verifyingContract }: SigningDomain): Uint8Array {
  return keccak_256(
    concatBytes(
      text("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
      text("ServiceNodeRewards"),
      text("1"),
      word(chainId),
      left(verifyingContract),
    ),
  );
}

function byHand<K extends MessageKind>(domain: SigningDomain, kind: K, message: MessageOf[K]): Hex {
  return toHex(keccak_256(concatBytes(Uint8Array.of(0x19, 0x01), separatorByHand(domain), STRUCTS[kind](message))));
}

/** A message as the vectors write it: integers as decimal strings, bytes as hex. */
function messageOf(kind: MessageKind, fields: Record<string, string | string[]>): MessageOf[MessageKind] {
  const bytes = new Set(["blsKey", "identityKey"]);
  const numbers = new Set(["epoch", "nodeId"]);
  const amounts = new Set(["amount", "totalOwed"]);
  const one = (name: string, value: string | string[]): unknown => {
    if (Array.isArray(value)) return value.map(Number);
    if (bytes.has(name)) return fromHex(value);
    if (numbers.has(name)) return Number(value);
    return amounts.has(name) ? BigInt(value) : value;
  };
  const entries = Object.entries(fields).map(([name, value]) => [name, one(name, value)]);
  return Object.fromEntries(entries) as MessageOf[typeof kind];
}

describe("digests (P-4, P-5)", () => {
  it.each(vectors.vectors.map((vector, i) => ({ ...vector, i })))("shared vector $i: $kind", (vector) => {
    const kind = vector.kind as MessageKind;
    const domain = {
      chainId: BigInt(vector.domain.chainId),
      verifyingContract: vector.domain.verifyingContract as Address,
    };
    const message = messageOf(kind, vector.message as unknown as Record<string, string | string[]>);
    expect(toHex(domainSeparator(domain))).toBe(vector.domainSeparator);
    expect(toHex(separatorByHand(domain))).toBe(vector.domainSeparator);
    expect(toHex(digestOf(domain, kind, message as never))).toBe(vector.digest);
    expect(byHand(domain, kind, message as never)).toBe(vector.digest);
  });

  it("shared type hashes are those of the rule's own text", () => {
    for (const { type, typeHash } of Object.values(vectors.types)) expect(toHex(text(type))).toBe(typeHash);
  });

  it("both computations agree on any message", () => {
    const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => toHex(bytes));
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const uint = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    const uint256 = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });
    const domain = fc.record({ chainId: uint256, verifyingContract: address });
    const anyOf: { [K in MessageKind]: fc.Arbitrary<MessageOf[K]> } = {
      RewardClaim: fc.record({ recipient: address, amount: uint256 }),
      EpochReport: fc.record({
        epoch: uint,
        rewardsRoot: bytes32.map((bytes) => toHex(bytes)),
        totalOwed: uint256,
        activate: fc.array(uint, { maxLength: 5 }),
        decommission: fc.array(uint, { maxLength: 5 }),
      }),
      Contest: fc.record({ epoch: uint }),
      ProofOfPossession: fc.record({
        blsKey: fc.uint8Array({ minLength: 96, maxLength: 96 }),
        operator: address,
        identityKey: bytes32,
      }),
      ClaimRequest: fc.record({ recipient: address, epoch: uint, nodeId: uint }),
    };
    for (const kind of Object.keys(anyOf) as MessageKind[]) {
      fc.assert(
        fc.property(domain, anyOf[kind] as fc.Arbitrary<never>, (where, message) => {
          expect(toHex(digestOf(where, kind, message))).toBe(byHand(where, kind, message));
        }),
        { numRuns: 50 },
      );
    }
  });

  it("the two empty lists of a report are keccak256 of nothing, and the lists are not confused", () => {
    const domain = { chainId: 1, verifyingContract: `0x${"11".repeat(20)}` } as const;
    const report = { epoch: 1, rewardsRoot: `0x${"00".repeat(32)}`, totalOwed: 0n } as const;
    const digests = [
      digestOf(domain, "EpochReport", { ...report, activate: [], decommission: [] }),
      digestOf(domain, "EpochReport", { ...report, activate: [1], decommission: [] }),
      digestOf(domain, "EpochReport", { ...report, activate: [], decommission: [1] }),
    ].map(toHex);
    expect(new Set(digests).size).toBe(3);
  });

  it("a chain or contract of one's own changes the digest, cached or not", () => {
    const message = { recipient: `0x${"22".repeat(20)}`, amount: 1n } as const;
    const contracts = Array.from({ length: 40 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, "0")}` as Address);
    const pass = () =>
      contracts.flatMap((verifyingContract) =>
        [1, 2].map((chainId) => toHex(digestOf({ chainId, verifyingContract }, "RewardClaim", message))),
      );
    const first = pass();
    expect(new Set(first).size).toBe(80);
    expect(pass()).toEqual(first);
  });

  it("error: fields that do not fit their type", () => {
    const domain = { chainId: 1, verifyingContract: `0x${"11".repeat(20)}` } as const;
    const recipient: Address = `0x${"22".repeat(20)}`;
    for (const run of [
      () => digestOf(domain, "RewardClaim", { recipient, amount: -1n }),
      () => digestOf(domain, "RewardClaim", { recipient, amount: 1n << 256n }),
      () => digestOf(domain, "RewardClaim", { recipient: "0x22", amount: 1n }),
      () => digestOf(domain, "ClaimRequest", { recipient, epoch: -1, nodeId: 1 }),
      () => digestOf(domain, "ClaimRequest", { recipient, epoch: 1.5, nodeId: 1 }),
      () => digestOf({ ...domain, chainId: -1n }, "RewardClaim", { recipient, amount: 1n }),
    ]) {
      expect(thrownCode(run)).toBe("MESSAGE_INVALID");
    }
  });
});
