/**
 * From a recipient to tokens, by `@quorate/client` and by the commands that stand on it: real contracts on anvil, real
 * transactions, and agents over HTTP that are right, wrong, silent or gone.
 */
import { afterAll, afterEach, beforeAll } from "vitest";
import { claimCases } from "./claimCases.ts";
import { commandCases } from "./commandCases.ts";
import { Ground } from "./ground.ts";
import { poolCases } from "./poolCases.ts";
import { signerCases } from "./signerCases.ts";

const ground = new Ground();

beforeAll(() => ground.start());
afterEach(() => ground.afterEach());
afterAll(() => ground.stop());

claimCases(ground);
signerCases(ground);
poolCases(ground);
commandCases(ground);
