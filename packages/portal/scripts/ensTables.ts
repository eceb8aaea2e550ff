/**
 * Takes ENS's tables out of what is loaded first. Enters: ethers' import of `@adraffy/ens-normalize`. Leaves: a small
 * module in its place, which has the tables once `load` was called (src/network/names.ts).
 */
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const REAL = "@adraffy/ens-normalize";
const STUB = "virtual:ens-tables";
const TABLES = "virtual:ens-tables/all";

const CODE = `
let tables = null;
export async function load() { tables = await import("${TABLES}"); }
export function ens_normalize(name) {
  if (tables === null) throw new Error("ENS: loadNames() comes before namehash()");
  return tables.ens_normalize(name);
}
`;

export function ensTables(): Plugin {
  // Only from there the real package can be found.
  const ethers = fileURLToPath(import.meta.resolve("ethers"));
  return {
    name: "ens-tables",
    apply: "build",
    enforce: "pre",
    resolveId(source) {
      if (source === REAL || source === STUB) return `\0${STUB}`;
      return source === TABLES ? this.resolve(REAL, ethers, { skipSelf: true }) : null;
    },
    load: (id) => (id === `\0${STUB}` ? CODE : null),
  };
}
