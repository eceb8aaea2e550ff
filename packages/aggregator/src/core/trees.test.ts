import type { Hex } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { DOMAIN, scheme } from "../../test/support/cluster.ts";
import { admit, EPOCH_SECONDS, GENESIS, headAt, network } from "../../test/support/ledgerHistory.ts";
import { createContext, type MutableContext } from "./context.ts";
import type { Effect } from "./io.ts";
import { amountsAt, changesOf, totalOwedAt } from "./ledger/amounts.ts";
import { advanceLedger, emptyLedger } from "./ledger/ledger.ts";
import { SIGNING_WINDOW_EPOCHS, TREE_RETRY_MS } from "./limits.ts";
import { Trees } from "./trees.ts";

const root = (epoch: number): Hex => `0x${(epoch + 1).toString(16).padStart(64, "0")}`;

/** Three nodes of two contributors, and what the trees asked for. */
function stage() {
  const ledger = emptyLedger();
  advanceLedger(ledger, network(3, 2), headAt(GENESIS), admit);
  const options = { domain: DOMAIN, blsKey: new Uint8Array(96), claimDeadlineMs: 1, submits: null };
  const context: MutableContext = createContext(
    options,
    { scheme, signIdentity: (digest) => digest, verifyIdentity: () => true },
    ledger,
  );
  const trees = new Trees(context);
  const effects: Effect[] = [];
  const step = { nowMs: 0, emit: (effect: Effect) => void effects.push(effect) };
  const asked = () =>
    effects.flatMap((effect) => (effect.type === "build-tree" ? [[effect.epoch, effect.first] as const] : []));
  return {
    context,
    trees,
    effects,
    step,
    asked,
    close: (epochs: number) => advanceLedger(ledger, [], headAt(GENESIS + epochs * EPOCH_SECONDS), admit),
    built(epoch: number, totalOwed = totalOwedAt(ledger, epoch) ?? 0n) {
      trees.built({ type: "tree-built", epoch, root: root(epoch), totalOwed }, step);
      trees.advance(step);
    },
  };
}

describe("rewards trees (P-41)", () => {
  it("begin with everyone at the oldest epoch of the window, then bring each epoch's changes, one at a time", () => {
    const { context, trees, step, effects, asked, close, built } = stage();
    trees.advance(step);
    expect(asked()).toEqual([]);
    close(3);
    trees.advance(step);
    trees.advance(step);
    expect(asked()).toEqual([[0, true]]);
    built(0);
    built(1);
    expect(asked()).toEqual([
      [0, true],
      [1, false],
      [2, false],
    ]);
    const builds = effects.filter(({ type }) => type === "build-tree");
    expect(builds[0]).toMatchObject({ changes: amountsAt(context.ledger, 0) });
    expect(builds[2]).toMatchObject({ changes: changesOf(context.ledger, 2) });
    expect([...context.roots]).toEqual([
      [0, root(0)],
      [1, root(1)],
    ]);
    built(2);
    expect(asked()).toHaveLength(3);
  });

  it("begin anew when more epochs closed meanwhile than the window remembers", () => {
    const { trees, step, asked, close, built } = stage();
    close(1);
    trees.advance(step);
    close(2 + SIGNING_WINDOW_EPOCHS);
    built(0);
    expect(asked()).toEqual([
      [0, true],
      [2, true],
    ]);
  });

  it("begin anew, after a while, when they were lost, and say so", () => {
    const { trees, step, effects, asked, close } = stage();
    close(1);
    trees.advance(step);
    trees.lost("TREE_WORKER_DIED", "exit code 1", step);
    trees.advance(step);
    expect(asked()).toHaveLength(1);
    trees.advance({ ...step, nowMs: TREE_RETRY_MS });
    expect(asked()).toEqual([
      [0, true],
      [0, true],
    ]);
    expect(effects).toContainEqual(
      expect.objectContaining({ type: "observe", level: "warn", code: "TREE_WORKER_DIED" }),
    );
  });

  it("an answer that nobody waits for changes nothing", () => {
    const { context, trees, step, close, built } = stage();
    close(2);
    trees.advance(step);
    built(1);
    expect(context.roots.size).toBe(0);
  });
});
