/** One thread of the command: runs the spaces it is given by their place among all, and says how they ended. */
import { parentPort } from "node:worker_threads";
import { allJobs } from "./jobs.ts";

const port = parentPort;
if (port === null) throw new Error("this file is a worker's");
const jobs = allJobs();
port.on("message", (index: number) => {
  const job = jobs[index];
  if (job === undefined) throw new Error(`there is no space ${index}`);
  port.postMessage({ index, result: job.run() });
});
