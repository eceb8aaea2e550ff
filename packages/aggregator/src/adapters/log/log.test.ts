/** A log whose reader is slow, silent or gone. A real process with a real pipe, because those are what blocks. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { LAST_WORDS_MAX_BYTES, WAITING_MAX_BYTES } from "./limits.ts";
import { createLogger } from "./logger.ts";
import { createSink } from "./sink.ts";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "log.child.ts")], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  children.push(child);
  // Nobody reads: not even into this process.
  child.stderr?.pause();
  await once(child, "message");
  return child;
}

async function tell(child: ChildProcess, what: string): Promise<{ dropped: number }> {
  const answer = once(child, "message");
  child.send(what);
  return (await answer)[0] as { dropped: number };
}

interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly i?: number;
  readonly dropped?: number;
}

describe("nobody reads standard error", () => {
  it("the process goes on answering, with bounded memory; who reads later gets the newest lines and the count", async () => {
    const child = await start();
    expect((await tell(child, "flood")).dropped).toBeGreaterThan(0);
    const { dropped } = await tell(child, "flood");
    expect((await tell(child, "count")).dropped).toBe(dropped);

    const lines: Line[] = [];
    for await (const text of createInterface({ input: child.stderr as NonNullable<typeof child.stderr> })) {
      lines.push(JSON.parse(text));
      if (lines.at(-1)?.msg === "LOG_LINES_DROPPED") break;
    }
    expect(lines.at(-1)).toMatchObject({ level: "warn", dropped, inAll: dropped });
    // Every line is whole, in order, and either there or counted.
    expect(lines.length - 1 + dropped).toBe(40_000);
    expect(lines.at(-2)?.i).toBe(19_999);
  });

  it("the last words of a dying process come out when somebody reads after all", async () => {
    const child = await start();
    await tell(child, "flood");
    const closed = once(child, "close");
    child.send("end");
    let text = "";
    child.stderr?.on("data", (chunk) => {
      text += String(chunk);
    });
    child.stderr?.resume();
    expect((await closed)[0]).toBe(1);
    const last = JSON.parse(text.trimEnd().split("\n").at(-1) ?? "");
    expect(last).toMatchObject({ level: "error", msg: "AGENT_FATAL" });
  });

  it("error: nobody ever does: the process ends all the same", async () => {
    const child = await start();
    await tell(child, "flood");
    const exited = once(child, "exit");
    child.send("end");
    expect((await exited)[0]).toBe(1);
  });

  it("error: the reader has gone (EPIPE): lines are dropped and counted, the process goes on", async () => {
    const child = await start();
    child.stderr?.destroy();
    const { dropped } = await tell(child, "flood");
    expect(dropped).toBe(20_000);
    expect((await tell(child, "flood")).dropped).toBe(40_000);
  });
});

describe("the sink", () => {
  it("drops the oldest lines first, never the rest of one that was begun", () => {
    let room = 3;
    const taken: Uint8Array[] = [];
    const sink = createSink((bytes) => {
      if (room === 0) throw Object.assign(new Error(), { code: "EAGAIN" });
      const written = Math.min(room, bytes.length);
      taken.push(bytes.slice(0, written));
      room -= written;
      return written;
    });
    const told: number[] = [];
    sink.onTakenAgain((dropped) => told.push(dropped));
    sink.write("begun\n");
    const line = `${"y".repeat(1_023)}\n`;
    for (let i = 0; i < 2 * (WAITING_MAX_BYTES / line.length); i++) sink.write(line);
    expect(sink.dropped()).toBe(WAITING_MAX_BYTES / line.length + 1);
    room = Number.POSITIVE_INFINITY;
    sink.lastWords();
    const text = Buffer.concat(taken).toString();
    expect(text.startsWith("begun\nyyy")).toBe(true);
    expect(text.endsWith("y\n")).toBe(true);
    expect(text.length).toBeLessThanOrEqual(LAST_WORDS_MAX_BYTES + "begun\n".length);
  });

  it("a disk that is full for a while costs the lines of that while", () => {
    let full = true;
    const sink = createSink((bytes) => {
      if (full) throw Object.assign(new Error(), { code: "ENOSPC" });
      return bytes.length;
    });
    sink.write("lost\n");
    full = false;
    const told: number[] = [];
    sink.onTakenAgain((dropped) => told.push(dropped));
    sink.write("kept\n");
    expect([sink.dropped(), told]).toEqual([1, [1]]);
  });

  it("a line has its level by name and its time in ISO 8601, and none is below the level asked for", () => {
    const lines: string[] = [];
    const sink = createSink((bytes) => lines.push(String(bytes)) && bytes.length);
    const logger = createLogger("info", sink);
    logger.debug({}, "QUIET");
    logger.warn({ epoch: 7 }, "LOUD");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: "warn",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      epoch: 7,
      msg: "LOUD",
    });
  });
});
