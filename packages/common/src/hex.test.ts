import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, equalBytes, fromHex, parseAddress, toHex } from "./hex.ts";
import { thrownCode } from "./testing/index.ts";

describe("hex", () => {
  it("goes there and back for any bytes, in lower case", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(toHex(bytes)).toMatch(/^0x[0-9a-f]*$/);
        expect(fromHex(toHex(bytes))).toEqual(new Uint8Array(bytes));
        expect(fromHex(`0x${toHex(bytes).slice(2).toUpperCase()}`, bytes.length)).toEqual(new Uint8Array(bytes));
      }),
    );
  });

  it.each(["", "0", "0x0", "00", "0X00", "0x0g", "0x00 ", " 0x00", "0x00\n", "0x-1"])("error: %j", (text) => {
    expect(thrownCode(() => fromHex(text))).toBe("HEX_MALFORMED");
  });

  it("error: another length than expected", () => {
    expect(thrownCode(() => fromHex("0x0011", 3))).toBe("HEX_MALFORMED");
  });

  it("joins and compares bytes", () => {
    expect(concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false);
  });
});

describe("parseAddress", () => {
  // Addresses of EIP-55's own test cases.
  const checksummed = ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x52908400098527886E0F7030069857D2E4169EE7"];

  it.each(checksummed)("takes %s in its checksum form, in lower and in upper case", (text) => {
    const lower = text.toLowerCase();
    expect(parseAddress(text)).toBe(lower);
    expect(parseAddress(lower)).toBe(lower);
    expect(parseAddress(`0x${text.slice(2).toUpperCase()}`)).toBe(lower);
  });

  it("error: one letter's case changed", () => {
    expect(thrownCode(() => parseAddress("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"))).toBe("ADDRESS_BAD_CHECKSUM");
  });

  it.each(["", "0x", "0x1234", `0x${"0".repeat(41)}`, `${"0".repeat(40)}`, "XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZS"])(
    "error: %j is not an address",
    (text) => {
      expect(thrownCode(() => parseAddress(text))).toBe("ADDRESS_MALFORMED");
    },
  );
});
