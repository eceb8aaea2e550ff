import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OutFile } from "./outFile.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "quorate-out-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

const at = (...parts: string[]): string => join(directory, ...parts);

/** What reaches standard output while `work` fails. */
function printedWhile(work: () => void): { readonly printed: string; readonly code: unknown } {
  let printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    work();
  } catch (error) {
    return { printed, code: (error as { code?: unknown }).code };
  } finally {
    vi.restoreAllMocks();
  }
  return { printed, code: null };
}

describe("a file that a command writes at its end (P-106)", () => {
  it("is reserved before the work, whole after it, and nothing is left beside it", () => {
    const file = OutFile.reserve(at("b.json"), false);
    expect(existsSync(at("b.json"))).toBe(false);
    file.finish("bundle");
    expect(readFileSync(at("b.json"), "utf8")).toBe("bundle");
    expect(readdirSync(directory)).toEqual(["b.json"]);
  });

  it("leaves nothing behind when the work fails", () => {
    OutFile.reserve(at("b.json"), false).discard();
    expect(readdirSync(directory)).toEqual([]);
  });

  it("error: before the work, when it could not be written after it", () => {
    mkdirSync(at("folder"));
    writeFileSync(at("old"), "old");
    symlinkSync(at("nothing"), at("link"));
    const cases: [string, string][] = [
      [at("missing", "b.json"), "OUTPUT_FILE_UNWRITABLE"],
      [at("old", "b.json"), "OUTPUT_FILE_UNWRITABLE"],
      [at("folder"), "OUTPUT_FILE_UNWRITABLE"],
      [at("old"), "OUTPUT_FILE_EXISTS"],
      [at("link"), "OUTPUT_FILE_EXISTS"],
      [at("n".repeat(300)), "OUTPUT_FILE_UNWRITABLE"],
      ["", "OUTPUT_FILE_UNWRITABLE"],
    ];
    for (const [path, code] of cases) {
      expect(() => OutFile.reserve(path, false)).toThrow(expect.objectContaining({ code }));
    }
    expect(readFileSync(at("old"), "utf8")).toBe("old");
    expect(readdirSync(directory).sort()).toEqual(["folder", "link", "old"]);
  });

  it("replaces a file only where that was asked for, and what a link leads to, not the link", () => {
    writeFileSync(at("old"), "old");
    symlinkSync(at("old"), at("link"));
    OutFile.reserve(at("link"), true).finish("new");
    expect(readFileSync(at("old"), "utf8")).toBe("new");
    expect(readdirSync(directory).sort()).toEqual(["link", "old"]);
  });

  it("that another made meanwhile is kept, and the text is printed", () => {
    const file = OutFile.reserve(at("b.json"), false);
    writeFileSync(at("b.json"), "another's");
    expect(printedWhile(() => file.finish("bundle"))).toEqual({ printed: "bundle", code: "OUTPUT_FILE_EXISTS" });
    expect(readFileSync(at("b.json"), "utf8")).toBe("another's");
    expect(readdirSync(directory)).toEqual(["b.json"]);
  });

  it("a full disk, or a directory that is gone, loses nothing: the text is printed", () => {
    const full = OutFile.reserve("/dev/full", false);
    expect(printedWhile(() => full.finish("bundle"))).toEqual({ printed: "bundle", code: "OUTPUT_FILE_UNWRITABLE" });
    mkdirSync(at("gone"));
    const file = OutFile.reserve(at("gone", "b.json"), false);
    rmSync(at("gone"), { recursive: true });
    expect(printedWhile(() => file.finish("bundle"))).toEqual({ printed: "bundle", code: "OUTPUT_FILE_UNWRITABLE" });
  });
});
