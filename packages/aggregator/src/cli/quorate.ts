#!/usr/bin/env node
/**
 * The installed `quorate`. Refuses a Node that cannot run it in words, turns on the compile cache before anything large
 * is loaded, so that every start but the first spends no time on compiling, then loads the program. Not its job:
 * commands.
 */
// All of it at once: a name that an old Node lacks would end this file before it can say so.
import * as nodeModule from "node:module";
import { compileCacheDirectory } from "./compileCache.ts";
import { NODE_LEAST } from "./nodeLeast.ts";

if (Number.parseInt(process.versions.node, 10) < NODE_LEAST) {
  process.stderr.write(
    `quorate needs Node ${NODE_LEAST} or newer, and this is Node ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exitCode = 1;
} else {
  const directory = compileCacheDirectory(process.env);
  if (directory !== null) nodeModule.enableCompileCache(directory);
  await import("./main.ts");
}
