// One small source, compiled in this process against the contracts and packages of this workspace, for questions the
// build does not answer: how storage is laid out, what an internal function returns. The build itself is Hardhat's.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { quorateError } from "@quorate/common";
import { packageDir } from "./artifacts.ts";

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: unknown;
  readonly sources: unknown;
}

/**
 * Compiles `source`, which the compiler knows as "probe.sol", with everything it imports.
 * @param outputs What is asked of the compiler; without code ("storageLayout") it takes a second.
 * @returns the compiler's "contracts": by source, then by name
 * @throws CONTRACTS_BUILD_FAILED
 */
export function compileProbe<T>(source: string, outputs: readonly string[]): T {
  return compile(source, { "*": outputs }).contracts as T;
}

/**
 * As `compileProbe`, with the syntax tree of every source: what the other outputs do not tell, such as the members of
 * an enum.
 * @returns the compiler's "contracts" and "sources"
 * @throws CONTRACTS_BUILD_FAILED
 */
export function compileProbeWithTrees<T>(
  source: string,
  outputs: readonly string[],
): { contracts: T; sources: unknown } {
  const { contracts, sources } = compile(source, { "*": outputs, "": ["ast"] });
  return { contracts: contracts as T, sources };
}

function compile(source: string, outputs: Readonly<Record<string, readonly string[]>>): Output {
  const require = createRequire(join(packageDir, "package.json"));
  const solc = require("solc") as {
    compile(input: string, callbacks: { import(path: string): { contents: string } | { error: string } }): string;
  };
  const input = {
    language: "Solidity",
    sources: { "probe.sol": { content: source } },
    settings: {
      evmVersion: "prague",
      viaIR: true,
      optimizer: { enabled: true, runs: 200 },
      outputSelection: { "*": outputs },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readSource })) as Output;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    const report = errors.map(({ formattedMessage }) => formattedMessage).join("\n");
    throw quorateError("CONTRACTS_BUILD_FAILED", { status: 1, report });
  }
  return output;
}

/** Reads a source of this workspace ("contracts/…") or of a package, as the compiler asks for it. */
export function readSource(path: string): { contents: string } | { error: string } {
  const require = createRequire(join(packageDir, "package.json"));
  try {
    const file = path.startsWith("contracts/") ? join(packageDir, path) : require.resolve(path);
    return { contents: readFileSync(file, "utf8") };
  } catch (error) {
    return { error: String(error) };
  }
}
