/** Bounds of asking several agents: unit, reason, and what happens beyond. */

/** Agents that have to say the same before a value is shown as agreed. With fewer it is marked as not verified. */
export const AGENTS_WANTED = 2;

/** Agents asked for one question while answers differ or fail. The others are not asked. */
export const AGENTS_ASKED_MAX = 8;

/** Times that an agent which is an epoch behind is asked again: agents close an epoch within about a second. */
export const MOMENT_TRIES = 3;

/** Milliseconds between. */
export const MOMENT_PAUSE_MS = 700;
