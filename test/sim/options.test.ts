import { describe, expect, it } from "vitest";
import { DEFAULT_FAULTS, LIFE_FAULTS, NO_FAULTS, parseFlags, replayCommand } from "./options.ts";
import { drawOptions } from "./swarm/draw.ts";

const code = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe("flags", () => {
  it("have every fault on unless told otherwise", () => {
    expect(parseFlags([])).toMatchObject({ nodes: 200, seed: 7, claims: 3, faults: DEFAULT_FAULTS, json: false });
    expect(parseFlags(["--calm"]).faults).toEqual({ ...NO_FAULTS, providerLagMs: 0 });
    const faults = { ...NO_FAULTS, providerLagMs: 0, loss: 0.02, latencyMs: { min: 5, max: 9 } };
    expect(parseFlags(["--", "--calm", "--loss", "0.02", "--latency", "5-9"]).faults).toEqual(faults);
  });

  it("--epochs asks for a life, with faults of its own", () => {
    expect(parseFlags([]).life).toBeUndefined();
    const life = { epochs: 12, dead: 0.04, turns: 0.04, idle: 0.02 };
    expect(parseFlags(["--epochs", "12"])).toMatchObject({ life, faults: LIFE_FAULTS });
    const calm = parseFlags(["--epochs", "9", "--calm", "--dead", "0.1"]);
    expect(calm).toMatchObject({ life: { epochs: 9, dead: 0.1, turns: 0, idle: 0 }, faults: NO_FAULTS });
    const some = parseFlags(["--epochs", "9", "--accounts", "0.05"]);
    expect(some.life).toEqual({ ...life, epochs: 9, accounts: 0.05 });
    for (const options of [calm, some]) {
      const [, flags = ""] = replayCommand(options).split(" sim ");
      expect(parseFlags(flags.split(" "))).toMatchObject({ life: options.life, faults: options.faults });
    }
  });

  it("lines: regions, bandwidths and churn, and the command that gives them again", () => {
    const given = ["--calm", "--latency", "regions", "--bandwidth", "spread", "--churn", "0.1"];
    const options = parseFlags(given);
    expect(options.faults).toMatchObject({ regions: true, bandwidth: "spread", churn: 0.1, latencyMs: { min: 0 } });
    const [, flags = ""] = replayCommand(options).split(" sim ");
    expect(parseFlags(flags.split(" ")).faults).toEqual(options.faults);
  });

  it("providers are behind as usual, as far as is said, or in calm not at all; replays say how far", () => {
    expect(replayCommand(parseFlags([]))).toContain("--lag 2000");
    expect(replayCommand(parseFlags(["--calm", "--lag", "500"]))).toContain("--lag 500");
    expect(replayCommand(parseFlags(["--calm"]))).not.toContain("--lag");
    expect(() => parseFlags(["--lag", "20001"])).toThrow("FLAG_INVALID");
  });

  it.each([
    ["--epochs", "5"],
    ["--nodes", "10001"],
    ["--bandwidth", "wide"],
    ["--churn", "2"],
    ["--dead", "0.1"],
    ["--accounts", "0.1"],
    ["--nodes", "3"],
    ["--nodes", "1e2"],
    ["--seed", "-1"],
    ["--loss", "1.5"],
    ["--loss", ""],
    ["--latency", "90-50"],
    ["--latency", "50"],
    ["--speed", "1"],
  ])("error: %s %s", (flag, value) => {
    expect(code(() => parseFlags([flag, value]))).toBe("FLAG_INVALID");
  });

  it("the replay command gives the same options again", () => {
    for (let i = 0; i < 50; i++) {
      const drawn = drawOptions(1, i, 60);
      const [, flags = ""] = replayCommand(drawn).split(" sim ");
      expect(parseFlags(flags.split(" "))).toEqual({ ...drawn, json: false, help: false });
    }
  });
});
