import { Interface } from "ethers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { serviceNodeRewardsAbi } from "./abi/index.ts";
import { loadNativeScheme } from "./bls/native.ts";
import { type Bundle, type BundleInput, buildBundle, parseBundle } from "./bundle.ts";
import { rewardClaimCalldata } from "./calldata.ts";
import { fromHex, toHex } from "./hex.ts";
import { digestOf } from "./messages.ts";
import { g2Struct } from "./points.ts";
import type { NodeView } from "./quorum.ts";
import { Signers } from "./signers.ts";
import { craft, thrownCode } from "./testing/index.ts";
import type { NodeState } from "./types.ts";

const scheme = await loadNativeScheme();
const domain = { chainId: 31337n, verifyingContract: `0x${"aa".repeat(20)}` } as const;
const message = { recipient: `0x${"bb".repeat(20)}`, amount: 1_234_500_000_000n } as const;
const digest = digestOf(domain, "RewardClaim", message);

const secretOf = (id: number) => craft.secretBytes(BigInt(id) ** 30n);
const node = (id: number, state: NodeState = "active"): NodeView => ({
  id,
  state,
  silent: false,
  stake: 25_000_000_000_000n,
  blsKey: scheme.publicKeyOf(secretOf(id)),
});
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
/** 24 active nodes and one pending, 25. */
const NODES = [...ids(1, 24).map((id) => node(id)), node(25, "pending")];

function inputFor(signerIds: readonly number[], nodes: readonly NodeView[] = NODES): BundleInput {
  const signers = Signers.of(signerIds);
  const signature = scheme.aggregateSignatures(signerIds.map((id) => scheme.sign(secretOf(id), digest)));
  return { domain, epoch: 7, message, signature, signers, nodes, block: { number: 99, hash: `0x${"cc".repeat(32)}` } };
}

/** Everyone but 5 signed, and the pending 25 too. */
const INPUT = inputFor(ids(1, 25).filter((id) => id !== 5));
const BUNDLE = buildBundle(INPUT);

const changed = (changes: Partial<Bundle>) => ({ ...BUNDLE, ...changes });
const parseCode = (value: unknown) => thrownCode(() => parseBundle(value));

