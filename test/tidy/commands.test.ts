import { renderExitStatuses } from "@quorate/common/command-line";
import { describe, expect, it } from "vitest";
import { readSources } from "./sources.ts";

describe("docs/commands.md", () => {
  it("lists every exit status with its meaning and codes, as the commands have them (P-106)", () => {
    expect(readSources(/^docs\/commands\.md$/)[0]?.text).toContain(renderExitStatuses());
  });
});
