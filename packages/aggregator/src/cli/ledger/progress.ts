/** Progress of long runs on standard error: nothing in the first seconds, then a line every few. */
import { printProgress } from "../print.ts";

/** Milliseconds between two lines. */
const EVERY_MS = 2_000;

export function progress(): (text: string) => void {
  let nextMs = performance.now() + EVERY_MS;
  return (text) => {
    if (performance.now() < nextMs) return;
    nextMs = performance.now() + EVERY_MS;
    printProgress(text);
  };
}
