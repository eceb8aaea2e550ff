/** `npx -y pnpm@12 pack:all`: builds and packs the public packages into dist/*.tgz. */
import { join } from "node:path";
import { REPOSITORY } from "../harness/child.ts";
import { packAll } from "./pack.ts";

for (const path of (await packAll(join(REPOSITORY, "dist"))).values()) process.stdout.write(`${path}\n`);
