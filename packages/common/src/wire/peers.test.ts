import { describe, expect, it } from "vitest";
import { thrownCode } from "../testing/index.ts";
import * as codec from "./codec.ts";
import * as limits from "./limits.ts";
import * as wire from "./messages.ts";

describe("peers", () => {
  it("records go there and back unopened; a request brings the asker's own, or is empty", () => {
    const records = [Uint8Array.of(1, 2, 3), new Uint8Array(limits.MAX_PEER_RECORD_BYTES).fill(9)];
    expect(codec.decodePeersResponse(codec.encodePeersResponse(records))).toEqual(records);
    expect(codec.encodePeersRequest(null)).toHaveLength(0);
    for (const own of [null, ...records]) expect(codec.decodePeersRequest(codec.encodePeersRequest(own))).toEqual(own);
  });

  it("error: a request with other content, too many records, records empty or too large", () => {
    expect(thrownCode(() => codec.decodePeersRequest(Uint8Array.of(16, 1)))).toBe("WIRE_NOT_CANONICAL");
    const large = wire.PeersRequest.encode({ peerRecord: new Uint8Array(limits.MAX_PEER_RECORD_BYTES + 1) });
    expect(thrownCode(() => codec.decodePeersRequest(large))).toMatch(/^WIRE_(TOO_LARGE|MALFORMED)$/);
    const one = Uint8Array.of(1);
    const tooMany = wire.PeersResponse.encode({ peerRecords: Array(limits.MAX_PEER_RECORDS + 1).fill(one) });
    const tooLarge = wire.PeersResponse.encode({ peerRecords: [new Uint8Array(limits.MAX_PEER_RECORD_BYTES + 1)] });
    const empty = wire.PeersResponse.encode({ peerRecords: [new Uint8Array(0)] });
    for (const bad of [tooMany, tooLarge, empty]) {
      expect(thrownCode(() => codec.decodePeersResponse(bad))).toBe("WIRE_MALFORMED");
    }
    const beyond = new Uint8Array(limits.MAX_PEERS_RESPONSE_BYTES + 1);
    expect(thrownCode(() => codec.decodePeersResponse(beyond))).toBe("WIRE_TOO_LARGE");
  });
});
