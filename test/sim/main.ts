/** `pnpm sim`: see command.ts. */
import { simCommand } from "./command.ts";

process.exitCode = simCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  progress: (text) => process.stderr.write(text),
});
