/**
 * The files by which an agent is run: Dockerfile, compose file, systemd unit. No Docker engine is needed: that the
 * images build is not tested here, but everything that the files name has to exist.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { REPOSITORY } from "../harness/child.ts";
import { packedManifest } from "./manifest.ts";

const read = (path: string): string => readFileSync(join(REPOSITORY, path), "utf8");
const dockerfile = read("Dockerfile");
const compose = read("deploy/compose.yaml");
const unit = read("deploy/quorate.service");

/** Instructions of the last stage: the image that runs. */
const lastStage = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
/** Lines without comments: what is done, not what is told. */
const withoutComments = (text: string): string => text.replace(/^\s*#.*$/gm, "");

const MODULE = `node_modules/${packedManifest("aggregator").name}/${packedManifest("aggregator").bin?.["quorate"]}`;

describe("the Dockerfile", () => {
  it("runs the installed `quorate` as a user who is not root", () => {
    expect(lastStage.match(/^USER (.*)$/m)?.[1]).toBe("node");
    expect(lastStage).toMatch(/^ENTRYPOINT \["quorate"\]$/m);
    expect(lastStage.indexOf("USER node")).toBeLessThan(lastStage.indexOf("ENTRYPOINT"));
    expect(Object.keys(packedManifest("aggregator").bin ?? {})).toEqual(["quorate"]);
  });

  it("copies from stages that there are, and builds by a script that there is", () => {
    const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\w+)$/gm)].map(([, name]) => name);
    const wanted = [...`${dockerfile}${compose}`.matchAll(/(?:--from=|target: )(\w+)/g)].map(([, name]) => name);
    expect(wanted.length).toBeGreaterThan(2);
    expect(wanted.filter((name) => !stages.includes(name))).toEqual([]);
    expect(JSON.parse(read("package.json")).scripts).toHaveProperty("pack:all");
  });

  it("asks the port on which an agent tells of its health", () => {
    const table = read("docs/configuration.md");
    const port = Number(table.match(/`http\.port` \|.*?\| `(\d+)` \|/)?.[1]);
    expect(lastStage).toContain(`http://127.0.0.1:${port + 1_000}/healthz`);
    expect(lastStage).toContain(`EXPOSE 4001 ${port}`);
  });
});

describe("the compose file", () => {
  it("runs files that there are", () => {
    const files = [...withoutComments(compose).matchAll(/"([\w./]+\.ts)"/g)].map(([, file]) => file as string);
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(join(REPOSITORY, file)))).toEqual([]);
  });
});

describe("the systemd unit", () => {
  it("starts the module that the packed package says is `quorate`", () => {
    expect(unit).toMatch(
      new RegExp(`^ExecStart=/usr/bin/node /opt/quorate/${MODULE} run --config /etc/quorate/agent.yaml$`, "m"),
    );
  });

  it.skipIf(spawnSync("systemd-analyze", ["--version"]).status !== 0)("is one that systemd understands", () => {
    const directory = mkdtempSync(join(tmpdir(), "quorate-unit-"));
    try {
      const file = join(directory, "quorate.service");
      // The user and the program of a machine where it is installed.
      const here = unit.replace("/usr/bin/node", process.execPath).replace(/^(User|Group)=.*$/gm, "");
      writeFileSync(file, here);
      const said = execFileSync("systemd-analyze", ["verify", file], { encoding: "utf8", stdio: "pipe" });
      expect(said).toBe("");
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

it("nothing is fetched when an agent starts: no npx, pnpm or npm at run time", () => {
  const running = [lastStage, compose, unit].map(withoutComments);
  expect(running.filter((text) => /\b(npx|pnpm|npm|corepack)\b/.test(text))).toEqual([]);
});
