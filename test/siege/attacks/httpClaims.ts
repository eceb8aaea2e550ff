/**
 * Three clients ask one agent for claims, each as often as a client may, for everyone who is owed something and every
 * epoch that is signed. It costs 24 requests a second. The agent's own budget of rounds must be shared out among
 * clients: a fourth one is not refused.
 */
import type { Attack } from "../attack.ts";
import { ask } from "../http.ts";

const CLIENTS = ["127.0.0.66", "127.0.0.67", "127.0.0.68"];
/** A claim costs 5 tokens of 40 a second. */
const EVERY_MS = 125;
const EPOCHS = 5;
/** Requests between two looks at which epochs there are. */
const LOOK_EVERY = 50;

export const httpClaims: Attack = {
  name: "http-claims",
  about: "three clients ask for claims as often as they may",
  cutOff: false,
  throughVictim: true,
  does: ["taken"],
  async run(enemy) {
    const { recipients } = enemy.order;
    let closed = 0;
    let next = 0;
    const clients = CLIENTS.map((from) =>
      enemy.every(EVERY_MS, async () => {
        const turn = next++;
        if (turn % LOOK_EVERY === 0) closed = await enemy.closedEpoch();
        const recipient = recipients[turn % recipients.length];
        const epoch = Math.max(0, closed - (Math.floor(turn / recipients.length) % EPOCHS));
        const answer = await ask(enemy.victim().http, "/v1/claims", { from, body: { recipient, epoch } }).catch(
          () => null,
        );
        enemy.count(answer?.status === 202 ? "taken" : "refused");
      }),
    );
    await Promise.all(clients);
  },
};
