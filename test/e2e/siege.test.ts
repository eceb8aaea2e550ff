/**
 * A short siege: an enemy with real connections against four real agents (`pnpm siege` has all attacks, ten agents
 * and times). Here stands what does not depend on the machine: claims complete, nobody honest is banned, the enemy is
 * cut off. Times and ratios are the command's.
 */
import { describe, expect, it } from "vitest";
import { attackNamed } from "../siege/attacks.ts";
import { runSiege } from "../siege/run.ts";

const NODES = 4;
const CLAIMS = 2;

describe("a hostile node and strangers against real agents", () => {
  it("5,000 bad signatures at once", async () => {
    const names = ["bad-signatures"];
    const { attacks } = await runSiege({
      attacks: names.map(attackNamed),
      seed: 7,
      claims: CLAIMS,
      nodes: NODES,
      tries: 1,
      onProgress: () => {},
    });
    expect(attacks.map(({ name }) => name)).toEqual(names);
    for (const attack of attacks) expect(attack).toMatchObject({ claims: CLAIMS, failed: 0, honestBanned: 0 });
    const [signatures] = attacks;
    expect(signatures?.attackerCounts["messages"]).toBeGreaterThan(0);
    expect(signatures).toMatchObject({ attacked: NODES, attackerCutOff: NODES });
  });
});
