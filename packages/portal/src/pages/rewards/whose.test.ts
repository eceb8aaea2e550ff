import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ChainProviders } from "@quorate/common/chain";
import { describe, expect, it } from "vitest";
import { readPasted, resolveName } from "./whose.ts";

const LOWER = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";
const MIXED = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

describe("what a person pastes", () => {
  it("an address in either case, with spaces around it", () => {
    for (const text of [LOWER, MIXED, ` ${MIXED}\n`])
      expect(readPasted(text)).toEqual({ kind: "address", address: LOWER });
  });

  it("one wrong letter of a checksum is refused, and the error has the right one", () => {
    const wrong = MIXED.replace("dC3", "Dc3").replace("C518", "c518");
    expect(() => readPasted(wrong)).toThrow(expect.objectContaining({ code: "ADDRESS_BAD_CHECKSUM" }));
  });

  it("a name has a dot in it; everything else is a malformed address", () => {
    expect(readPasted("Alice.ETH")).toEqual({ kind: "name", name: "alice.eth" });
    for (const text of ["", "alice", "0x1234", "a b.eth", ".eth", "https://a.example/x"]) {
      expect(() => readPasted(text)).toThrow(expect.objectContaining({ code: "ADDRESS_MALFORMED" }));
    }
  });
});

const ADDRESS = `0x${"aa".repeat(20)}` as const;
const RESOLVER = `0x${"bb".repeat(20)}`;
const word = (address: string) => `0x${address.slice(2).padStart(64, "0")}`;

/** What a chain says to `eth_call`: a result, a revert, or an HTTP failure. */
type Said = { readonly result: string } | { readonly revert: string } | { readonly status: number };

/** A provider of a chain that has a registry, with these answers of it and of the resolver. */
async function resolvedBy(registry: Said, resolver: Said = { status: 500 }, code = "0x60"): Promise<unknown> {
  const answerTo = (method: string, params: readonly { readonly to?: string }[]): Said => {
    if (method === "eth_chainId" || method === "eth_blockNumber") return { result: "0x1" };
    if (method === "eth_getCode") return { result: String(params[0]) === RESOLVER ? code : "0x60" };
    return params[0]?.to?.toLowerCase() === RESOLVER ? resolver : registry;
  };
  const server = createServer(async (request, response) => {
    const { id, method, params } = JSON.parse((await request.toArray()).join(""));
    const said = answerTo(method, params);
    if ("status" in said) return response.writeHead(said.status).end();
    const error = "revert" in said ? { code: 3, message: "execution reverted", data: said.revert } : undefined;
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...("result" in said ? said : { error }) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const chain = await ChainProviders.connect({ urls: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] });
  try {
    return await resolveName(chain, "alice.eth");
  } finally {
    chain.destroy();
    server.closeAllConnections();
    server.close();
  }
}

describe("what the registry of names says", () => {
  it("an address, or that nobody has set one", async () => {
    const none = { result: word(`0x${"00".repeat(20)}`) };
    expect(await resolvedBy({ result: word(RESOLVER) }, { result: word(ADDRESS) })).toEqual({ address: ADDRESS });
    expect(await resolvedBy(none)).toEqual({ why: "unknown" });
    expect(await resolvedBy({ result: word(RESOLVER) }, none)).toEqual({ why: "unknown" });
  });

  it("a provider that fails is no answer: nobody is told that the name has no address", async () => {
    await expect(resolvedBy({ status: 500 })).rejects.toMatchObject({ code: "CHAIN_PROVIDER_FAILED" });
    const late = resolvedBy({ result: word(RESOLVER) }, { status: 500 });
    await expect(late).rejects.toMatchObject({ code: "CHAIN_PROVIDER_FAILED" });
  });

  it("a resolver that refuses, is not there or answers nonsense leaves it open", async () => {
    const registry = { result: word(RESOLVER) };
    const open = { why: "resolver-failed", resolver: RESOLVER };
    expect(await resolvedBy(registry, { revert: "0x556f1830" })).toEqual(open);
    // P-106: without data too; no provider is blamed for it.
    expect(await resolvedBy(registry, { revert: "0x" })).toEqual(open);
    expect(await resolvedBy(registry, { result: "0x" }, "0x")).toEqual(open);
    expect(await resolvedBy(registry, { result: "0x" })).toEqual(open);
    for (const said of [{ revert: "0x" }, { result: "0x12" }]) {
      await expect(resolvedBy(said)).rejects.toMatchObject({ code: "CONTRACT_GAVE_NO_REASON" });
    }
  });
});
