/** P-57: one provider tells of an event that most do not have, and what decides whether it invented it. */
import type { Hex } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { placeContracts, startAnvil } from "../../../test/support/chain.ts";
import { until } from "../../../test/support/until.ts";
import { BLOOM_BYTES, bitsOf, hasBit, lackedBy } from "./bloom.ts";
import { type Deed, ScriptedChain, type ScriptedProvider } from "./testing/scriptedChain.ts";
import { Situation } from "./testing/situation.ts";

const at = new Situation();

/** A deposit in a block that has none. */
const INVENTED = 25;

/** Tells of deposits that there are not, and of the true ones. */
function inventing(...blocks: readonly number[]): ScriptedProvider["deed"] {
  return (method, params) => {
    if (method !== "eth_getLogs") return undefined;
    const fork = new ScriptedChain(at.chain.finalised, at.chain.startSeconds);
    fork.deposit(...at.chain.deposits.keys(), ...blocks);
    return { result: fork.answer(method, params) };
  };
}

/** Keeps no old logs, and so no receipts either. */
const pruned =
  (receipts: Deed): ScriptedProvider["deed"] =>
  (method) =>
    method === "eth_getLogs" ? { result: [] } : method === "eth_getBlockReceipts" ? receipts : undefined;

const REFUSED: Deed = { error: { code: -32_601, message: "the method does not exist" } };
/** A filter that may hold anything. */
const FULL: Hex = `0x${"ff".repeat(BLOOM_BYTES)}`;
const EMPTY: Hex = `0x${"00".repeat(BLOOM_BYTES)}`;

/** Its own header of the block in dispute, as far as it is asked for one. */
const withBloom =
  (logsBloom: Hex | undefined, then: ScriptedProvider["deed"] = () => undefined): ScriptedProvider["deed"] =>
  (method, params) =>
    method === "eth_getBlockByNumber" && Number(params[0]) === INVENTED
      ? { result: { ...at.chain.block(INVENTED), logsBloom } }
      : then(method, params);

type Five = [ScriptedProvider, ScriptedProvider, ScriptedProvider, ScriptedProvider, ScriptedProvider];

const answering =
  (wanted: string, deed: Deed): ScriptedProvider["deed"] =>
  (method) =>
    method === wanted ? deed : undefined;

const asked = (provider: ScriptedProvider, wanted: string): number =>
  provider.asked.filter(({ method }) => method === wanted).length;

/** Who is late is compared later: the others tell their logs when this one has told all of the first range. */
function first(teller: ScriptedProvider, others: readonly ScriptedProvider[]): void {
  const isDone = (): boolean => {
    const logs = teller.asked.findIndex(({ method }) => method === "eth_getLogs");
    return logs !== -1 && teller.asked.slice(logs).some(({ method }) => method === "eth_getBlockByNumber");
  };
  for (const other of others) {
    const { deed } = other;
    other.deed = async (method, params) => {
      if (method === "eth_getLogs") await until(isDone);
      return deed(method, params);
    };
  }
}

