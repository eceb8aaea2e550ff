#!/usr/bin/env node
/**
 * The `quorate` command: the program, in the process that it has to itself. How it ends, with which exit status, is
 * common to all commands: packages/common/src/commandLine.ts and docs/commands.md.
 */
import { commandLine } from "./process.ts";
import { createProgram, usageOf } from "./program.ts";

const program = createProgram();

/** Commands whose process goes on when they have begun. */
const STAYING: readonly string[] = ["run", "relay"];

/** The name of the command that runs. */
let running = "";
program.hook("preAction", (_program, action) => {
  running = action.name();
});

await commandLine.run(async () => void (await program.parseAsync()), {
  usageOf,
  staysAlive: () => STAYING.includes(running),
});
