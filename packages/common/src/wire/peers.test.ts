import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../hex.ts";
import { thrownCode } from "../testing/index.ts";
import * as codec from "./codec.ts";
import * as limits from "./limits.ts";
import * as wire from "./messages.ts";

describe("peers", () => {
  it("records go there and back unopened; a request brings the asker's own, or is empty", () => {
    const records = [Uint8Array.of(1, 2, 3), new Uint8Array(limits.MAX_PEER_RECORD_BYTES).fill(9)];
    expect(codec.decodePeersResponse(codec.encodePeersResponse(records))).toEqual(records);
    expect(codec.encodePeersRequest({ peerRecord: null, wanted: [] })).toHaveLength(0);
    for (const peerRecord of [null, ...records]) {
      const request = { peerRecord, wanted: [] };
      expect(codec.decodePeersRequest(codec.encodePeersRequest(request))).toEqual(request);
    }
  });

  it("P-135: a request names the identities whose records it wants, ascending, at most 128", () => {
    const peerRecord = new Uint8Array(limits.MAX_PEER_RECORD_BYTES).fill(9);
    const wanted = Array.from({ length: limits.MAX_WANTED_RECORDS }, (_, i) => toHex(new Uint8Array(32).fill(i)));
    const encoded = codec.encodePeersRequest({ peerRecord, wanted });
    expect(encoded).toHaveLength(limits.MAX_PEERS_REQUEST_BYTES);
    expect(codec.decodePeersRequest(encoded)).toEqual({ peerRecord, wanted });
    const [first, second] = wanted as [`0x${string}`, `0x${string}`];
    const bad = [
      [second, first],
      [first, first],
      [...wanted, toHex(new Uint8Array(32).fill(200))],
    ];
    for (const list of bad) {
      expect(thrownCode(() => codec.encodePeersRequest({ peerRecord: null, wanted: list }))).toBe("WIRE_MALFORMED");
      const bytes = wire.PeersRequest.encode({ peerRecord: new Uint8Array(), wanted: list.map((id) => fromHex(id)) });
      expect(thrownCode(() => codec.decodePeersRequest(bytes))).toBe("WIRE_MALFORMED");
    }
    const short = wire.PeersRequest.encode({ peerRecord: new Uint8Array(), wanted: [new Uint8Array(31)] });
    expect(thrownCode(() => codec.decodePeersRequest(short))).toBe("WIRE_MALFORMED");
  });

  it("error: a request with other content, too many records, records empty or too large", () => {
    expect(thrownCode(() => codec.decodePeersRequest(Uint8Array.of(24, 1)))).toBe("WIRE_NOT_CANONICAL");
    const large = wire.PeersRequest.encode({
      peerRecord: new Uint8Array(limits.MAX_PEER_RECORD_BYTES + 1),
      wanted: [],
    });
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