describe("buildBundle (P-100)", () => {
  it("is plain JSON: integers as decimal strings, bytes as lower-case hex", () => {
    expect(JSON.parse(JSON.stringify(BUNDLE))).toEqual(BUNDLE);
    expect(BUNDLE).toMatchObject({
      version: "1",
      kind: "RewardClaim",
      chainId: "31337",
      contract: domain.verifyingContract,
      epoch: "7",
      message: { recipient: message.recipient, amount: "1234500000000" },
      digest: toHex(digest),
      nonSigners: ["5"],
      extraSigners: ["25"],
      block: { number: "99" },
      stake: { activeStake: "600000000000000", signedActive: "575000000000000", decommissionedStake: "0" },
    });
    const strings = (value: unknown): boolean =>
      typeof value === "string" || (typeof value === "object" && Object.values(value as object).every(strings));
    expect(strings(BUNDLE)).toBe(true);
  });

  it("its calldata calls updateRewardsBalance with the same values (P-25)", () => {
    const call = new Interface(serviceNodeRewardsAbi).parseTransaction({ data: BUNDLE.calldata });
    expect(call?.name).toBe("updateRewardsBalance");
    const [recipient, amount, signature, nonSigners, extraSigners] = call?.args.toArray() ?? [];
    expect([recipient.toLowerCase(), amount]).toEqual([message.recipient, message.amount]);
    expect([[...nonSigners], [...extraSigners]]).toEqual([[5n], [25n]]);
    expect(signature.toObject()).toEqual(g2Struct(INPUT.signature));
  });

  it("the key the contract adds up from its lists verifies the signature (P-23)", () => {
    const active = NODES.filter(({ id, state }) => state === "active" && !BUNDLE.nonSigners.includes(String(id)));
    const extra = NODES.filter(({ id }) => BUNDLE.extraSigners.includes(String(id)));
    const keys = [...active, ...extra].map(({ blsKey }) => blsKey);
    expect(scheme.verifyAggregate(keys, fromHex(BUNDLE.digest), fromHex(BUNDLE.signature))).toBe(true);
  });

  it("behaviour: a signer is decommissioned, another leaves after aggregation; the same aggregate makes a new bundle", () => {
    const nodes = [...ids(1, 23).map((id) => node(id)), node(24, "decommissioned"), node(25, "active")];
    const later = nodes.map((view) => (view.id === 3 ? { ...view, state: "exited" as const } : view));
    const block = { number: 120, hash: `0x${"dd".repeat(32)}` } as const;
    const fresh = buildBundle({ ...parseBundle(BUNDLE), nodes: later, block });
    expect(fresh).toMatchObject({ nonSigners: ["5"], extraSigners: ["3", "24"], signature: BUNDLE.signature });
    expect(BigInt(fresh.stake.signedFloor) - BigInt(fresh.stake.signedActive)).toBe(25_000_000_000_000n);
    const keys = ids(1, 25)
      .filter((id) => id !== 5)
      .map((id) => node(id).blsKey);
    expect(scheme.verifyAggregate(keys, digest, fromHex(fresh.signature))).toBe(true);
  });

  it("error: below quorum there is no bundle (P-86)", () => {
    expect(thrownCode(() => buildBundle(inputFor(ids(1, 22))))).toBe("BUNDLE_BELOW_QUORUM");
    expect(thrownCode(() => buildBundle({ ...INPUT, nodes: [] }))).toBe("BUNDLE_BELOW_QUORUM");
    const many = [...ids(1, 6).map((id) => node(id)), ...ids(7, 12).map((id) => node(id, "decommissioned"))];
    expect(thrownCode(() => buildBundle(inputFor(ids(1, 6), many)))).toBe("BUNDLE_BELOW_QUORUM");
    expect(thrownCode(() => buildBundle(inputFor(ids(1, 9), many)))).toBeUndefined();
  });
});

