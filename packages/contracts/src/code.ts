// Comparing code on chain with compiled code. In: both, and the addresses of libraries. Out: whether they are the same,
// but for immutables, which the constructor writes, and the addresses among those.
import type { Artifact, LinkReference } from "./artifacts.ts";
import { linkedDeployedBytecode } from "./link.ts";

/** PUSH20 and the zero address, with which a library's code begins until its own address is written there. */
const LIBRARY_PREFIX = `0x73${"0".repeat(40)}`;

/** Whether `code` is what `artifact` compiles to. */
export function codeMatches(code: string, artifact: Artifact, libraries: Readonly<Record<string, string>>): boolean {
  const immutables = Object.values(artifact.immutableReferences ?? {}).flat();
  let compiled = linkedDeployedBytecode(artifact, libraries).toLowerCase();
  let actual = code.toLowerCase();
  if (compiled.startsWith(LIBRARY_PREFIX)) immutables.push({ start: 1, length: 20 });
  for (const place of immutables) {
    compiled = blank(compiled, place);
    actual = blank(actual, place);
  }
  return actual === compiled;
}

/** The addresses that the constructor wrote into `code` as immutables, in lower case: each once, in order. */
export function immutableAddresses(code: string, artifact: Artifact): string[] {
  const places = Object.values(artifact.immutableReferences ?? {}).flat();
  const words = places.map(({ start, length }) => code.slice(2 + start * 2, 2 + (start + length) * 2));
  return [...new Set(words.map((word) => `0x${word.toLowerCase().replace(/^0{24}/, "")}`))].sort();
}

function blank(code: string, { start, length }: LinkReference): string {
  const from = 2 + start * 2;
  return code.slice(0, from) + "0".repeat(length * 2) + code.slice(from + length * 2);
}
