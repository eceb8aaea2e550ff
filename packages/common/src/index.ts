/**
 * `@quorate/common`: the vocabulary of Quorate, pure and browser-safe. The native BLS backend is
 * `@quorate/common/bls/native`, the conformance suites are `@quorate/common/testing`.
 */

export * from "./abi/index.ts";
export * from "./addressSchema.ts";
export * from "./agentViews.ts";
export * from "./amount.ts";
export * from "./bls/noble.ts";
export * from "./bls/scheme.ts";
export * from "./bls/sums.ts";
export * from "./boundedMap.ts";
export * from "./bundle.ts";
export * from "./calldata.ts";
export * from "./durations.ts";
export * from "./errors.ts";
export * from "./expWad.ts";
export * from "./gas.ts";
export * from "./hex.ts";
export * from "./hosts.ts";
export * from "./identity.ts";
export * from "./interfaces.ts";
export * from "./kinds.ts";
export * from "./ledgerViews.ts";
export * from "./messageJson.ts";
export * from "./messages.ts";
export * from "./points.ts";
export * from "./poolRelease.ts";
export * from "./possession.ts";
export * from "./proofFile.ts";
export * from "./quorum.ts";
export * from "./rewardsTree.ts";
export * from "./signers.ts";
export * from "./subnets.ts";
export * from "./types.ts";
export * from "./wire/codec.ts";
export * from "./wire/limits.ts";
export * from "./wire/types.ts";
