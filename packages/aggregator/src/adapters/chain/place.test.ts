/** P-66: one provider listed twice would count as two opinions. */
import { isQuorateError } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../config.ts";
import { sameProvider } from "./place.ts";
import { openRpcs } from "./rpc.ts";

describe("P-66: one provider listed twice", () => {
  it.each([
    ["the same text", "https://rpc.example.org/v3/abc", "https://rpc.example.org/v3/abc"],
    ["capitals in the host", "https://RPC.example.org/v3", "https://rpc.example.org/v3"],
    ["a slash at the end", "https://rpc.example.org", "https://rpc.example.org/"],
    ["two slashes", "https://rpc.example.org//v3/", "https://rpc.example.org/v3"],
    ["the port that goes without saying", "https://rpc.example.org:443/", "https://rpc.example.org"],
    ["http and https", "http://rpc.example.org/", "https://rpc.example.org"],
    ["another user", "https://a:1@rpc.example.org/", "https://b:2@rpc.example.org/"],
    ["another key in the query", "https://rpc.example.org/?key=1", "https://rpc.example.org/?key=2"],
    ["a dot at the end of the name", "https://rpc.example.org./", "https://rpc.example.org"],
    ["names of this machine", "http://127.0.0.1:8545", "http://localhost:8545/"],
    ["the other protocol's address of this machine", "http://[::1]:8545", "http://127.1:8545"],
    ["escapes that mean the same", "https://rpc.example.org/%76%33", "https://rpc.example.org/v3"],
    ["a fragment", "https://rpc.example.org/#a", "https://rpc.example.org/#b"],
  ])("%s", (_name, one, other) => {
    expect(sameProvider([one, "https://other.example.org", other])).toMatch(/^providers 1 \(.*\) and 3 \(.*\) are one/);
  });

  it.each([
    ["another host", "https://a.example.org", "https://b.example.org"],
    ["another port", "http://127.0.0.1:8545", "http://127.0.0.1:8546"],
    ["another path: a gateway to several", "https://rpc.example.org/one", "https://rpc.example.org/two"],
  ])("two are two: %s", (_name, one, other) => {
    expect(sameProvider([one, other])).toBeNull();
  });

  it("the configuration refuses it by field and places, and shows no key", () => {
    const text = [
      "chain:",
      "  providers: ['https://me:hunter2@rpc.example.org/?k=secret', 'https://rpc.example.org/?k=other']",
    ].join("\n");
    const refused = (): unknown => parseConfig({ file: { path: "a.yaml", text }, env: {}, flags: {} });
    expect(refused).toThrow(/chain\.providers \(a\.yaml\): providers 1 \(rpc\.example\.org\) and 2/);
    expect(refused).not.toThrow(/hunter2|secret/);
  });

  it("so does whoever reads a history; two at one host are told apart", () => {
    let thrown: unknown;
    try {
      openRpcs(["http://127.0.0.1:1/", "http://localhost:1"], 100);
    } catch (error) {
      thrown = error;
    }
    expect(isQuorateError(thrown, "CONFIG_INVALID")).toBe(true);
    const rpcs = openRpcs(["http://127.0.0.1:1/a", "http://127.0.0.1:1/b", "http://127.0.0.1:2"], 100);
    expect(rpcs.map(({ host }) => host)).toEqual(["127.0.0.1:1 #1", "127.0.0.1:1 #2", "127.0.0.1:2"]);
    for (const rpc of rpcs) rpc.close();
  });
});
