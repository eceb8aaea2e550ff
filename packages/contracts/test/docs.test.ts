// The pages of docs/contracts: each names every function, error and event of its contract, and storage.md is fresh.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Interface, type InterfaceAbi } from "ethers";
import { beforeAll, describe, expect, test } from "vitest";
import { ensureBuilt, librariesOf, loadArtifact, packageDir } from "../src/artifacts.ts";
import { currentStorageLayout, renderStoragePage } from "../src/storageLayout.ts";

const page = (name: string): string => readFileSync(join(packageDir, "..", "..", "docs", "contracts", name), "utf8");

beforeAll(async () => ensureBuilt());

describe("every function, error and event is on its page", () => {
  test.each([
    "ServiceNodeRewards",
    "RewardsDistributor",
    "RewardRatePool",
    "ServiceNodeContribution",
    "ServiceNodeContributionFactory",
    "SessionToken",
    "KeyStore",
  ] as const)("%s", (name) => {
    const text = page(`${name}.md`);
    const fragments = new Interface(loadArtifact(name).abi as InterfaceAbi).fragments;
    const names = fragments.flatMap((fragment) => ("name" in fragment ? [fragment.name as string] : []));
    expect(names.length).toBeGreaterThan(2);
    expect([...new Set(names)].filter((entry) => !new RegExp(`\\b${entry}\\b`).test(text))).toEqual([]);
  });

  test("the errors of the linked libraries are on the page of what they are linked into", () => {
    const text = page("ServiceNodeRewards.md");
    for (const [, library] of librariesOf(loadArtifact("ServiceNodeRewards"))) {
      const errors = library.abi.filter(({ type }) => type === "error").map(({ name }) => name ?? "");
      expect(errors.filter((error) => !text.includes(error))).toEqual([]);
    }
  });
});

test("P-49: storage.md is fresh (else: npx -y pnpm@12 --filter @quorate/contracts generate:storage)", () => {
  expect(page("storage.md")).toBe(renderStoragePage(currentStorageLayout()));
});
