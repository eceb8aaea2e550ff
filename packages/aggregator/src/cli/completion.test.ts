/** Completion by the shells that are here; bash always is. */
import { execFileSync } from "node:child_process";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { command } from "../../test/support/command.ts";
import { createProgram } from "./program.ts";

/** What bash offers for a line whose last word is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const { stdout } = await command("completion", "bash");
  const line = ["quorate", ...words].map((word) => `'${word}'`).join(" ");
  const asked = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _quorate; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", `${stdout}\n${asked}`], { encoding: "utf8" })
    .trim()
    .split("\n");
}

describe("quorate completion", () => {
  it("bash completes commands, commands of commands, and flags of the command that stands there", async () => {
    expect(await offered("lea")).toEqual(["leave"]);
    expect(await offered("pool", "")).toEqual(expect.arrayContaining(["open", "show", "finalize", "end", "--help"]));
    expect(await offered("--json", "pool", "open", "--man")).toEqual(["--manual-finalize"]);
    expect(await offered("leave", "--config", "agent.yaml", "--acc")).toEqual([
      "--account-key-file",
      "--account-password-file",
    ]);
  });

  it("every shell's script names every command, and has nothing that the shell would take for its own", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const { stdout } = await command("completion", shell);
      for (const { words } of commandsOf(createProgram())) expect(stdout).toContain(`"${words}"`);
    }
    const { stdout } = await command("completion", "fish");
    for (const line of stdout.split("\n").filter((text) => text.startsWith("complete ")))
      expect(line).toMatch(/^complete -c quorate -n '__quorate_at "[a-z -]*"' (?:-f -a|-l) [a-z0-9-]+ -d '[^'`$\\]*'$/);
    await expect(command("completion", "tcsh")).rejects.toMatchObject({ code: "FLAG_INVALID" });
  });

  it("every command has a summary and a description, and every one that does something an example", () => {
    const found = commandsOf(createProgram());
    expect(found.length).toBeGreaterThan(30);
    expect(found.filter(({ at }) => at.description() === "").map(({ words }) => words)).toEqual([]);
    const doing = found.filter(({ at }) => at.commands.length === 0);
    const silent = doing.filter(({ at }) => !/Examples?:\n {2}\S/.test(helpOf(at)));
    expect(silent.map(({ words }) => words)).toEqual([]);
  });
});

function commandsOf(command: Command, words: readonly string[] = []): { words: string; at: Command }[] {
  return command.commands.flatMap((at) => {
    const path = [...words, at.name()];
    return [{ words: path.join(" "), at }, ...commandsOf(at, path)];
  });
}

/** With what stands after the flags. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}
