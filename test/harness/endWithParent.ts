/**
 * Preloaded (`node --import`) into every child that has no shutdown of its own. In: the IPC channel to the parent. Out:
 * the end of this process when that channel closes, however the parent died. Not its job: a graceful stop; agents do
 * that themselves.
 */
if (process.channel !== undefined && process.channel !== null) {
  process.on("disconnect", () => process.exit(1));
  // Listening must not keep a finished command alive.
  process.channel.unref();
}
