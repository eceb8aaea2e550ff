/** One thread of the command: runs the spaces it is given by their place among all, and says how they ended. */
import { parentPort } from "node:worker_threads";
import { runSpace } from "./run.ts";
import { allSpaces } from "./schedules.ts";

const port = parentPort;
if (port === null) throw new Error("this file is a worker's");
const spaces = allSpaces();
port.on("message", (index: number) => {
  const space = spaces[index];
  if (space === undefined) throw new Error(`there is no space ${index}`);
  port.postMessage({ index, result: runSpace(space) });
});
