/**
 * The agent's log: JSON lines with level names and ISO times. Enters: a level and a sink. Leaves: a logger. Not its
 * job: who reads it.
 */
import { pino } from "pino";
import type { Logger } from "../../driver/ports.ts";
import type { LogSink } from "./sink.ts";

/** Its level can be changed while it is in use. */
export function createLogger(level: string, sink: LogSink): Logger & { level: string } {
  const options = {
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(options, { write: (line: string) => sink.write(line) });
  sink.onTakenAgain((dropped) => logger.warn({ dropped, inAll: sink.dropped() }, "LOG_LINES_DROPPED"));
  return logger;
}
