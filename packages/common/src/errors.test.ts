import { describe, expect, it } from "vitest";
import { ERROR_CODES, isQuorateError, quorateError, renderErrorTable } from "./errors.ts";

describe("QuorateError", () => {
  it("prints code, summary, the values that disagreed, and the remedy", () => {
    const error = quorateError("MESSAGE_DISAGREES", { nodeId: 7, theirs: 5n, ours: 6n, at: undefined, ids: [1, 2] });
    expect(error.message).toBe(
      [
        "MESSAGE_DISAGREES: A share is over another message than the own ledger's.",
        "  nodeId: 7",
        "  theirs: 5",
        "  ours: 6",
        "  ids: 1, 2",
        `  what to do: ${ERROR_CODES.MESSAGE_DISAGREES.remedy}`,
      ].join("\n"),
    );
    expect(error).toMatchObject({ code: "MESSAGE_DISAGREES", name: "QuorateError", values: { nodeId: 7 } });
  });

  it("takes a better remedy and keeps its cause", () => {
    const cause = new Error("socket closed");
    const error = quorateError("CHAIN_UNHEALTHY", {}, { remedy: "Restart the node.", cause });
    expect(error.remedy).toBe("Restart the node.");
    expect(error.cause).toBe(cause);
    expect("cause" in quorateError("CHAIN_UNHEALTHY")).toBe(false);
  });

  it("is told apart from other errors, and by code", () => {
    const error = quorateError("NO_REWARDS");
    expect(isQuorateError(error)).toBe(true);
    expect(isQuorateError(error, "EPOCH_TOO_OLD", "NO_REWARDS")).toBe(true);
    expect(isQuorateError(error, "EPOCH_TOO_OLD")).toBe(false);
    expect(isQuorateError(new Error("NO_REWARDS"))).toBe(false);
  });
});

describe("the catalogue", () => {
  it.each(Object.entries(ERROR_CODES))(
    "%s has a short code and whole sentences",
    (code, { summary, remedy, where }) => {
      expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
      expect(code.length).toBeLessThanOrEqual(32);
      for (const sentence of [summary, remedy]) expect(sentence).toMatch(/^[A-Z`].*\.$/);
      expect(where).not.toBe("");
      // A pipe or a line break would break the table of docs/errors.md.
      expect(summary + remedy + where).not.toMatch(/[|\n]/);
    },
  );

  it("renders one row a code, sorted", () => {
    const rows = renderErrorTable().split("\n").slice(2, -1);
    const codes = rows.map((row) => /^\| `(\w+)` \|/.exec(row)?.[1]);
    expect(codes).toEqual(Object.keys(ERROR_CODES).sort());
  });
});
