/** What an error tells people to do can be done: its fields, commands, flags and documents exist. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES } from "@quorate/common";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { configFields, configFlags } from "../config.ts";
import { ACCOUNT_KEY_VARIABLE } from "./account.ts";
import { createProgram } from "./program.ts";

const ROOT = join(import.meta.dirname, "../../../..");
const documents = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" });
const program = createProgram();
const commands = new Map<string, Command>([["", program]]);
addCommands("", program);

function addCommands(path: string, parent: Command): void {
  for (const command of parent.commands) {
    const name = `${path} ${command.name()}`.trim();
    commands.set(name, command);
    addCommands(name, command);
  }
}

/** A few that are not `quorate`'s own: of the contracts' commands, and common to all. */
const OTHER_FLAGS = new Set(["--help", ...contractFlags()]);

/** The flags that the contracts' commands read, by their source. */
function contractFlags(): string[] {
  const folder = join(ROOT, "packages/contracts");
  const sources = ["src", "scripts"].flatMap((part) => {
    const names = readdirSync(join(folder, part), { recursive: true, encoding: "utf8" });
    return names.filter((name) => name.endsWith(".ts")).map((name) => readFileSync(join(folder, part, name), "utf8"));
  });
  return [...sources.join("\n").matchAll(/--[a-z][a-z-]+/g)].map(([flag]) => flag);
}

const flags = new Set([
  ...[...commands.values()].flatMap(({ options }) => options.map(({ long }) => long)),
  ...configFlags().map(({ flag }) => `--${flag}`),
  ...OTHER_FLAGS,
]);

/** Every remedy: the catalogue's, and those that stand where an error is made. */
const remedies: readonly (readonly [string, string])[] = [
  ...Object.entries(ERROR_CODES).map(([code, { remedy }]) => [code, remedy] as const),
  ...sourcesIn(join(ROOT, "packages/aggregator/src")).flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/remedy(?: =|:)\s*["`]([^"\n]{20,})["`]/g)].map(
      ([, remedy]) => [path.slice(ROOT.length + 1), remedy ?? ""] as const,
    ),
  ),
];

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => join(folder, name));
}

/** Where `pattern` is found in a remedy and the word is not as `holds` wants it. */
function wrong(pattern: RegExp, holds: (word: string) => boolean): string[] {
  return remedies.flatMap(([code, remedy]) =>
    [...remedy.matchAll(pattern)].flatMap(([, word = ""]) => (holds(word) ? [] : [`${code}: ${word}`])),
  );
}

const fields = configFields();
const isField = (word: string) => fields.includes(word) || fields.some((field) => field.startsWith(`${word}.`));

describe("remedies", () => {
  it("name fields of the configuration that exist, and documents that exist", () => {
    const words = /(?<![\w/-])([a-z][A-Za-z0-9]*(?:\.[a-z][A-Za-z0-9]*)+)/g;
    // The coordinates of a point are no fields (P-2).
    const exists = (word: string) =>
      /^[xy]\.c[01]$/.test(word) ||
      isField(word) ||
      documents.some((name) => name.endsWith(word)) ||
      existsAtRoot(word);
    expect(wrong(words, exists)).toEqual([]);
  });

  it("name commands that exist, with flags that these have", () => {
    const isCommand = (text: string) => {
      const words = text.split(" ");
      const names = words.filter((word) => /^[a-z][a-z-]*$/.test(word));
      const command = [names.slice(0, 2), names.slice(0, 1)].map((path) => commands.get(path.join(" "))).find(Boolean);
      const own = new Set([...(command?.options.map(({ long }) => long) ?? []), "--help"]);
      return command !== undefined && words.filter((word) => word.startsWith("--")).every((flag) => own.has(flag));
    };
    expect(wrong(/`quorate ([^`]+)`/g, isCommand)).toEqual([]);
    expect(
      wrong(/(?<!`)\bquorate (keys|store|ledger|run|status|claim|verify|register|relay)\b(?!`)/g, () => false),
    ).toEqual([]);
  });

  it("name flags and environment variables that exist", () => {
    expect(wrong(/(?<![\w-])(--[a-z][a-z-]+)/g, (flag) => flags.has(flag))).toEqual([]);
    const variables = new Set([...fields.map(variableOf), "QUORATE_CONFIG", ACCOUNT_KEY_VARIABLE]);
    expect(wrong(/\b(QUORATE_[A-Z_]+)\b/g, (name) => variables.has(name))).toEqual([]);
  });

  it("are read by this test: it finds what is wrong", () => {
    expect(remedies.length).toBeGreaterThan(Object.keys(ERROR_CODES).length);
    expect(isField("network.listen")).toBe(false);
    expect(isField("p2p.listen")).toBe(true);
    expect(commands.has("store backup")).toBe(true);
    expect(flags.has("--no-such-flag")).toBe(false);
  });
});

function variableOf(field: string): string {
  return `QUORATE_${field
    .replace(/[.]/g, "_")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toUpperCase()}`;
}

function existsAtRoot(word: string): boolean {
  return readdirSync(ROOT).includes(word);
}
