// The pool's release (P-31) in Solidity and in TypeScript, one integer against the other: the bare arithmetic on tiny
// and huge numbers, and a deployed pool over random deposits, payouts and times, by its own events alone.
import { expWad, releasedOf, yearlyReleaseOf } from "@quorate/common";
import { type Contract, ContractFactory, type InterfaceAbi, type JsonFragment } from "ethers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileProbe } from "../src/compile.ts";
import { send, startTestNetwork, type TestNetwork } from "../src/testing/index.ts";
import { revertOf } from "./support.ts";

/** Makes the internal functions callable, many at a time; nothing of it is ever deployed elsewhere. */
const PROBE = `
pragma solidity 0.8.37;
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {PoolMath} from "contracts/libraries/PoolMath.sol";
contract Probe {
  function exponentials(int256[] calldata xs) external pure returns (int256[] memory results) {
    results = new int256[](xs.length);
    for (uint256 i = 0; i < xs.length; ++i) results[i] = FixedPointMathLib.expWad(xs[i]);
  }
  function releases(uint128 balance, uint256[] calldata times) external pure returns (uint256[] memory results) {
    results = new uint256[](times.length);
    for (uint256 i = 0; i < times.length; ++i) results[i] = PoolMath.releasedOf(balance, times[i]);
  }
  function yearly(uint128 balance) external pure returns (uint256) { return PoolMath.yearlyOf(balance); }
}`;

const YEAR = 365n * 86_400n;
const UINT256_MAX = 2n ** 256n - 1n;
const FIRST_OVERFLOW = 135_305_999_368_893_231_589n;
const balances = fc.oneof(
  fc.bigInt({ min: 0n, max: 10n }),
  fc.bigInt({ min: 0n, max: 240_000_000n * 10n ** 9n }),
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
);
const times = fc.oneof(
  fc.bigInt({ min: 0n, max: 7_200n }),
  fc.bigInt({ min: 0n, max: 310n * YEAR }),
  fc.bigInt({ min: 0n, max: UINT256_MAX }),
);

let network: TestNetwork;
let probe: Contract;
beforeAll(async () => {
  network = await startTestNetwork({ nodes: 1 });
  type Compiled = { "probe.sol": { Probe: { abi: JsonFragment[]; evm: { bytecode: { object: string } } } } };
  const { abi, evm } = compileProbe<Compiled>(PROBE, ["abi", "evm.bytecode.object"])["probe.sol"].Probe;
  const contract = await new ContractFactory(abi as InterfaceAbi, evm.bytecode.object, network.owner).deploy();
  await contract.waitForDeployment();
  probe = contract as Contract;
});
afterAll(() => network.chain.close());

const integers = async (method: string, ...args: unknown[]): Promise<bigint[]> => [
  ...((await probe.getFunction(method)(...args)) as bigint[]),
];

describe("P-31: the arithmetic", () => {
  test("expWad agrees on every kind of number that it takes", async () => {
    const exponents = fc.oneof(
      fc.bigInt({ min: -10_000_000_000n, max: 10_000_000_000n }),
      fc.bigInt({ min: -42n * 10n ** 18n, max: 0n }),
      fc.bigInt({ min: 0n, max: FIRST_OVERFLOW - 1n }),
      fc.bigInt({ min: -(2n ** 255n), max: 0n }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(exponents, { minLength: 50, maxLength: 100, size: "max" }), async (xs) => {
        expect(await integers("exponentials", xs)).toEqual(xs.map(expWad));
      }),
      { numRuns: 30, seed: 31, examples: [[[0n, -1n, 1n, FIRST_OVERFLOW - 1n, -41_446_531_673_892_822_312n]]] },
    );
    await expect(integers("exponentials", [FIRST_OVERFLOW])).rejects.toThrow(/0xa37bfec9|ExpOverflow/);
  });

  test("the release agrees for tiny and huge balances and times, and reverts for none", async () => {
    const many = fc.array(times, { minLength: 20, maxLength: 60, size: "max" });
    await fc.assert(
      fc.asyncProperty(balances, many, async (balance, elapsed) => {
        const expected = elapsed.map((seconds) => releasedOf(balance, seconds));
        expect(await integers("releases", balance, elapsed)).toEqual(expected);
        expect(await probe.getFunction("yearly")(balance)).toBe(yearlyReleaseOf(balance));
      }),
      { numRuns: 60, seed: 32, examples: [[2n ** 128n - 1n, [0n, 1n, YEAR, 300n * YEAR, UINT256_MAX]]] },
    );
  });
});

describe("P-31: a deployed pool", () => {
  type Step = {
    readonly kind: "fund" | "transfer" | "sync" | "payout";
    readonly seconds: number;
    readonly amount: bigint;
  };
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom("fund", "transfer", "sync", "payout" as const),
    seconds: fc.oneof(fc.integer({ min: 1, max: 59 }), fc.integer({ min: 1, max: 10_000_000 })),
    amount: fc.oneof(fc.constant(1n), fc.bigInt({ min: 1n, max: 1_000n * 10n ** 9n })),
  });

  /** The last event's values: all that an agent knows of the pool. */
  async function lastSettled(): Promise<{ balance: bigint; time: bigint; totalReleased: bigint; count: number }> {
    const events = await network.pool.queryFilter("Settled");
    const { args } = events.at(-1) as unknown as { args: { balance: bigint; time: bigint; totalReleased: bigint } };
    const { balance, time, totalReleased } = args;
    return { balance, time, totalReleased, count: events.length };
  }

  async function perform({ kind, amount }: Step): Promise<void> {
    const { pool, token, deployment } = network;
    if (kind === "fund") {
      await send(token, "approve", deployment.pool, amount);
      await send(pool, "fund", amount);
    } else if (kind === "transfer") await send(token, "transfer", deployment.pool, amount);
    else await send(pool, kind === "sync" ? "sync" : "payoutReleased");
  }

  test("releases by the formula over its own events, at any time to come, and only deposits settle", async () => {
    const ask = (method: string, ...args: unknown[]): Promise<bigint> => network.pool.getFunction(method)(...args);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 12 }), fc.array(times), async (steps, later) => {
        const restore = await network.chain.snapshot();
        let loose = 0n;
        for (const one of steps) {
          await network.chain.increaseTime(one.seconds);
          const before = await lastSettled();
          await perform(one);
          if (one.kind === "transfer") loose += one.amount;
          const settles = one.kind === "fund" || (one.kind === "sync" && loose > 0n);
          if (settles) loose = 0n;
          const { balance, time, totalReleased, count } = await lastSettled();
          expect(count).toBe(before.count + (settles ? 1 : 0));
          const now = BigInt((await network.chain.provider.getBlock("latest"))?.timestamp ?? 0);
          for (const at of [now, now + 1n, ...later.map((seconds) => now + seconds)]) {
            if (at > UINT256_MAX) continue;
            expect(await ask("released", at)).toBe(totalReleased + releasedOf(balance, at - time));
          }
          const left = balance - releasedOf(balance, now - time);
          expect(await ask("rewardRate")).toBe(yearlyReleaseOf(left));
          const held = await network.token.getFunction("balanceOf")(network.deployment.pool);
          expect(held - loose).toBe(left + (await ask("pendingRelease")));
          const refused = revertOf(network.pool, ask("released", time - 1n));
          expect(await refused).toBe(`TimeBeforeSettlement(${time - 1n},${time})`);
        }
        await restore();
      }),
      { numRuns: 12, seed: 33 },
    );
  });
});
