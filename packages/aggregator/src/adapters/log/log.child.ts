/**
 * For the log's tests: a process that logs more than any pipe holds and tells over its channel how it fares. Told to
 * end, it logs a last line.
 */
import { createLogger } from "./logger.ts";
import { stderrSink } from "./sink.ts";

/** About 4 MB: four times what waits at most. */
const LINES = 20_000;

const sink = stderrSink();
const logger = createLogger("info", sink);
process.once("exit", () => sink.lastWords());

process.on("message", (told: string) => {
  if (told === "flood") {
    for (let i = 0; i < LINES; i++) logger.info({ i, filler: "x".repeat(150) }, "FLOOD");
    process.send?.({ flooded: LINES, dropped: sink.dropped() });
  }
  if (told === "count") process.send?.({ dropped: sink.dropped() });
  if (told === "end") {
    logger.error({ error: "the last of it" }, "AGENT_FATAL");
    process.exit(1);
  }
});
process.send?.("ready");
