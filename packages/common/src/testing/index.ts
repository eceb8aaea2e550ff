/**
 * `@quorate/common/testing`: conformance suites and forged inputs for tests of this and other packages.
 */

import type { SignatureScheme } from "../bls/scheme.ts";
import { algebraSuite } from "./algebraSuite.ts";
import { pointSuite } from "./pointSuite.ts";
import type { Runner } from "./runner.ts";

export * from "./algebraSuite.ts";
export * as craft from "./craft.ts";
export * from "./identityCases.ts";
export * from "./pointSuite.ts";
export * from "./publishedVectors.ts";
export * from "./runner.ts";

/**
 * The whole suite for a BLS12-381 backend; a linear model runs `algebraSuite` alone.
 * `schemeSuite({ describe, it, expect }, "blst", () => loadNativeScheme())`
 */
export function schemeSuite(
  runner: Runner,
  name: string,
  load: () => SignatureScheme | Promise<SignatureScheme>,
): void {
  runner.describe(`SignatureScheme: ${name}`, () => {
    algebraSuite(runner, load);
    pointSuite(runner, load);
  });
}
