import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BatchChecks, type Named, nameInvalid } from "./naming.ts";

/**
 * Checks over errors that are integers: 0 is a valid share, and errors that add up to 0 cancel. Keeps what was proven
 * how.
 */
class Model implements BatchChecks {
  readonly errors: readonly number[];
  readonly refutedAlone = new Set<number>();
  readonly accepted = new Set<number>();

  constructor(errors: readonly number[]) {
    this.errors = errors;
  }

  one(position: number): boolean {
    const valid = this.errors[position] === 0;
    if (!valid) this.refutedAlone.add(position);
    else this.accepted.add(position);
    return valid;
  }

  sum(positions: readonly number[]): boolean {
    const valid = positions.reduce((sum, position) => sum + (this.errors[position] as number), 0) === 0;
    if (!valid && positions.length === 1) this.refutedAlone.add(positions[0] as number);
    return valid;
  }

  weighted(positions: readonly number[]): boolean {
    const valid = positions.every((position) => this.errors[position] === 0);
    if (valid) for (const position of positions) this.accepted.add(position);
    return valid;
  }

  get invalid(): number[] {
    return this.errors.flatMap((error, position) => (error === 0 ? [] : [position]));
  }
}

/** Numbers of a linear congruential generator: the tests need spread, not secrecy. */
function seeded(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

function run(errors: readonly number[], seed: number): { readonly model: Model; readonly named: Named } {
  const model = new Model(errors);
  return { model, named: nameInvalid([...errors.keys()], model, seeded(seed)) };
}

function withBad(count: number, bad: number, seed: number): number[] {
  const errors = new Array<number>(count).fill(0);
  const random = seeded(seed);
  for (let placed = 0; placed < bad; ) {
    const position = random(count);
    if (errors[position] !== 0) continue;
    errors[position] = 1 + random(1_000_000);
    placed += 1;
  }
  return errors;
}

describe("nameInvalid", () => {
  it("P-6 names exactly the bad ones, each refuted by a check of its own, and accepts the others by random weights", () => {
    // Small errors of both signs, so that many parts cancel.
    const errors = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -3, max: 3 })), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(errors, fc.nat(), (values, seed) => {
        const { model, named } = run(values, seed);
        expect(named.invalid).toEqual(model.invalid);
        for (const position of named.invalid) expect(model.refutedAlone).toContain(position);
        expect([...model.accepted].sort((a, b) => a - b)).toEqual(
          values.flatMap((error, position) => (error === 0 ? [position] : [])),
        );
      }),
    );
  });

  it("names 20 bad among 2,000 in at most 200 checks, wherever they are", () => {
    const counts = Array.from({ length: 200 }, (_, seed) => {
      const { model, named } = run(withBad(2_000, 20, seed), seed + 1);
      expect(named.invalid).toEqual(model.invalid);
      return named.checks;
    });
    expect(Math.max(...counts)).toBeLessThanOrEqual(200);
    expect(
      run(
        Array.from({ length: 2_000 }, (_, i) => (i < 20 ? i + 1 : 0)),
        1,
      ).named.checks,
    ).toBeLessThanOrEqual(200);
  });

  it("needs one check for a valid small batch and two for a large one", () => {
    expect(run(withBad(1, 0, 1), 1).named).toEqual({ invalid: [], checks: 1 });
    expect(run(withBad(24, 0, 1), 1).named).toEqual({ invalid: [], checks: 1 });
    expect(run(withBad(2_000, 0, 1), 1).named).toEqual({ invalid: [], checks: 2 });
    expect(run([], 1).named).toEqual({ invalid: [], checks: 0 });
  });

  it("costs little more than one check each when everything is bad", () => {
    expect(run(withBad(2_000, 2_000, 1), 1).named.checks).toBeLessThan(2_050);
    expect(run(withBad(24, 24, 1), 1).named.checks).toBeLessThan(35);
  });

  it("P-6 two that cancel in the whole are both named, for less than 1 check in 10 shares", () => {
    for (let seed = 0; seed < 50; seed++) {
      const errors = withBad(2_000, 1, seed);
      const position = errors.findIndex((error) => error !== 0);
      errors[(position + 777) % 2_000] = -(errors[position] as number);
      const { model, named } = run(errors, seed + 1);
      expect(named.invalid).toEqual(model.invalid);
      expect(named.checks).toBeLessThan(200);
    }
  });
});
