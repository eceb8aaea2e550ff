import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { command } from "../../../test/support/command.ts";
import { askControl, controlPath, openControl } from "./control.ts";
import { LINE_MAX_BYTES } from "./limits.ts";

const directory = mkdtempSync(join(tmpdir(), "quorate-control-"));
const store = join(directory, "agent.sqlite");
afterAll(() => rmSync(directory, { recursive: true }));

/** What is said on the socket itself, to its end. */
async function said(text: string): Promise<string> {
  const socket = connect(controlPath(store));
  let answer = "";
  socket.on("data", (data) => {
    answer += String(data);
  });
  socket.on("error", () => {});
  socket.write(text);
  await once(socket, "close");
  return answer;
}

describe("the control socket", () => {
  it("is its owner's only, takes the place of a killed agent's, and changes the level and nothing else", async () => {
    writeFileSync(controlPath(store), "left over");
    const log = { level: "info" };
    const control = await openControl(store, log);
    expect(statSync(controlPath(store)).mode & 0o777).toBe(0o600);
    expect(await askControl(store)).toEqual({ level: "info", was: "info" });
    expect(await askControl(store, "debug")).toEqual({ level: "debug", was: "info" });
    expect(log.level).toBe("debug");
    await control.stop();
    await expect(askControl(store)).rejects.toMatchObject({ code: "CONTROL_UNAVAILABLE" });
  });

  it("error: another level, no JSON, too much: the level stays", async () => {
    const log = { level: "info" };
    const control = await openControl(store, log);
    expect(await said('{"level":"silent"}\n')).toBe('{"error":"FLAG_INVALID"}\n');
    expect(await said("debug\n")).toBe('{"error":"not a line of JSON"}\n');
    expect(await said("x".repeat(LINE_MAX_BYTES + 1))).toBe("");
    expect(log.level).toBe("info");
    await control.stop();
  });

  it("error: a path that no system takes is said, and is no reason not to start", async () => {
    await expect(openControl(join(directory, "x".repeat(120)), { level: "info" })).rejects.toMatchObject({
      code: "CONTROL_UNAVAILABLE",
    });
  });

  it("`quorate log level` asks and tells by it", async () => {
    const control = await openControl(store, { level: "info" });
    const config = join(directory, "agent.yaml");
    const address = `"0x${"11".repeat(20)}"`;
    const chain = `chain: { providers: ["http://127.0.0.1:1"], chainId: 1, rewards: ${address}, pool: ${address} }`;
    writeFileSync(config, `${chain}\nkeys: { directory: keys, passwordFile: p }\nstore: { path: agent.sqlite }\n`);
    const level = async (...args: string[]) =>
      (await command("log", "level", ...args, "--config", config, "--json")).json();
    expect(await level("warn")).toEqual({ level: "warn", was: "info" });
    expect(await level()).toEqual({ level: "warn", was: "warn" });
    await expect(level("loud")).rejects.toMatchObject({ code: "FLAG_INVALID" });
    await control.stop();
  });
});
