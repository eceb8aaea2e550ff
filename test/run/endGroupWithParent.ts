/**
 * Preloaded (`node --import`) into each part of `test`. In: the IPC channel to the parent. Out: the end of this process
 * and of its whole group when that channel closes, which it does however the parent died.
 */
if (process.channel !== undefined && process.channel !== null) {
  process.on("disconnect", () => process.kill(process.platform === "win32" ? process.pid : -process.pid, "SIGKILL"));
  // Listening must not keep a finished part alive.
  process.channel.unref();
}
