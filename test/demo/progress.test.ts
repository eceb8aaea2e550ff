import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createProgress, cutToWidth, drawBar } from "./progress.ts";

function stream(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  const through = Object.assign(new PassThrough(), { isTTY, columns: 40 });
  let text = "";
  through.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { stream: through as unknown as NodeJS.WriteStream, text: () => text };
}

describe("progress", () => {
  it("writes one plain line for each change where nobody can rewrite", () => {
    const out = stream(false);
    const stage = createProgress(out.stream).stage("Tokens claimed");
    for (const detail of ["update", "update", "claim"]) stage.update(detail);
    stage.live("3 s left");
    stage.done("paid");
    expect(out.text().match(/\n/g)).toHaveLength(3);
    expect(out.text()).not.toContain("\x1b");
  });

  it("rewrites its line on a terminal, and gives the cursor back", () => {
    const out = stream(true);
    const progress = createProgress(out.stream);
    progress.stage("Agents up").update("1 of 2");
    progress.close();
    expect(out.text()).toContain("\r\x1b[2K");
    expect(out.text().endsWith("\x1b[?25h")).toBe(true);
  });

  it("redraws a panel in place above the live line, and takes it away at the end", () => {
    const out = stream(true);
    const progress = createProgress(out.stream);
    progress.panel(["node 1", "node 2"]);
    progress.stage("Reports").update("none yet");
    const before = out.text().length;
    progress.panel(["node 1 active", "node 2 pending", "node 3"]);
    const redrawn = out.text().slice(before);
    expect(redrawn.startsWith("\r\x1b[2A\x1b[0Jnode 1 active\nnode 2 pending\nnode 3\n\r\x1b[2K")).toBe(true);
    progress.close();
    expect(out.text().endsWith("\r\x1b[3A\x1b[0J\x1b[?25h")).toBe(true);
  });

  it("shows no panel where nobody can rewrite", () => {
    const out = stream(false);
    const progress = createProgress(out.stream);
    progress.stage("Reports").update("none yet");
    progress.panel(["node 1"]);
    expect(out.text()).not.toContain("node 1");
  });

  it("marks the quorum in the bar until it is reached", () => {
    expect(drawBar(0.5, 0.95)).toBe(`${"█".repeat(12)}${"░".repeat(10)}┃░`);
    expect(drawBar(1, 0.95)).toBe("█".repeat(24));
    expect(drawBar(0.9583, 0.95)).toBe(`${"█".repeat(23)}░`);
    expect(drawBar(22 / 24, 0.95)).toBe(`${"█".repeat(22)}┃░`);
  });

  it("cuts a line to the width of the terminal without counting colours", () => {
    expect(cutToWidth("\x1b[32mabcdef\x1b[39m", 4)).toBe("\x1b[32mabc\x1b[39m");
  });
});
