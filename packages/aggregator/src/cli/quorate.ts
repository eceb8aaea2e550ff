#!/usr/bin/env node
/**
 * The installed `quorate`. Turns on Node's compile cache before anything large is loaded, so that every start but the
 * first spends no time on compiling, then loads the program. Not its job: commands.
 */
import { enableCompileCache } from "node:module";
import { compileCacheDirectory } from "./compileCache.ts";

const directory = compileCacheDirectory(process.env);
if (directory !== null) enableCompileCache(directory);
await import("./main.ts");
