/** P-64: ethers on the bounded transport. */
import { isQuorateError } from "@quorate/common";
import { Contract, isError } from "ethers";
import { afterEach, describe, expect, it } from "vitest";
import { ChainProvider } from "./ethersProvider.ts";
import { type Question, type RawServer, startRawServer } from "./testing/rawServer.ts";

const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

type Answer = { readonly result: unknown } | { readonly error: object };

async function open(
  answer: (question: Question) => Answer,
): Promise<{ readonly provider: ChainProvider; readonly server: RawServer }> {
  const server = await startRawServer((asked, response) => {
    const one = (question: Question): object => ({
      jsonrpc: "2.0",
      id: question.id,
      ...(question.method === "eth_chainId" ? { result: "0x7a69" } : answer(question)),
    });
    response.end(JSON.stringify(Array.isArray(asked) ? asked.map(one).reverse() : one(asked)));
  });
  running.push(() => server.stop());
  const provider = await ChainProvider.open(server.url, { timeoutMs: 30_000 });
  running.push(() => provider.destroy());
  return { provider, server };
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no failure",
    (error: unknown) => error,
  );

describe("ethers on the bounded transport", () => {
  it("knows its network from the start, and sends questions of one moment as one request", async () => {
    const { provider, server } = await open(({ params }) => ({ result: params[1] === "0x5" ? "0x2a" : "0x2b" }));
    expect((await provider.getNetwork()).chainId).toBe(31_337n);
    const before = server.requests();
    const address = `0x${"11".repeat(20)}`;
    expect(await Promise.all([5, 6].map((block) => provider.getBalance(address, block)))).toEqual([42n, 43n]);
    expect(server.requests() - before).toBe(1);
  });

  const contract = (provider: ChainProvider): Contract =>
    new Contract(`0x${"11".repeat(20)}`, ["function f() view returns (uint256)", "error No(uint256 why)"], provider);

  it.each<[string, object]>([
    ["geth's form", { code: 3, message: "execution reverted", data: `0x5b61ffcf${"00".repeat(31)}07` }],
    ["data in data", { code: -32_603, message: "x", data: { data: `0x5b61ffcf${"00".repeat(31)}07` } }],
    [
      "behind a word",
      { code: -32_015, message: "VM execution error.", data: `Reverted 0x5b61ffcf${"00".repeat(31)}07` },
    ],
  ])("revert data is a revert: %s", async (_name, error) => {
    const { provider } = await open(() => ({ error }));
    const thrown = await failure(contract(provider).getFunction("f")());
    expect(isError(thrown, "CALL_EXCEPTION")).toBe(true);
    expect((thrown as { data: string }).data).toBe(`0x5b61ffcf${"00".repeat(31)}07`);
  });

  it.each<[string, object]>([
    ["header not found", { code: -32_000, message: "header not found" }],
    ["missing trie node", { code: -32_000, message: "missing trie node 0x12 (path )" }],
    ["a limit", { code: -32_005, message: "daily request count exceeded" }],
    ["no message", { code: -32_000 }],
  ])("anything else is the provider's failure: %s", async (_name, error) => {
    const { provider, server } = await open(() => ({ error }));
    const thrown = await failure(contract(provider).getFunction("f")());
    expect(isQuorateError(thrown, "CHAIN_PROVIDER_FAILED")).toBe(true);
    expect((thrown as { values: object }).values).toMatchObject({ provider: server.host, method: "eth_call" });
  });

  it("a provider that is not there, or serves no chain id, is a coded error", async () => {
    const options = { timeoutMs: 2_000 };
    const gone = await failure(ChainProvider.open("http://127.0.0.1:1/secretsecret", options));
    expect(isQuorateError(gone, "CHAIN_PROVIDER_FAILED")).toBe(true);
    expect(String(gone)).not.toContain("secret");
    const server = await startRawServer((_asked, response) => void response.end('{"id":1,"result":"x"}'));
    running.push(() => server.stop());
    const odd = await failure(ChainProvider.open(server.url, options));
    expect((odd as { values: object }).values).toMatchObject({ reason: "not a chain id" });
  });

  it("a question under way ends when the provider is closed", async () => {
    const { provider, server } = await open(() => ({ result: "0x1" }));
    server.answer = () => {};
    const asked = failure(provider.getBlockNumber());
    while (server.requests() < 2) await new Promise((later) => setTimeout(later, 5));
    provider.destroy();
    expect(await asked).toBeInstanceOf(Error);
  });
});
