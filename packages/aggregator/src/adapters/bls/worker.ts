/**
 * A thread that checks signatures. Enters: tasks, one after the other. Leaves: for each, in order, which shares are
 * invalid. Keys are parsed at their first use and kept (bls/native.ts). An error ends the thread; its pool replaces it
 * and repeats the task.
 */
import { parentPort } from "node:worker_threads";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { type TaskMessage, type TaskResult, unpackTask } from "./task.ts";

const scheme = await loadNativeScheme();

parentPort?.on("message", (task: TaskMessage) => {
  const result: TaskResult = scheme.nameInvalid(task.digest, unpackTask(task));
  parentPort?.postMessage(result);
});