describe("P-57: one of three invents a deposit, and the two others go on", () => {
  it("their headers' logsBloom has no such log: nobody is asked for receipts, the third is named with block and reason", async () => {
    const [one, liar, two] = await at.trio();
    liar.deed = inventing(INVENTED);
    first(liar, [one, two]);
    const followed = await at.follow([one, liar, two]);
    await until(() => followed.height === 50 && followed.code === "healthy");
    expect(followed.deposits).toEqual([10, 20, 30]);
    expect(followed.health).toEqual([{ healthy: true }]);
    expect(followed.view(1)).toMatchObject({ ok: false, code: "CHAIN_PROVIDERS_DISAGREE" });
    expect(followed.view(1).detail).toMatch(/block: 25, .*in no log of block 25 \(logsBloom\)/);
    expect([followed.view(0).ok, followed.view(2).ok]).toEqual([true, true]);
    expect(asked(one, "eth_getBlockReceipts") + asked(two, "eth_getBlockReceipts")).toBe(0);
    liar.deed = () => undefined;
    await until(() => {
      at.chain.finalised += 1;
      return followed.view(1).ok === true;
    });
  });

  it("thousands of deposits in hundreds of ranges: the two are asked once about one block", async () => {
    at.chain.finalised = 400;
    const [one, liar, two] = await at.trio();
    // Ranges of four blocks end at 31, 35 and so on: their ends are asked for anyhow.
    liar.deed = inventing(...Array.from({ length: 368 }, (_, i) => i + 33).filter((block) => block % 4 !== 3));
    first(liar, [one, two]);
    const followed = await at.follow([one, liar, two], { chunkBlocks: 4 });
    await until(() => followed.height === 400);
    expect(followed.deposits).toEqual([10, 20, 30]);
    for (const provider of [one, two]) {
      const blocks = provider.asked.flatMap(({ method, params }) =>
        method === "eth_getBlockByNumber" && params[0] !== "finalized" ? [Number(params[0])] : [],
      );
      expect(blocks.filter((block) => block > 30 && block < 400 && block % 4 !== 3)).toEqual([33]);
    }
    expect(followed.view(1).detail).toContain("in no log of block 33");
  });

  it("in a block with a true deposit, so that logsBloom holds all of it: the receipts of the two have the one only", async () => {
    const [one, liar, two] = await at.trio();
    liar.deed = (method) =>
      method === "eth_getLogs"
        ? {
            result: [10, 20, 20, 30].map((block, i) => ({ ...at.chain.log(block), logIndex: i === 2 ? "0x7" : "0x0" })),
          }
        : undefined;
    first(liar, [one, two]);
    const followed = await at.follow([liar, one, two]);
    await until(() => followed.height === 50);
    expect(followed.deposits).toEqual([10, 20, 30]);
    expect(followed.view(0).detail).toMatch(/logIndex: 7, .*no such log in the receipts of block 20/);
    // Receipts are refused by both: that they have other events of that block shows that they keep its logs.
    for (const provider of [one, two])
      provider.deed = (method) => (method === "eth_getBlockReceipts" ? REFUSED : undefined);
    liar.asked.length = 0;
    first(liar, [one, two]);
    const poorer = await at.follow([liar, one, two]);
    await until(() => poorer.height === 50);
    expect(poorer.deposits).toEqual([10, 20, 30]);
    expect(poorer.view(0).detail).toContain("the others have other events of that block");
  });

  it("logsBloom may hold it because of another contract's log: one that has the receipts is enough", async () => {
    const [one, liar, two] = await at.trio();
    const colliding = collidingWith(at.chain.pool);
    liar.deed = inventing(INVENTED);
    const crowded = { result: colliding.map((address) => foreignReceipt(address)) };
    one.deed = withBloom(FULL, (method) => (method === "eth_getBlockReceipts" ? crowded : undefined));
    two.deed = withBloom(FULL, (method) => (method === "eth_getBlockReceipts" ? REFUSED : undefined));
    first(liar, [one, two]);
    const followed = await at.follow([one, two, liar]);
    await until(() => followed.height === 50);
    expect(followed.deposits).toEqual([10, 20, 30]);
    expect(followed.view(2).detail).toContain("no such log in the receipts of block 25");
  });

  it("receipts that count places anew in each of them show the same", async () => {
    const [one, liar, two] = await at.trio();
    const truth = at.chain.log(20);
    const moved = { blockHash: truth.blockHash, logs: [{ ...truth, logIndex: "0x5" }] };
    one.deed = (method) => (method === "eth_getBlockReceipts" ? { result: [moved] } : undefined);
    two.deed = one.deed;
    const more = [10, 20, 30].map((block) => at.chain.log(block));
    liar.deed = answering("eth_getLogs", { result: [...more, { ...truth, logIndex: "0x1" }] });
    first(liar, [one, two]);
    const followed = await at.follow([one, liar, two]);
    await until(() => followed.height === 50);
    expect(followed.deposits).toEqual([10, 20, 30]);
    expect(followed.view(1).detail).toContain("no such log in the receipts of block 20");
  });

  it("two of five invent one each: the three go on, and both are named", async () => {
    const [a, b, c, liar, other] = (await at.providers(5)) as Five;
    liar.deed = inventing(INVENTED);
    other.deed = inventing(INVENTED + 1);
    first(liar, [a, b]);
    first(other, [c]);
    const followed = await at.follow([liar, a, b, c, other]);
    await until(() => followed.height === 50 && followed.code === "healthy");
    expect(followed.deposits).toEqual([10, 20, 30]);
    expect([0, 1, 2, 3, 4].map((place) => followed.view(place).ok)).toEqual([false, true, true, true, false]);
  });

  it("the third tells of it in another block at that height", async () => {
    const [one, liar, two] = await at.trio();
    const hash = `0x${"77".repeat(32)}`;
    liar.deed = (method, params) => {
      const [tag] = params;
      if (method === "eth_getBlockByNumber" && Number(tag) === INVENTED) {
        return { result: { ...at.chain.block(INVENTED), hash } };
      }
      if (method !== "eth_getLogs") return undefined;
      const logs = [10, 20, 30].map((block) => at.chain.log(block));
      return { result: [...logs, { ...at.chain.log(INVENTED), blockHash: hash }] };
    };
    first(liar, [one, two]);
    const followed = await at.follow([one, liar, two]);
    await until(() => followed.height === 50);
    expect(followed.deposits).toEqual([10, 20, 30]);
    expect(followed.view(1).detail).toContain(`has block 25 with hash ${at.chain.block(INVENTED).hash}`);
  });
});

/** Addresses whose filter holds all bits of this one and of the topic of a deposit. */
function collidingWith(address: Hex): Hex[] {
  const [topic] = at.chain.log(10).topics as [Hex];
  const wanted = new Set([...bitsOf(address), ...bitsOf(topic)]);
  const found: Hex[] = [];
  for (let i = 1; wanted.size > 0; i++) {
    const candidate: Hex = `0x${i.toString(16).padStart(40, "0")}`;
    const bits = bitsOf(candidate).filter((bit) => wanted.has(bit));
    if (bits.length === 0) continue;
    for (const bit of bits) wanted.delete(bit);
    found.push(candidate);
  }
  return found;
}

