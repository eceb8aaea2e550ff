import { describe, expect, it } from "vitest";
import { simCommand } from "./command.ts";
import { run } from "./run.ts";

/** Runs the command and gives what it wrote. */
function command(args: string, runOne = run): { status: number; out: string; progress: string } {
  const written = { out: "", progress: "" };
  const status = simCommand(
    args.split(" "),
    {
      out: (text) => {
        written.out += text;
      },
      progress: (text) => {
        written.progress += text;
      },
    },
    runOne,
  );
  return { status, ...written };
}

const SMALL = "--nodes 20 --seed 3 --claims 1 --calm";

describe("pnpm sim", () => {
  it("--json writes one line with one object, and nothing else", () => {
    const { status, out } = command(`${SMALL} --json`);
    expect(status).toBe(0);
    expect(out.indexOf("\n")).toBe(out.length - 1);
    const result = JSON.parse(out);
    expect(result).toMatchObject({ seed: 3, nodes: 20, violations: [], ok: true, claims: { bundles: 1 } });
    expect(result.traceHash).toMatch(/^[0-9a-f]{64}$/);
    expect(result.virtualMsToQuorum.median).toBeGreaterThan(50);
    expect(result.bytesPerNode).toBeGreaterThan(10_000);
    expect(result.pairingsPerNode).toBeGreaterThan(1);
  });

  it("without it a summary that a person can read", () => {
    const { status, out, progress } = command(SMALL);
    expect(status).toBe(0);
    expect(out).toMatch(/claims {6}1 with a bundle, 0 without a quorum/);
    expect(out).toMatch(/^ok: no violations$/m);
    expect(progress).toMatch(/1 of 1 claims ended/);
  });

  it("a failure prints its seed and the one command that replays it", () => {
    const broken: typeof run = (config) =>
      run({
        ...config,
        mutate: (agent) => ({
          ...agent,
          handle: (input, nowMs) => agent.handle(input, nowMs).filter(({ type }) => type !== "persist"),
        }),
      });
    const { status, out, progress } = command(SMALL, broken);
    expect(status).toBe(1);
    expect(out).toMatch(/VIOLATIONS/);
    expect(progress).toContain(
      "seed 3 failed; the same run again:\n  npx -y pnpm@12 sim --nodes 20 --seed 3 --claims 1",
    );
  });

  it("--epochs shows a life: a line an epoch, and one for each node that something happened to", () => {
    const { status, out, progress } = command("--nodes 8 --seed 3 --epochs 6 --calm --silent 0.1 --idle 0.1");
    expect(status).toBe(0);
    expect(out).toMatch(/^epoch {2}record {2}by .* sent {2}failed {2}liars' {2}shown +moved$/m);
    expect(out).toMatch(/^\d+ +silent +M {2}M {2}M {2}Mv M {2}M$/m);
    expect(out).toMatch(/^payable {5}\d of 6 epochs: /m);
    expect(out).toMatch(/^ok: no violations$/m);
    expect(progress).toMatch(/epoch 5 is over: 5 recorded/);
  });

  it("--epochs with --json gives both tables as data, and the command that replays the life", () => {
    const { out } = command("--nodes 8 --seed 3 --epochs 6 --calm --silent 0.1 --json");
    const result = JSON.parse(out);
    expect(result).toMatchObject({ seed: 3, nodes: 8, epochs: 6, violations: [], ok: true });
    expect(result.perEpoch).toHaveLength(6);
    expect(result.perEpoch[1]).toMatchObject({ epoch: 1, signers: 8, showings: [], transactions: { reverted: 0 } });
    expect(result.perNode.map(({ fate }: { fate: string }) => fate)).toEqual(["silent", "newcomer"]);
    expect(result.command).toContain(
      "sim --nodes 8 --seed 3 --epochs 6 --claims 3 --latency 50-150 --calm --silent 0.1",
    );
  });

  it("error: a wrong flag is named, with what is allowed", () => {
    const { status, progress } = command("--loss 2");
    expect(status).toBe(2);
    expect(progress).toMatch(/--loss/);
    expect(command("--help")).toMatchObject({ status: 0 });
  });
});
