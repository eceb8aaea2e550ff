import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Child, startChild } from "./child.ts";
import { Cleanup } from "./cleanup.ts";
import { runCli } from "./cli.ts";
import { waitFor } from "./waitFor.ts";

const directory = mkdtempSync(join(tmpdir(), "quorate-child-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A process that runs this code, and writes to a log of the same name. */
function child(name: string, code: string): Child {
  const module = join(directory, `${name}.mjs`);
  writeFileSync(module, code);
  return startChild({ name, module, args: [], logFile: join(directory, `${name}.log`), endsWithParent: true });
}

describe("a child process", () => {
  it("is ready when it says so, and stops when it is told to", async () => {
    const ready = child(
      "ready",
      `process.on("SIGTERM", () => process.exit(7)); process.send({ type: "ready", url: "here" }); setInterval(() ` +
        "=> {}, 1_000);",
    );
    expect(await ready.ready(60_000)).toMatchObject({ url: "here" });
    expect(await ready.stop()).toEqual({ code: 7, signal: null });
  });

  it("error: CHILD_ENDED, with the end of its log, when it ends before it is ready", async () => {
    const broken = child("broken", `console.error("no disk"); process.exitCode = 3;`);
    await expect(broken.ready(60_000)).rejects.toMatchObject({
      code: "CHILD_ENDED",
      values: { name: "broken", code: 3, log: "no disk" },
    });
  });

  it("error: CHILD_NOT_READY when it says nothing in time", async () => {
    const silent = child("silent", `setInterval(() => {}, 1_000);`);
    await expect(silent.ready(10)).rejects.toMatchObject({ code: "CHILD_NOT_READY", values: { timeoutMs: 10 } });
    expect(await silent.kill()).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("error: CHILD_ENDED, with what it printed, when a command fails", async () => {
    const failed = runCli({ args: ["status"], logFile: join(directory, "status.log") });
    await expect(failed).rejects.toMatchObject({
      code: "CHILD_ENDED",
      values: { name: "quorate status", code: 2, log: expect.stringContaining("--agent") },
    });
  });
});

describe("waitFor", () => {
  it("gives the first answer that is not null", async () => {
    let probes = 0;
    const answer = await waitFor({ what: "three probes", timeoutMs: 60_000, pollMs: 1 }, () =>
      ++probes === 3 ? probes : null,
    );
    expect(answer).toBe(3);
  });

  it("error: STEP_TIMED_OUT with what was last seen", async () => {
    const waiting = waitFor({ what: "nothing", timeoutMs: 5, pollMs: 1 }, (report) => {
      report("still dark");
      return null;
    });
    await expect(waiting).rejects.toMatchObject({
      code: "STEP_TIMED_OUT",
      values: { step: "nothing", timeoutMs: 5, last: "still dark" },
    });
  });
});

describe("Cleanup", () => {
  it("undoes the latest first, each once, and at once what is made after the end has begun", async () => {
    const undone: string[] = [];
    const cleanup = new Cleanup();
    for (const name of ["first", "second"]) cleanup.add(() => undone.push(name));
    await Promise.all([cleanup.run(), cleanup.run()]);
    cleanup.add(() => undone.push("late"));
    await cleanup.run();
    expect(undone).toEqual(["second", "first", "late"]);
  });
});
