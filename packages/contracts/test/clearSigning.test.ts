// What wallets show before they sign (ERC-7730), held against the ABI and the typed structs: a file that lags behind
// would show a person something else than what is signed.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  DOMAIN_NAME,
  DOMAIN_VERSION,
  MESSAGE_TYPES,
  rewardsDistributorAbi,
  serviceNodeContributionAbi,
  serviceNodeContributionFactoryAbi,
  serviceNodeRewardsAbi,
  sessionTokenAbi,
} from "@quorate/common";
import { Interface, type InterfaceAbi, type ParamType } from "ethers";
import { describe, expect, test } from "vitest";
import { packageDir } from "../src/artifacts.ts";

const directory = join(packageDir, "erc7730");

interface Field {
  readonly path: string;
  readonly label: string;
  readonly format: string;
  readonly params?: { readonly base?: string; readonly decimals?: number };
}
interface Format {
  readonly intent: string;
  readonly fields: readonly Field[];
  readonly excluded?: readonly string[];
}
interface File {
  readonly context: {
    readonly contract?: { readonly abi: InterfaceAbi };
    readonly eip712?: {
      readonly domain: object;
      readonly schemas: readonly { readonly primaryType: string; readonly types: Record<string, unknown> }[];
    };
  };
  readonly display: { readonly formats: Readonly<Record<string, Format>> };
}

const read = (name: string): File => JSON.parse(readFileSync(join(directory, `${name}.json`), "utf8"));

/**
 * Functions that no person's wallet sends: the owner's, the guardian's and the founder's, agents', other contracts'.
 */
const NOT_PEOPLES: Readonly<Record<string, readonly string[]>> = {
  ServiceNodeRewards: [
    ...["acceptOwnership", "announceEmergency", "dropFromFloor", "emergencyDecommission", "initialize", "pause"],
    ...["seedPublicKeyList", "setClaimLimit", "setContributionFactory", "setGuardian", "setStakingRequirement"],
    ...["start", "transferOwnership", "unpause", "renounceOwnership"],
    ...["contestSigned", "dropSilent", "packNodes", "reportEpoch", "showSigners"],
  ],
  RewardsDistributor: ["addRoot", "claimFor", "raise", "setClaimLimit", "setPausedUntil", "start"],
  ServiceNodeContribution: ["initialize"],
  ServiceNodeContributionFactory: [],
  SessionToken: [],
};
const ABIS: Readonly<Record<string, InterfaceAbi>> = {
  ServiceNodeRewards: serviceNodeRewardsAbi,
  RewardsDistributor: rewardsDistributorAbi,
  ServiceNodeContribution: serviceNodeContributionAbi,
  ServiceNodeContributionFactory: serviceNodeContributionFactoryAbi,
  SessionToken: sessionTokenAbi,
};

/** Every path to a value, lists as `[]`: `contributors.[].stake`. A path stops where one that is given stops. */
function leaves(inputs: readonly ParamType[], given: readonly string[], prefix = ""): string[] {
  return inputs.flatMap((input) => {
    const path = `${prefix}${input.name}`;
    if (given.includes(path)) return [path];
    if (input.isArray()) {
      const inner = input.arrayChildren;
      return inner.isTuple() ? leaves(inner.components, given, `${path}.[].`) : [`${path}.[]`];
    }
    return input.isTuple() ? leaves(input.components, given, `${path}.`) : [path];
  });
}

describe("what wallets show (ERC-7730)", () => {
  test.each(Object.keys(ABIS))("every call of %s that people send is there, as the ABI has it", (name) => {
    const { context, display } = read(`calldata-${name}`);
    const known = new Interface(ABIS[name] as InterfaceAbi);
    const sent: string[] = [];
    known.forEachFunction((fragment) => {
      if (!fragment.constant && !NOT_PEOPLES[name]?.includes(fragment.name)) sent.push(fragment.format("sighash"));
    });
    expect(Object.keys(display.formats).sort()).toEqual(sent.sort());
    const own = new Interface(context.contract?.abi as InterfaceAbi);
    for (const signature of sent)
      expect(own.getFunction(signature)?.format("full")).toBe(known.getFunction(signature)?.format("full"));
  });

  test.each(Object.keys(ABIS))("every value of each call of %s is shown, or left out by name", (name) => {
    const known = new Interface(ABIS[name] as InterfaceAbi);
    for (const [signature, { fields, excluded = [], intent }] of Object.entries(
      read(`calldata-${name}`).display.formats,
    )) {
      const given = [...fields.map(({ path }) => path), ...excluded];
      expect([signature, given.sort()]).toEqual([
        signature,
        leaves(known.getFunction(signature)?.inputs ?? [], given).sort(),
      ]);
      expect(intent.length).toBeLessThan(45);
    }
  });

  test("P-5: every typed struct is there with its types and domain, and all of its fields are shown", () => {
    const { context, display } = read("eip712-ServiceNodeRewards");
    expect(context.eip712?.domain).toEqual({ name: DOMAIN_NAME, version: DOMAIN_VERSION });
    const types = Object.fromEntries(
      (context.eip712?.schemas ?? []).map(({ primaryType, types: all }) => [primaryType, all[primaryType]]),
    );
    expect(types).toEqual(MESSAGE_TYPES);
    const expected = Object.entries(MESSAGE_TYPES).map(([kind, fields]) => [
      `${kind}(${fields.map(({ type, name }) => `${type} ${name}`).join(",")})`,
      fields.map(({ type, name }) => (type.endsWith("[]") ? `${name}.[]` : name)).sort(),
    ]);
    const shown = Object.entries(display.formats).map(([key, { fields }]) => [
      key,
      fields.map(({ path }) => path).sort(),
    ]);
    expect(shown).toEqual(expected);
  });

  test("amounts are shown in tokens, fees in percent, and there is no other file", () => {
    const names = readdirSync(directory).map((file) => file.replace(".json", ""));
    expect(names.sort()).toEqual(
      [...Object.keys(ABIS).map((name) => `calldata-${name}`), "eip712-ServiceNodeRewards"].sort(),
    );
    const fields = names.flatMap((name) =>
      Object.values(read(name).display.formats).flatMap((format) => format.fields),
    );
    const amounts = fields.filter(({ path }) => /(^|\.)(amount|stake|value|totalOwed)$/.test(path));
    expect(amounts.length).toBeGreaterThan(15);
    for (const { format, params } of amounts) expect([format, params]).toEqual(["unit", { base: "SESH", decimals: 9 }]);
    for (const { path, params } of fields)
      if (path.endsWith("feeBps")) expect(params).toEqual({ base: "%", decimals: 2 });
  });
});
