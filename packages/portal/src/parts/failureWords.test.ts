import { ERROR_CODES, quorateError } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { failureWords } from "./failureWords.ts";

describe("an error as the page tells it", () => {
  it("a coded one says what happened, its values and the remedy, each once", () => {
    const error = quorateError("AGENT_UNREACHABLE", { url: "http://a", agents: ["b", "c"], reason: undefined });
    const words = failureWords(error);
    const { summary, remedy } = ERROR_CODES.AGENT_UNREACHABLE;
    expect(words).toEqual({ what: summary, values: ["url: http://a", "agents: b, c"], remedy, code: error.code });
    expect(words.what).not.toContain(remedy);
  });

  it("the remedy of whoever knows a better one is taken", () => {
    expect(failureWords(quorateError("AGENT_UNREACHABLE", {}, { remedy: "Wait." })).remedy).toBe("Wait.");
  });

  it("anything else says what it says", () => {
    expect(failureWords(new TypeError("broken"))).toEqual({
      ...{ what: "TypeError: broken", values: [], remedy: null, code: null },
    });
  });
});
