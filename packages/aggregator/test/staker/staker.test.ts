/**
 * From a recipient to tokens, by `@quorate/client` and by the commands that stand on it: real contracts on anvil, real
 * transactions, and agents over HTTP that are right, wrong, silent or gone. The cases stand in files of their own, and
 * share one network.
 */
import { afterAll, afterEach, beforeAll } from "vitest";
import { ground } from "./ground.ts";

beforeAll(() => ground.start());
afterEach(() => ground.afterEach());
afterAll(() => ground.stop());

await import("./claimCases.ts");
await import("./partCases.ts");
await import("./signerCases.ts");
await import("./poolCases.ts");
await import("./commandCases.ts");
