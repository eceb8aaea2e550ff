/** `npx -y pnpm@12 pack:all`: builds and packs the public packages into dist/*.tgz. */
import { join } from "node:path";
import { REPOSITORY } from "../harness/child.ts";
import { withoutFlags } from "../harness/flags.ts";
import { packAll } from "./pack.ts";

const HELP = `usage: npx -y pnpm@12 pack:all

  builds the public packages and packs them into dist/
`;

process.exitCode = await withoutFlags(HELP, async () => {
  for (const path of (await packAll(join(REPOSITORY, "dist"))).values()) process.stdout.write(`${path}\n`);
  return 0;
});
