import { buildBundle, digestOf, isQuorateError, type NodeView, parseBundle, Signers, toHex } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { afterEach, describe, expect, it } from "vitest";
import { differingNodes } from "../../truth/keySet.ts";
import { createPanel } from "../../truth/panel.ts";
import { CHAIN_ID, CONTRACT, startTestAgent, type TestAgent } from "../../truth/testAgents.ts";
import { checkTold } from "./signedHere.ts";

const scheme = await loadNativeScheme();
const RECIPIENT = `0x${"bb".repeat(20)}` as const;
const STAKE = 25_000_000_000_000n;
const NODES: readonly NodeView[] = Array.from({ length: 20 }, (_, i) => ({
  ...{ id: i + 1, state: "active", silent: false, stake: STAKE },
  blsKey: scheme.publicKeyOf(new Uint8Array(32).fill(i + 1, 24)),
}));
const domain = { chainId: BigInt(CHAIN_ID), verifyingContract: CONTRACT };
const message = { recipient: RECIPIENT, amount: 7_000_000_000n };
const digest = digestOf(domain, "RewardClaim", message);
const signature = scheme.aggregateSignatures(
  NODES.map(({ id }) => scheme.sign(new Uint8Array(32).fill(id, 24), digest)),
);
const block = { number: 9, hash: `0x${"cc".repeat(32)}` } as const;
const signers = Signers.of(NODES.map(({ id }) => id));
const content = parseBundle(buildBundle({ domain, epoch: 1, message, signature, signers, nodes: NODES, block }));

const started: TestAgent[] = [];
afterEach(() => Promise.all(started.splice(0).map((agent) => agent.close())));

const answer = ({ id, state, silent, stake, blsKey }: NodeView) => ({
  ...{ id, state, silent, stake: String(stake), blsKey: toHex(blsKey), operator: RECIPIENT, identityKey: "0x01" },
  ...{ identityValid: true, feeBps: 0, contributors: [], uptime: "P" },
});

async function check(...sets: readonly (readonly NodeView[])[]) {
  const urls: string[] = [];
  for (const [i, nodes] of sets.entries()) {
    const agent = await startTestAgent(`peer ${i}`);
    agent.says["/v1/nodes"] = [{ nodes: nodes.map(answer), next: null }];
    started.push(agent);
    urls.push(agent.url);
  }
  const agents = async () => urls.map((url) => ({ url, id: null, stake: null }));
  const facts = { chainId: CHAIN_ID, contract: CONTRACT };
  const { signal } = new AbortController();
  const checked = await checkTold(content, {
    panel: createPanel({ agents }, facts),
    facts,
    recipient: RECIPIENT,
    signal,
  });
  return { checked, urls };
}

/** One key is another's: what a lying agent would have to tell. */
const OTHER_KEY = NODES.map((node) => (node.id === 7 ? { ...node, blsKey: (NODES[0] as NodeView).blsKey } : node));

describe("P-149: a bundle checked where no chain can be asked", () => {
  it("holds against the node set that two agents give alike, and both are named", async () => {
    const { checked, urls } = await check(NODES, NODES);
    expect(checked).toMatchObject({ kind: "checked", checked: { signers: 20, active: 20 } });
    expect(checked.told.by).toEqual(urls);
  });

  it("is not called checked where agents disagree about one key, though two of three give the same", async () => {
    const { checked } = await check(OTHER_KEY, NODES, NODES);
    expect(checked.kind).toBe("disagree");
    expect(checked.told.against.map(({ value }) => differingNodes(value, checked.told.value))).toEqual([[7]]);
  });

  it("is not called checked where one agent alone tells the set", async () => {
    expect((await check(NODES)).checked.kind).toBe("alone");
  });

  it("is refused where it does not hold against a set that two agents give", async () => {
    const failed = await check(OTHER_KEY, OTHER_KEY).catch((error: unknown) => error);
    expect(isQuorateError(failed, "BUNDLE_BAD_SIGNATURE")).toBe(true);
  });
});
