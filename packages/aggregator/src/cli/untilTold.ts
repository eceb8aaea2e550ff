/**
 * What tells a command that stays to stop. In: what to do then. Out: one call, with the reason: a signal, the end of
 * the process that forked it, or of the npx or pnpm that started it. Those pass no signal on: without this a stopped
 * `npx pnpm quorate run` leaves its agent running.
 */
import { packageManagersAbove, watchLaunchers } from "./launchers.ts";

export function untilTold(stop: (why: string) => void): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop(signal));
  // A parent that forked this process and is gone, by whatever signal, takes it along.
  process.once("disconnect", () => stop("parent is gone"));
  watchLaunchers(packageManagersAbove(process.pid), () => stop("the package manager that started it is gone"));
}
