/**
 * Set up before each test file (vitest.config.ts): property tests draw the same inputs on every run, so that a change
 * which passed once does not fail on the next run by luck. In: FC_SEED, a 32-bit integer, or `random` for a new one
 * each time; a failure prints the seed it had.
 */
import fc from "fast-check";

const DEFAULT_SEED = 20_261;

const text = process.env["FC_SEED"] ?? String(DEFAULT_SEED);
const seed = text === "random" ? Date.now() % 2 ** 31 : Number(text);
if (!Number.isInteger(seed)) throw new Error(`FC_SEED is ${text}: an integer, or "random"`);
fc.configureGlobal({ seed });
