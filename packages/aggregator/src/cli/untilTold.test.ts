/** A command that stays, as an operator starts it by a package manager: real processes, the repository's own script. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

const REPOSITORY = fileURLToPath(new URL("../../../../", import.meta.url));
/** The pnpm that runs these tests. */
const PNPM = process.env["npm_execpath"];
const started: number[] = [];

afterEach(() => {
  for (const pid of started.splice(0)) if (isAlive(pid)) process.kill(pid, "SIGKILL");
});

/** An environment in which no registry can be reached, and pnpm checks what is installed as it does for an operator. */
function withoutRegistry(): NodeJS.ProcessEnv {
  const { pnpm_config_verify_deps_before_run: _, ...env } = process.env;
  // Nobody listens at the discard port.
  return { ...env, npm_config_registry: "http://127.0.0.1:9/", pnpm_config_registry: "http://127.0.0.1:9/" };
}

function startByPnpm(...args: string[]): ChildProcess {
  const script = /\.[cm]?js$/.test(PNPM ?? "") ? [process.execPath, PNPM ?? ""] : [PNPM ?? ""];
  const [command = "", ...before] = script;
  const child = spawn(command, [...before, "quorate", ...args], {
    cwd: REPOSITORY,
    env: withoutRegistry(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  started.push(child.pid ?? -1);
  return child;
}

/** What the command logs: the line whose `msg` it is. */
async function untilLogged(child: ChildProcess, msg: string): Promise<{ readonly pid: number; readonly url: string }> {
  const seen: string[] = [];
  for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
    seen.push(line);
    if (line.includes(`"${msg}"`)) return JSON.parse(line);
  }
  throw new Error(`ended without ${msg}: ${seen.join("\n")}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(PNPM === undefined || process.platform !== "linux")("pnpm quorate", () => {
  it("starts while no registry can be reached, and ends when pnpm is told to end", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const provider = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const pnpm = startByPnpm("relay", "--provider", provider, "--listen", "127.0.0.1:0");
    const { pid, url } = await untilLogged(pnpm, "RELAY_LISTENING");
    started.push(pid);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    // Kills pnpm as a supervisor would at last, which no process can pass on.
    pnpm.kill("SIGKILL");
    const answers = () =>
      fetch(`${url}/healthz`).then(
        () => true,
        () => false,
      );
    while (await answers()) await new Promise((resolve) => setTimeout(resolve, 50));
    silent.close();
  });
});
