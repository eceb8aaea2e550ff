/**
 * The contracts' package, loaded only by the commands that deploy: it brings compiled code, which nobody else needs.
 */
import { readFileSync } from "node:fs";
import { quorateError } from "@quorate/common";
import type * as Contracts from "@quorate/contracts";

/** Built, where it stands in a clone of the repository. @throws CONTRACTS_PACKAGE_MISSING */
export async function contractsPackage(): Promise<typeof Contracts> {
  const loaded = await loadedOr(() => import("@quorate/contracts"));
  await loaded.ensureBuilt();
  return loaded;
}

/** The simulated chain of a dry run, which needs Hardhat too. @throws CONTRACTS_PACKAGE_MISSING */
export function dryRunPackage(): Promise<typeof import("@quorate/contracts/dry-run")> {
  return loadedOr(() => import("@quorate/contracts/dry-run"));
}

async function loadedOr<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string };
    if (code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw quorateError("CONTRACTS_PACKAGE_MISSING", { reason: message.split("\n")[0] as string }, { cause });
  }
}

/** @throws FLAG_INVALID */
export function readFlagged(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const reason = `cannot be read (${(cause as NodeJS.ErrnoException).code})`;
    throw quorateError("FLAG_INVALID", { flag, value: path, reason }, { cause });
  }
}

/** @throws FLAG_INVALID */
export function requireOne<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw quorateError("FLAG_INVALID", { flag, value, allowed: allowed.join(", ") });
}
