/**
 * What needs Node to test: generated files, the entry points, and the failure without the native library.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

describe("src/wire/messages.ts", () => {
  it("is what messages.proto generates; run `pnpm generate:wire` after a change", () => {
    const out = mkdtempSync(join(tmpdir(), "quorate-wire-test-"));
    try {
      execFileSync(process.execPath, [join(root, "scripts/generateWire.mjs"), out]);
      const committed = readFileSync(join(root, "src/wire/messages.ts"), "utf8");
      expect(committed).toBe(readFileSync(join(out, "messages.ts"), "utf8"));
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });
});

describe("the main entry", () => {
  it("reaches neither Node's modules nor the native library: browsers load it", () => {
    const reached = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      const source = readFileSync(file, "utf8");
      for (const [, specifier = ""] of source.matchAll(/(?:^|\s)(?:from|import)\s*\(?\s*["']([^"']+)["']/g)) {
        if (specifier.startsWith(".")) visit(join(dirname(file), specifier));
        else packages.add(specifier);
      }
    };
    visit(join(root, "src/index.ts"));
    expect(reached.size).toBeGreaterThan(15);
    expect([...reached].filter((file) => /native|testing/.test(file.slice(root.length)))).toEqual([]);
    expect([...packages].filter((name) => /^node:|@chainsafe|vitest|fast-check/.test(name))).toEqual([]);
  });
});

describe("loadNativeScheme (P-9)", () => {
  /** Loads the native scheme in a process in which `hook`, source of a resolve hook's body, decides what resolves. */
  function load(hook: string): { code?: string; values?: Record<string, string>; name?: string } {
    const script = `
      import { registerHooks } from "node:module";
      registerHooks({ resolve(specifier, context, next) { ${hook} return next(specifier, context); } });
      const { loadNativeScheme } = await import(${JSON.stringify(join(root, "src/bls/native.ts"))});
      try {
        process.stdout.write(JSON.stringify({ name: (await loadNativeScheme()).name }));
      } catch ({ code, values }) {
        process.stdout.write(JSON.stringify({ code, values }));
      }`;
    const out = execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: root, encoding: "utf8" });
    return JSON.parse(out);
  }

  it("finds blst in use", () => {
    expect(load("")).toEqual({ name: "blst" });
  });

  it("error: without blst's package @chainsafe/bls falls back silently; agents do not", () => {
    const refuse = `if (specifier === "@chainsafe/blst") throw new Error("not installed");`;
    expect(load(refuse)).toMatchObject({ code: "NATIVE_BLS_MISSING", values: { reason: "not installed" } });
    // Only @chainsafe/bls is without it: what matters is the one in use.
    const isOfBls = `specifier === "@chainsafe/blst" && context.parentURL.includes("/bls/lib/")`;
    const refuseToBls = `if (${isOfBls}) throw new Error("no");`;
    expect(load(refuseToBls)).toMatchObject({ code: "NATIVE_BLS_MISSING", values: { inUse: "herumi" } });
  });
});
