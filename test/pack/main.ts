/** `npx -y pnpm@12 pack:all`: builds and packs the public packages into dist/*.tgz. */
import { join } from "node:path";
import { REPOSITORY } from "../harness/child.ts";
import { orUsage, readFlags, SWITCH } from "../harness/flags.ts";
import { packAll } from "./pack.ts";

const HELP = `usage: npx -y pnpm@12 pack:all

  builds the public packages and packs them into dist/
`;

async function main(argv: readonly string[]): Promise<number> {
  const { help } = readFlags(argv, { help: SWITCH });
  if (help === true) process.stdout.write(HELP);
  else for (const path of (await packAll(join(REPOSITORY, "dist"))).values()) process.stdout.write(`${path}\n`);
  return 0;
}

process.exitCode = await orUsage(HELP, () => main(process.argv.slice(2)));
