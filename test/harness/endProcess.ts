/**
 * Ends a command's process with its exit code, once its output is written. Not by itself: with sockets left of hundreds
 * of connections, Node's own cleanup at the end was seen to wait for a request that never ends (24.9, CleanupHandles),
 * at full speed and deaf to signals.
 */
export function endProcess(): void {
  process.stdout.write("", () => process.exit());
}
