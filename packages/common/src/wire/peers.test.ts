import { describe, expect, it } from "vitest";
import { thrownCode } from "../testing/index.ts";
import * as codec from "./codec.ts";
import * as limits from "./limits.ts";
import * as wire from "./messages.ts";

describe("peers", () => {
  it("records go there and back unopened; the request is empty", () => {
    const records = [Uint8Array.of(1, 2, 3), new Uint8Array(limits.MAX_PEER_RECORD_BYTES).fill(9)];
    expect(codec.decodePeersResponse(codec.encodePeersResponse(records))).toEqual(records);
    expect(codec.encodePeersRequest()).toHaveLength(0);
    expect(thrownCode(() => codec.decodePeersRequest(new Uint8Array(0)))).toBeUndefined();
  });

  it("error: a request with content, too many records, records empty or too large", () => {
    expect(thrownCode(() => codec.decodePeersRequest(Uint8Array.of(8, 1)))).toBe("WIRE_TOO_LARGE");
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
