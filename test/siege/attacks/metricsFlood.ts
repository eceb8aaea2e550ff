/**
 * A client asks one agent for its metrics 317 times a second. It costs 317 requests a second. Rendering them must be
 * bounded: the loop is for gossip.
 */
import type { Attack } from "../attack.ts";
import { ask } from "../http.ts";

const PER_SECOND = 317;
const TICK_MS = 100;
const OPEN_MAX = 200;

export const metricsFlood: Attack = {
  name: "metrics-flood",
  about: "a client asks for /metrics 317 times a second",
  cutOff: false,
  throughVictim: true,
  does: ["requests"],
  async run(enemy) {
    let open = 0;
    await enemy.every(TICK_MS, () => {
      for (let i = 0; i < (PER_SECOND * TICK_MS) / 1_000 && open < OPEN_MAX; i++) {
        open += 1;
        enemy.count("requests");
        ask(enemy.victim().health, "/metrics")
          .then(({ status }) => enemy.count(status === 200 ? "answered" : "refused"))
          .catch(() => enemy.count("failed"))
          .finally(() => {
            open -= 1;
          });
      }
    });
  },
};
