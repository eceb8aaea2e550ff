/** Every bound of the control socket, its unit and its reason. What passes one loses its connection. */

/** Connections at once: an operator has one command, or two. More wait for the system or are closed. */
export const CONNECTIONS_MAX = 4;

/** Bytes of a question: a level and its name are 20. A longer one is closed unread. */
export const LINE_MAX_BYTES = 256;

/** Milliseconds for question and answer, on one machine. */
export const TALK_MS = 5_000;

/** Bytes of a Unix socket's path that every system takes: 104 on some, with the zero at the end. */
export const PATH_MAX_BYTES = 103;
