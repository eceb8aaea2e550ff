/**
 * A short siege: three enemies with real connections against five real agents (`pnpm siege` has all attacks, ten agents and times). Here stands what
 * does not depend on the machine: claims complete, nobody honest is banned, the enemy is cut off. Times and ratios are the command's.
 */
import { describe, expect, it } from "vitest";
import { attackNamed } from "../siege/attacks.ts";
import { runSiege } from "../siege/run.ts";

const NODES = 5;
const CLAIMS = 4;

describe("a hostile node and strangers against real agents", () => {
  it("claims complete while sockets stay silent, and while 5,000 bad signatures come at once; that node is cut off", async () => {
    const names = ["silent-sockets", "bad-signatures"];
    const { attacks } = await runSiege({
      attacks: names.map(attackNamed),
      seed: 7,
      claims: CLAIMS,
      nodes: NODES,
      onProgress: () => {},
    });
    expect(attacks.map(({ name }) => name)).toEqual(names);
    for (const attack of attacks) expect(attack).toMatchObject({ claims: CLAIMS, failed: 0, honestBanned: 0 });
    const [silent, signatures] = attacks;
    expect(silent?.attackerCounts["sockets"]).toBeGreaterThan(0);
    expect(silent?.restartMs).not.toBeNull();
    expect(signatures?.attackerCounts["messages"]).toBeGreaterThan(0);
    expect(signatures).toMatchObject({ attacked: NODES, attackerCutOff: NODES });
  });

  it("a node under a victim's identity key frames nobody: after an outage the victim is there, and claims complete", async () => {
    const { attacks } = await runSiege({
      attacks: [attackNamed("victim-identity")],
      seed: 7,
      claims: CLAIMS,
      nodes: NODES,
      onProgress: () => {},
    });
    expect(attacks).toMatchObject([{ name: "victim-identity", claims: CLAIMS, failed: 0, honestBanned: 0 }]);
  });
});
