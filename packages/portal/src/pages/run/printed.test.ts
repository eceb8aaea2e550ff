import { possessionFile } from "@quorate/client";
import { type Address, nobleScheme, provePossession, type SignatureScheme } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { describe, expect, it } from "vitest";
import { checkPrinted } from "./check.ts";
import { parsePrinted } from "./printed.ts";

/** As the browser's noble-curves, and a hundred times as fast. */
const native = await loadNativeScheme();

const OPERATOR: Address = `0x${"a1".repeat(20)}`;
const OTHER: Address = `0x${"b2".repeat(20)}`;
const CONTRACT: Address = `0x${"c3".repeat(20)}`;
const FACTS = { chainId: "31337", contract: CONTRACT };
const secrets = { blsSecret: new Uint8Array(32).fill(7), identitySecret: new Uint8Array(32).fill(9) };
const domain = { chainId: 31_337n, verifyingContract: CONTRACT };
const possession = provePossession(native, domain, { ...secrets, operator: OPERATOR });
const request = { possession, beneficiary: OPERATOR, feeBps: 500 };
const made = possessionFile({ chainId: 31_337n, rewards: CONTRACT, operator: OPERATOR }, request);
const printed = JSON.stringify(made, null, 2);

const codes = (text: string, account: Address | null = OPERATOR, facts = FACTS, scheme: SignatureScheme = native) =>
  Object.fromEntries(checkPrinted(scheme, parsePrinted(text), facts, account).map(({ name, code }) => [name, code]));
const problemsOf = (text: string): string => {
  try {
    parsePrinted(text);
  } catch (error) {
    const { code, values } = error as { code: string; values: { problems: string[] } };
    return `${code}: ${values.problems.join("; ")}`;
  }
  return "taken";
};

describe("what `quorate keys prove` printed", () => {
  it("P-8: holds, with what a terminal shows around it", () => {
    const all = { deployment: null, operator: null, bls: null, identity: null };
    expect(codes(printed, OPERATOR, FACTS, nobleScheme)).toEqual(all);
    expect(codes(`$ quorate keys prove --config agent.yaml\n${printed}\n$ `, null)).toEqual(all);
  });

  it("P-8: for another deployment or operator nothing of it holds here", () => {
    expect(codes(printed, OTHER)).toMatchObject({ operator: "SIGNER_NOT_RECIPIENT", bls: null });
    expect(codes(printed, OPERATOR, { ...FACTS, chainId: "1" })).toMatchObject({
      deployment: "POSSESSION_FILE_INVALID",
      bls: null,
    });
    const stolen = JSON.stringify({ ...made, operator: OTHER });
    expect(codes(stolen, OTHER)).toEqual({
      deployment: null,
      operator: null,
      bls: "POSSESSION_INVALID",
      identity: "IDENTITY_BAD_SIGNATURE",
    });
  });

  it("P-8: each half is judged by itself", () => {
    const { identitySignature, ...rest } = made.registration;
    const [first, second] = identitySignature;
    const swapped = { ...made, registration: { ...rest, identitySignature: [second, first] } };
    expect(codes(JSON.stringify(swapped))).toMatchObject({ bls: null, identity: "IDENTITY_BAD_SIGNATURE" });
    const { blsKey } = made.registration;
    const off = { ...made, registration: { ...made.registration, blsKey: { ...blsKey, y_b: blsKey.x_b } } };
    expect(codes(JSON.stringify(off))["bls"]).not.toBeNull();
    const unpadded = { ...blsKey, x_a: `0x${"ff".repeat(32)}` };
    const wild = { ...made, registration: { ...made.registration, blsKey: unpadded } };
    expect(codes(JSON.stringify(wild))["bls"]).toBe("POINT_NOT_CANONICAL");
  });

  it("malformed text is refused by code, and says what is wrong with it", () => {
    expect(problemsOf("")).toBe("POSSESSION_FILE_INVALID: empty");
    expect(problemsOf("hello")).toBe("POSSESSION_FILE_INVALID: no JSON in it");
    expect(problemsOf("{oops}")).toBe("POSSESSION_FILE_INVALID: not JSON");
    expect(problemsOf("BLS key  0x12\nidentity key  0x34")).toContain("public keys without a proof");
    expect(problemsOf(`{${" ".repeat(20_000)}}`)).toContain("more than 20000 characters");
    expect(problemsOf(JSON.stringify({ ...made, operator: "0x12" }))).toContain("operator: ADDRESS_MALFORMED");
    expect(problemsOf(JSON.stringify({ ...made, secret: "0x12" }))).toContain("POSSESSION_FILE_INVALID");
    const many = { ...made, registration: { ...made.registration, feeBps: 10_001 } };
    expect(problemsOf(JSON.stringify(many))).toContain("registration.feeBps");
  });
});
