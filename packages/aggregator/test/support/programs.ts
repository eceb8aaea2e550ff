/**
 * Programs that tests use where this machine has them: nginx, promtool, chromium. In: a name, and the environment
 * variable that names the file where it is in none of the usual places. Out: its path, or null.
 */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Where an administrator's programs are, which is on few people's PATH. */
const MORE_FOLDERS = ["/usr/sbin", "/usr/local/sbin"];

/** @throws where the variable names what is no program: whoever names one wants the test */
export function programHere(name: string, variable: string | null = null): string | null {
  const given = variable === null ? undefined : process.env[variable];
  if (given !== undefined) {
    if (isProgram(given)) return given;
    throw new Error(`${variable} is ${given}, which is no program: install ${name}, or unset it`);
  }
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...MORE_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