describe("parseBundle (P-101)", () => {
  it("gives back what it was built from, from text and from parsed JSON", () => {
    for (const content of [parseBundle(BUNDLE), parseBundle(JSON.stringify(BUNDLE, null, 2))]) {
      expect(content).toMatchObject({ domain, epoch: 7, message, block: INPUT.block, calldata: BUNDLE.calldata });
      expect(content.lists).toEqual({ nonSigners: [5], extraSigners: [25] });
      expect(content.signers.equals(INPUT.signers)).toBe(true);
      expect(toHex(content.signature)).toBe(BUNDLE.signature);
      expect(toHex(content.digest)).toBe(BUNDLE.digest);
      expect(buildBundle({ ...content, nodes: NODES })).toEqual(BUNDLE);
    }
  });

  /** A liar recomputes the calldata for the lists it claims. */
  const relisted = (nonSigners: number[], extraSigners: number[]) => ({
    nonSigners: nonSigners.map(String),
    extraSigners: extraSigners.map(String),
    calldata: rewardClaimCalldata(message, INPUT.signature, { nonSigners, extraSigners }),
  });
  const staked = (signedActive: bigint, signedFloor = signedActive) => ({
    stake: { ...BUNDLE.stake, signedActive: String(signedActive), signedFloor: String(signedFloor) },
  });

  it.each([
    ["another amount", "digest", { message: { ...BUNDLE.message, amount: "1234500000001" } }],
    ["another recipient", "digest", { message: { ...BUNDLE.message, recipient: `0x${"bc".repeat(20)}` } }],
    ["another chain", "digest", { chainId: "1" }],
    ["another contract", "digest", { contract: `0x${"ab".repeat(20)}` }],
    ["another digest", "digest", { digest: `0x${"00".repeat(32)}` }],
    ["another signature", "calldata", { signature: toHex(scheme.sign(secretOf(1), digest)) }],
    ["other calldata", "calldata", { calldata: `${BUNDLE.calldata.slice(0, -1)}8` }],
    ["lists that are not those of the calldata", "calldata", { extraSigners: [] }],
    ["a non-signer left out", "stake", relisted([], [25])],
    ["a signer among the non-signers", "nonSigners", relisted([4, 5], [25])],
    ["an extra signer who did not sign", "extraSigners", relisted([5], [25, 26])],
    ["non-signers unsorted", "nonSigners", relisted([26, 5], [25])],
    ["a non-signer twice", "nonSigners", relisted([5, 5], [25])],
    ["an extra signer twice", "extraSigners", relisted([5], [25, 25])],
    ["id 0", "nonSigners", relisted([0, 5], [25])],
    ["more signed than there is", "stake", staked(600_000_000_000_001n)],
    ["all signed with a non-signer", "stake", staked(600_000_000_000_000n)],
    ["a floor below what is active", "stake", staked(575_000_000_000_000n, 574_000_000_000_000n)],
    ["a floor above all stake", "stake", staked(575_000_000_000_000n, 575_000_000_000_001n)],
    [
      "a floor raised without extra signers",
      "stake",
      {
        ...relisted([5], []),
        stake: { ...BUNDLE.stake, decommissionedStake: "10", signedFloor: "575000000000010" },
      },
    ],
  ] as [string, string, Partial<Bundle>][])("error: %s", (_, part, changes) => {
    const run = () => parseBundle(changed(changes));
    expect(thrownCode(run)).toBe("BUNDLE_INCONSISTENT");
    expect(run).toThrow(expect.objectContaining({ values: expect.objectContaining({ part }) }));
  });

  it("error: below quorum by its own stakes", () => {
    expect(parseCode(changed(staked(550_000_000_000_000n)))).toBe("BUNDLE_BELOW_QUORUM");
  });

  it("error: signatures and signers that are not canonical", () => {
    expect(parseCode(changed({ signature: `0x${"00".repeat(192)}` }))).toBe("POINT_AT_INFINITY");
    const modulus = toHex(craft.addModulus(INPUT.signature, 2));
    expect(parseCode(changed({ signature: modulus }))).toBe("POINT_NOT_CANONICAL");
    expect(parseCode(changed({ signers: `${BUNDLE.signers}00` }))).toBe("SIGNERS_MALFORMED");
  });

  it.each([
    ["a version from the future", { version: "2" }],
    ["another kind", { kind: "EpochReport" }],
    ["a number instead of a string", { epoch: 7 }],
    ["a leading zero", { epoch: "07" }],
    ["a negative integer", { epoch: "-7" }],
    ["an epoch beyond safe integers", { epoch: "9007199254740993" }],
    ["upper-case hex", { digest: BUNDLE.digest.toUpperCase().replace("0X", "0x") }],
    ["a short signature", { signature: "0x00" }],
    ["a field too many", { note: "hello" }],
    ["too many ids", { nonSigners: Array(5_000).fill("5") }],
    ["a signers bitfield beyond its bound", { signers: `0x${"02".repeat(8_193)}` }],
    ["no stake", { stake: undefined }],
  ])("error: %s", (_, changes) => {
    expect(parseCode({ ...BUNDLE, ...changes })).toBe("BUNDLE_MALFORMED");
  });

  it("error: anything that is no bundle gets a code, never another error", () => {
    for (const value of [undefined, null, 5, [], {}, "", "{", "null", "x".repeat(3_000_000)]) {
      expect(parseCode(value)).toBe("BUNDLE_MALFORMED");
    }
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(parseCode(value)).toBe("BUNDLE_MALFORMED");
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(BUNDLE)), fc.anything(), (field, value) => {
        expect(parseCode({ ...BUNDLE, [field]: value })).toBeDefined();
      }),
    );
  });
});
