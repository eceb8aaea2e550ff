/**
 * Writes vectors/emission.json: what the pool releases (P-31), and the exponential behind it. The file holds
 * `expWad.ts`, `poolRelease.ts`, the ledger and the Solidity tests to one answer. Deterministic: running it again
 * changes nothing.
 *
 *   node scripts/generateEmissionVectors.ts
 */
import { writeFileSync } from "node:fs";
import { expWad, releasedOf, yearlyReleaseOf } from "../src/index.ts";

const DAY = 86_400n;
const YEAR = 365n * DAY;

/** From nothing to all 128 bits; 2.4e17 is the whole supply of 240 million SESH. */
const BALANCES = [0n, 1n, 999_999_999n, 10n ** 9n, 240_000_000n * 10n ** 9n, 2n ** 128n - 1n];
/** The last time after which anything is left, and its neighbours: from x = 41.4 on the exponential is zero. */
const LAST_LEFT = (41_446_531_673_892_822_312n * YEAR) / (151n * 10n ** 15n);
const ELAPSED_SECONDS = [
  ...[0n, 1n, 2n, 59n, 3_600n, DAY, 30n * DAY, YEAR - 1n, YEAR, 10n * YEAR, 100n * YEAR],
  ...[LAST_LEFT, LAST_LEFT + 1n, 300n * YEAR - 1n, 300n * YEAR, 300n * YEAR + 1n, 2n ** 40n - 1n, 2n ** 63n],
];

/** Zero and its neighbours, both ends of the range, halvings (where the power of two changes), and numbers between. */
const EXPONENTS = [
  ...[0n, 1n, -1n, 2n, -2n, 10n ** 18n, -(10n ** 18n)],
  ...[-346_573_590_279_972_654n, -346_573_590_279_972_655n, -693_147_180_559_945_309n, -20n * 10n ** 18n],
  ...[-41_446_531_673_892_822_312n, -41_446_531_673_892_822_313n, -41_446_531_673_892_822_314n, -(2n ** 255n)],
  ...[20n * 10n ** 18n, 135_305_999_368_893_231_588n],
  ...[1n, 59n, 3_600n, DAY, YEAR].map((seconds) => -((151n * 10n ** 15n * seconds) / YEAR)),
];

const content = {
  rule: "P-31",
  expWad: EXPONENTS.map((x) => ({ x: String(x), result: String(expWad(x)) })),
  released: BALANCES.flatMap((balance) =>
    ELAPSED_SECONDS.map((elapsedSeconds) => ({
      balance: String(balance),
      elapsedSeconds: String(elapsedSeconds),
      released: String(releasedOf(balance, elapsedSeconds)),
      yearly: String(yearlyReleaseOf(balance)),
    })),
  ),
};
writeFileSync(new URL("../vectors/emission.json", import.meta.url), `${JSON.stringify(content, null, 2)}\n`);
