// docs/contracts/attacks.md names tests that exist: Solidity tests by their function, others as `file › title`.
import { describe, expect, it } from "vitest";
import { readSources } from "./sources.ts";

const page = readSources(/^docs\/contracts\/attacks\.md$/)[0]?.text ?? "";
const solidity = readSources(/\.t\.sol$/).map(({ text }) => text);
const typescript = readSources(/\.test\.ts$/);
const attacks = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| attack |"))
  .map((line) => line.split(" | "));

function exists(name: string): boolean {
  const [file, title] = name.split(" › ");
  if (title === undefined) return solidity.some((text) => text.includes(`function ${name}(`));
  return typescript.some(({ path, text }) => path.endsWith(`/${file}`) && text.includes(`"${title}"`));
}

describe("docs/contracts/attacks.md", () => {
  it("has attacks to look at", () => expect(attacks.length).toBeGreaterThan(20));

  it.each(attacks)("%s", (_attack, _why, tests = "") => {
    const names = [...tests.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !exists(name))).toEqual([]);
  });
});
