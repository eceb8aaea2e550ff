/**
 * The large parts that the frame does not need to be shown: the client with its chain and its schemas. Loaded as one
 * piece after the frame, so that neither is long to start.
 */
export { createClient, pauseOf } from "@quorate/client";
export { readFacts } from "./facts.ts";
