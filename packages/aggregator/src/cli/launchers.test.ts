import { describe, expect, it } from "vitest";
import { launcherChain, launcherKind, type ProcessInfo, packageManagersAbove, readProcess } from "./launchers.ts";

/** Ancestors of process 100, nearest first; the last one's parent is process 1. */
function ancestry(...commandLines: string[]): (pid: number) => ProcessInfo | null {
  const lines = ["node test/demo/main.ts", ...commandLines];
  return (pid) => {
    const index = 100 - pid;
    const commandLine = lines[index];
    if (commandLine === undefined) return null;
    return { pid, parentPid: index === lines.length - 1 ? 1 : pid - 1, commandLine };
  };
}

describe("launcherChain", () => {
  it("reaches npx through both shells and pnpm, and stops below the terminal's shell", () => {
    const chain = launcherChain(
      100,
      ancestry("sh -c trap '…' INT; node p.mjs", "pnpm demo", "sh -c 'pnpm' demo", "npm exec pnpm@12 demo", "-bash"),
    );
    expect(chain.map((link) => link.parentPid)).toEqual([99, 98, 97, 96]);
  });

  it("does not watch the shell script that started npx, which may end first", () => {
    const chain = launcherChain(
      100,
      ancestry("sh -c node p.mjs", "pnpm demo", "bash -c pnpm demo & echo started", "bash"),
    );
    expect(chain.map((link) => link.parentPid)).toEqual([99, 98]);
  });

  it("watches its own parent where no package manager is in between", () => {
    expect(launcherChain(100, ancestry("python3 run.py")).map((link) => link.parentPid)).toEqual([99]);
  });

  it("an agent watches no parent but a package manager's processes: a script that started it may end first", () => {
    expect(packageManagersAbove(100, ancestry("bash -c quorate run & echo started", "bash"))).toEqual([]);
    const chain = packageManagersAbove(100, ancestry("sh -c node main.ts", "pnpm quorate run", "-bash"));
    expect(chain.map((link) => link.parentPid)).toEqual([99, 98]);
  });

  it("reads real processes", () => {
    const self = readProcess(process.pid);
    expect(self?.parentPid).toBe(process.ppid);
    expect(readProcess(2 ** 22 + 1)).toBeNull();
  });
});

describe("launcherKind", () => {
  it.each([
    ["npm exec pnpm@12 demo", "package-manager"],
    ["node /usr/lib/node_modules/npm/bin/npx-cli.js -y pnpm@12 demo", "package-manager"],
    ["/usr/bin/node /opt/pnpm/pnpm.cjs demo", "package-manager"],
    ["/bin/sh -c 'pnpm' demo", "shell"],
    ["-bash", "other"],
    ["node server.js", "other"],
  ])("%s is %s", (commandLine, kind) => expect(launcherKind(commandLine)).toBe(kind));
});
