import type { NotSigned } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { listIds, whyNotSigned } from "./notSigned.ts";

const unreached = (nodeId: number): NotSigned => ({ nodeId, code: "NETWORK_PEER_NOT_CONNECTED", closedEpochs: null });
const nobody = { amount: 1_000_000_000n, missing: [], reasons: [], disagreements: [] };

describe("why nodes have not signed (P-89)", () => {
  it("puts those with one reason on one line, names those of which nothing is known, and says both amounts", () => {
    const reasons = [unreached(3), { nodeId: 4, code: "EPOCH_NOT_CLOSED", closedEpochs: 2 }, unreached(9)];
    const disagreements = [{ nodeId: 6, amount: 2_000_000_000n }];
    expect(whyNotSigned({ ...nobody, missing: [3, 4, 5, 6, 9], reasons, disagreements })).toEqual([
      expect.stringMatching(/^nodes 3, 9: .*\(NETWORK_PEER_NOT_CONNECTED\)$/),
      expect.stringMatching(/^node 4: .*\(EPOCH_NOT_CLOSED, 2 epochs closed\)$/),
      "node 6: signed 2 SESH, this agent's ledger says 1 SESH (MESSAGE_DISAGREES)",
      "node 5: no answer so far",
    ]);
  });

  it("a code of a later version is shown as it is", () => {
    const reasons = [{ nodeId: 7, code: "OF_LATER", closedEpochs: null }];
    expect(whyNotSigned({ ...nobody, missing: [7], reasons })).toEqual(["node 7: OF_LATER"]);
  });

  it("boundary: of 620 missing nodes twelve are named", () => {
    const missing = Array.from({ length: 620 }, (_, i) => i + 1);
    const named = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12";
    expect(whyNotSigned({ ...nobody, missing })).toEqual([`nodes ${named} and 608 more: no answer so far`]);
    expect(listIds([])).toBe("none");
  });
});
