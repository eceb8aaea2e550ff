import { describe, expect, it } from "vitest";
import { Processor } from "./processor.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";

const runAll = (scheduler: Scheduler): void => {
  while (scheduler.step(Number.POSITIVE_INFINITY)) {
    // Until nothing is planned.
  }
};

describe("virtual time", () => {
  it("runs events by moment, equal moments in the order they were planned, whatever the order of planning", () => {
    const random = new Random("scheduler test");
    const scheduler = new Scheduler();
    const ran: [number, number][] = [];
    const planned = Array.from({ length: 500 }, (_, order): [number, number] => [random.below(50), order]);
    for (const [atMs, order] of planned) {
      scheduler.at(atMs, () => {
        expect(scheduler.nowMs).toBe(atMs);
        ran.push([atMs, order]);
      });
    }
    runAll(scheduler);
    expect(ran).toEqual(planned.sort((a, b) => a[0] - b[0] || a[1] - b[1]));
  });

  it("never goes back: what is planned for the past runs now", () => {
    const scheduler = new Scheduler();
    const ran: number[] = [];
    scheduler.at(10, () => scheduler.at(3, () => ran.push(scheduler.nowMs)));
    runAll(scheduler);
    expect(ran).toEqual([10]);
  });

  it("stops before what is later than it may run", () => {
    const scheduler = new Scheduler();
    scheduler.at(10, () => {});
    expect([scheduler.step(9), scheduler.step(10), scheduler.step(11)]).toEqual([false, true, false]);
  });
});

describe("a processor", () => {
  it("does one job after the other, each in its time, and what is charged delays the next", () => {
    const scheduler = new Scheduler();
    const processor = new Processor(scheduler);
    const ends: number[] = [];
    const job = (costMs: number) => () => ({ costMs, done: () => void ends.push(scheduler.nowMs) });
    processor.run(job(2));
    processor.run(job(3));
    scheduler.at(1, () => processor.charge(4));
    scheduler.at(100, () => processor.run(job(1)));
    runAll(scheduler);
    expect(ends).toEqual([2, 9, 101]);
  });

  it("that dies ends nothing", () => {
    const scheduler = new Scheduler();
    const processor = new Processor(scheduler);
    const ended: number[] = [];
    const job = () => ({ costMs: 5, done: () => void ended.push(scheduler.nowMs) });
    processor.run(job);
    processor.run(job);
    scheduler.at(2, () => processor.clear());
    scheduler.at(3, () => processor.run(job));
    runAll(scheduler);
    expect(ended).toEqual([8]);
  });
});

describe("chance", () => {
  it("is the same for a label, another for another, and forks do not disturb each other", () => {
    const draw = (random: Random) => Array.from({ length: 5 }, () => random.next());
    expect(draw(new Random("a"))).toEqual(draw(new Random("a")));
    expect(draw(new Random("a"))).not.toEqual(draw(new Random("b")));
    const parent = new Random("a");
    const before = draw(parent.fork("x"));
    parent.next();
    expect(draw(parent.fork("x"))).toEqual(before);
  });

  it("spreads evenly enough", () => {
    const random = new Random("even");
    const tally = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const drawn = random.below(10);
      tally[drawn] = (tally[drawn] as number) + 1;
    }
    expect(Math.min(...tally)).toBeGreaterThan(880);
    expect(Math.max(...tally)).toBeLessThan(1_120);
  });
});
