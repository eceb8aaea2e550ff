/**
 * The attacker's process. In: the order as a file, `begin`, `targets` and `end` over IPC. Out: `ready`, then `report`
 * at the end. It gives way to agents: machine and enemy share two cores here, and what is measured is what the agents
 * make of what reaches them.
 */
import { readFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { AttackOrder, Target } from "./attack.ts";
import { attackNamed } from "./attacks.ts";
import { RealEnemy } from "./enemy.ts";

/** Below the agents, by so much. */
const NICE = 5;
/** From `end` to the report, whatever is under way. */
const END_GRACE_MS = 3_000;

type Order = { readonly type: "begin" | "end" } | { readonly type: "targets"; readonly targets: readonly Target[] };

setPriority(Math.min(19, getPriority() + NICE));
const order = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as AttackOrder;
const attack = attackNamed(order.attack);
const enemy = new RealEnemy(order);
const begun = Promise.withResolvers<void>();

process.on("message", (message: Order) => {
  if (message.type === "begin") begun.resolve();
  if (message.type === "targets") enemy.retarget(message.targets);
  if (message.type === "end") enemy.end();
});
process.on("disconnect", () => process.exit(1));
// What a hostile peer's sockets do when an agent ends them is what was asked for; the attack's own failures are
// reported.
process.on("unhandledRejection", () => {});
process.on("SIGINT", () => {});

await attack.prepare?.(enemy);
process.send?.({ type: "ready" });
await begun.promise;
const before = process.cpuUsage();
let error: string | null = null;
try {
  await Promise.race([attack.run(enemy), overdue()]);
} catch (cause) {
  if (!enemy.signal.aborted) error = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
await new Promise<void>((resolve) => {
  if (enemy.signal.aborted) resolve();
  else enemy.signal.addEventListener("abort", () => resolve(), { once: true });
});
const { user, system } = process.cpuUsage(before);
process.send?.({ type: "report", ...enemy.report(Math.round((user + system) / 1_000), error) }, () => process.exit(0));

/** An agent that leaves a stream hanging must not keep the attack from its end. */
async function overdue(): Promise<void> {
  await new Promise((resolve) => enemy.signal.addEventListener("abort", resolve, { once: true }));
  await sleep(END_GRACE_MS);
}