function foreignReceipt(address: Hex): object {
  const log = { ...at.chain.log(INVENTED), address, topics: [], logIndex: "0x9" };
  return { blockHash: at.chain.block(INVENTED).hash, logs: [log] };
}

describe("P-57: two of three leave an event out that the third has, and nothing counts", () => {
  it.each<[string, Deed, string]>([
    ["receipts that are not there", { result: null }, "no receipts of block 10"],
    ["receipts that they refuse", REFUSED, "the method does not exist"],
    ["no receipts of a full block", { result: [] }, "that its logsBloom contradicts"],
  ])("both pruned, with %s: the agent abstains and says what each said", async (_name, receipts, words) => {
    const [one, two, third] = await at.trio();
    one.deed = pruned(receipts);
    two.deed = pruned(receipts);
    first(third, [one, two]);
    const followed = await at.follow([one, two, third]);
    await until(() => followed.code === "CHAIN_PROVIDERS_DISAGREE");
    expect(followed.heads).toEqual([]);
    expect(followed.detail).toContain(`providers: ${[one, two, third].map(({ host }) => host).join(", ")}`);
    expect(followed.detail).toContain("block: 10, reason: nobody can tell");
    for (const { host } of [one, two]) expect(followed.detail).toMatch(new RegExp(`${host} [^,]*${words}`));
    two.deed = () => undefined;
    await until(() => followed.code === "healthy");
    expect(followed.deposits).toEqual([10, 20, 30]);
  });

  it("one of the two still has the receipts, and they hold it: that one is at fault, the third is not", async () => {
    const [one, two, third] = await at.trio();
    one.deed = pruned({ result: null });
    two.deed = (method) => (method === "eth_getLogs" ? { result: [] } : undefined);
    first(third, [one, two]);
    const followed = await at.follow([one, two, third]);
    await until(() => followed.code === "CHAIN_PROVIDERS_DISAGREE");
    expect(followed.heads).toEqual([]);
    expect(followed.detail).toContain(`${two.host} left out an event of block 10, which its receipts hold`);
    expect(followed.view(1).detail).toContain("its receipts hold an event that it left out");
    expect(followed.view(2).code).toBeNull();
  });

  it("one pruned, one that lies about its logsBloom: a header is believed of two, not of one", async () => {
    const [one, liar, third] = await at.trio();
    one.deed = pruned({ result: null });
    const leavesOut = pruned(REFUSED);
    liar.deed = (method, params) =>
      method === "eth_getBlockByNumber" && Number(params[0]) === 10
        ? { result: { ...at.chain.block(10), logsBloom: EMPTY } }
        : leavesOut(method, params);
    first(third, [one, liar]);
    const followed = await at.follow([one, liar, third]);
    await until(() => followed.code === "CHAIN_PROVIDERS_DISAGREE");
    await until(() => asked(liar, "eth_getLogs") > 3);
    expect(followed.heads).toEqual([]);
  });

  it("one pruned, one whose receipts are of another block: it does not tell", async () => {
    const [one, liar, third] = await at.trio();
    one.deed = pruned({ result: null });
    liar.deed = pruned({ result: at.chain.receipts(20) });
    first(third, [one, liar]);
    const followed = await at.follow([one, liar, third]);
    await until(() => followed.code === "CHAIN_PROVIDERS_DISAGREE");
    expect(followed.detail).toContain(`${liar.host} has receipts of another block`);
    await until(() => asked(liar, "eth_getLogs") > 3);
    expect(followed.heads).toEqual([]);
    // What may have megabytes is not asked for at each attempt.
    expect(asked(liar, "eth_getBlockReceipts")).toBeLessThan(asked(liar, "eth_getLogs"));
  });
});

describe("bloom filters (Yellow Paper 4.3.1)", () => {
  it("of real blocks hold the address and topics of their logs, and an empty block's nothing", async () => {
    const chain = await startAnvil();
    at.stopAfter(() => chain.stop());
    await placeContracts(chain);
    await chain.settle(5n);
    type Block = { readonly number: string; readonly logsBloom: Hex };
    const full = (await chain.rpc("eth_getBlockByNumber", "latest", false)) as Block;
    const [receipt] = (await chain.rpc("eth_getBlockReceipts", full.number)) as [
      { readonly logs: readonly { readonly address: Hex; readonly topics: readonly Hex[] }[] },
    ];
    const items = receipt.logs.flatMap(({ address, topics }) => [address, ...topics]);
    expect(items.length).toBeGreaterThan(1);
    expect(lackedBy(full.logsBloom, items)).toBeUndefined();
    // Nothing else is in it: every bit is one of theirs.
    const bits = new Set(items.flatMap(bitsOf));
    for (let bit = 0; bit < 8 * BLOOM_BYTES; bit++) expect(hasBit(full.logsBloom, bit)).toBe(bits.has(bit));
    await chain.mine(1);
    const empty = (await chain.rpc("eth_getBlockByNumber", "latest", false)) as Block;
    expect(lackedBy(empty.logsBloom, items)).toBe(items[0]);
  });
});
