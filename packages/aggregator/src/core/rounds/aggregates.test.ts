/** P-109: what was checked share by share and still does not add up. */
import { type SignatureScheme, signIdentity, verifyIdentity } from "@quorate/common";
import { describe, expect, it } from "vitest";
import {
  DOMAIN,
  headAfter,
  makeShare,
  NOTHING_RESTORED,
  pool,
  scheme,
  shareBytes,
  started,
} from "../../../test/support/cluster.ts";
import { ALL, node, owedToStaker, STAKER } from "../../../test/support/twenty.ts";
import { createAgent } from "../agent.ts";
import type { Agent, Effect, Input } from "../io.ts";

const ME = node(1);
const amount = await owedToStaker();

/** Node 1's agent, which believes every share, over a scheme with a fault of its own. */
class Believer {
  readonly agent: Agent;
  readonly effects: Effect[] = [];

  constructor(over: Partial<SignatureScheme> = {}) {
    // The methods of the real one stand on its prototype.
    const faulty: SignatureScheme = Object.assign(Object.create(scheme), over);
    const options = { domain: DOMAIN, blsKey: ME.blsKey, claimDeadlineMs: 10_000, submits: null };
    const sign = (digest: Uint8Array) => signIdentity(ME.identitySecret, digest);
    this.agent = createAgent(options, { scheme: faulty, signIdentity: sign, verifyIdentity }, NOTHING_RESTORED);
    this.feed({ type: "started" });
    this.feed({ type: "chain-health", health: { healthy: true } });
    const events = [...ALL.map(({ registered }) => registered), pool, started];
    this.feed({ type: "chain", events, head: headAfter(3) });
    this.feed({ type: "claim", handle: 1, recipient: STAKER, epoch: 2 });
  }

  feed(input: Input, nowMs = 0): void {
    const queue = [input];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const effect of this.agent.handle(next, nowMs)) {
        this.effects.push(effect);
        if (effect.type === "sign") {
          queue.push({ type: "signed", job: effect.job, signature: scheme.sign(ME.blsSecret, effect.digest) });
        }
        if (effect.type === "verify") {
          const results = effect.groups.map(({ items }) => items.map(() => true));
          queue.push({ type: "verified", job: effect.job, results });
        }
        if (effect.type === "set-timer" && effect.timer === "verify") queue.push({ type: "timer", timer: "verify" });
      }
    }
  }

  /** Shares of these nodes; those in `forged` are another secret's signatures. */
  hear(ids: readonly number[], forged: readonly number[] = []): void {
    for (const id of ids) {
      const secret = node(forged.includes(id) ? 21 : id).blsSecret;
      const share = makeShare(node(id), { recipient: STAKER, epoch: 2, amount, secret });
      this.feed({ type: "gossip", handle: id, from: `0x${"fe".repeat(32)}`, data: shareBytes(share) });
    }
  }

  get claim() {
    return this.agent.claim(STAKER, 2, 0);
  }

  logged(level: string) {
    return this.effects.flatMap((effect) => (effect.type === "observe" && effect.level === level ? [effect] : []));
  }
}

const others = Array.from({ length: 19 }, (_, i) => i + 2);

describe("P-109: an aggregate of checked shares that does not verify", () => {
  it("is an error with round and signers, counted; the bad share is dropped and named, and the claim goes on", () => {
    const believer = new Believer();
    believer.hear(others.slice(0, 18), [7]);
    const [error] = believer.logged("error");
    expect(error).toMatchObject({ code: "AGGREGATE_INVALID", values: { count: 19, dropped: "7" } });
    expect(error?.values["round"]).toContain("RewardClaim");
    expect(error?.values["signers"]).toContain("1,2,3,4,5,6,7,8");
    expect(believer.agent.status().aggregatesInvalid).toBe(1);
    expect(believer.claim).toMatchObject({ status: "collecting", missing: [7, 20] });
    believer.hear([20]);
    expect(believer.claim).toMatchObject({ status: "ready", missing: [7] });
  });

  it("several bad ones: quorum is counted anew from what is left, at once", () => {
    const believer = new Believer();
    believer.hear([21, ...others], [21]);
    expect(believer.claim?.status).toBe("ready");
    expect(believer.claim?.bundle).not.toBeNull();
  });

  it("error: no share is at fault; the claim says that it is this agent, not that signatures are missing", () => {
    const broken = new Believer({ verifyAggregate: () => false });
    broken.hear(others);
    expect(broken.claim?.reasons).toEqual([{ nodeId: 1, code: "AGGREGATE_INVALID", closedEpochs: 3 }]);
    expect(broken.claim?.signedBps).toBe(10_000);
    broken.feed({ type: "timer", timer: "tick" }, 20_000);
    expect(broken.claim).toMatchObject({ status: "failed", bundle: null });
    expect(broken.logged("warn").map(({ code }) => code)).not.toContain("QUORUM_NOT_REACHED");
    expect(broken.logged("error").map(({ code }) => code)).toContain("AGGREGATE_INVALID");
  });

  it("error: a sum that cannot be made ends in a log line, not in the agent", () => {
    const broken = new Believer({
      aggregateSignatures: () => {
        throw new Error("cancels");
      },
    });
    broken.hear(others);
    expect(broken.claim).toMatchObject({ status: "collecting" });
    // The same shares are not tried again and again: each look came with another share.
    const tried = broken.agent.status().aggregatesInvalid;
    broken.feed({ type: "timer", timer: "tick" }, 100);
    expect(broken.agent.status().aggregatesInvalid).toBe(tried);
  });
});
