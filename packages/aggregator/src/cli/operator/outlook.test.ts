import type { NodeDetails } from "@quorate/client";
import { type Address, parseAddress } from "@quorate/common";
import type { StatusAnswer } from "@quorate/common/http";
import { describe, expect, it } from "vitest";
import { nextEvents } from "./outlook.ts";
import { type OwnNodeView, principalStep } from "./principal.ts";

const OPERATOR = parseAddress(`0x${"0a".repeat(20)}`);
const OTHER = parseAddress(`0x${"0b".repeat(20)}`);
const NOW = 1_800_000_000;
const OWN: OwnNodeView = { nodeId: 7, state: "active", operator: OPERATOR, unlocksAt: null, foreign: [] };

/** Only what is looked at. */
function next(over: Partial<StatusAnswer>): string[] {
  const head = { number: 9, hash: `0x${"09".repeat(32)}`, timestamp: NOW };
  const base = { genesis: null, epochSeconds: null, head, nodeId: 7, uptime: "PPP", silentReports: null };
  return nextEvents({ ...base, ownNode: OWN, ...over } as StatusAnswer, null);
}

function principal(paid: readonly Address[], unlocksAt = NOW, liquidated = false): string {
  const contributors = [OPERATOR, OTHER].map((addr) => ({ addr, withdrawn: paid.includes(addr) }));
  return principalStep({
    node: { id: 7, operator: OPERATOR, unlocksAt, contributors, liquidated } as unknown as NodeDetails,
    now: NOW,
  });
}

describe("what status says is next", () => {
  it("registering only where the chain was read and no node has the agent's key", () => {
    expect(next({ ownNode: null, nodeId: null })).toEqual([expect.stringContaining("`quorate register`")]);
    expect(next({ ownNode: null, nodeId: null, head: null })).toEqual([]);
    expect(next({ ownNode: undefined })).toEqual([]);
  });

  it("P-33, P-34: an exit with the time from which it works, or as something that works now", () => {
    expect(next({ ownNode: { ...OWN, unlocksAt: NOW + 1 } })).toEqual([
      "it leaves: `quorate exit --node 7` takes it out from 2027-01-15T08:00:01Z on; keep its agent running until then",
    ]);
    expect(next({ ownNode: { ...OWN, unlocksAt: NOW } })).toEqual(["it leaves: `quorate exit --node 7` takes it out"]);
  });

  it("P-35: a principal that is locked, free, the other contributors' alone, or paid back", () => {
    expect(principal([], NOW + 1)).toBe(
      "its principal is locked until 2027-01-15T08:00:01Z; `quorate withdraw --node 7` has it paid then",
    );
    expect(principal([OTHER])).toBe("its principal is free: `quorate withdraw --node 7` has it paid");
    expect(principal([OPERATOR])).toContain(`that of ${OTHER} is free: \`quorate withdraw --node 7 --for <address>\``);
    expect(principal([OPERATOR, OTHER])).toBe("its principal was paid back");
  });

  it("P-36: of a liquidated node also why it has exited", () => {
    expect(principal([], NOW + 1, true)).toBe(
      "it was liquidated for its silence, and its principal is locked until 2027-01-15T08:00:01Z; `quorate withdraw " +
        "--node 7` has it paid then",
    );
  });
});
