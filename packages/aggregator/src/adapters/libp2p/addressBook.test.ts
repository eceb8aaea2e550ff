import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record";
import { describe, expect, it } from "vitest";
import { sealedRecord } from "../../../test/support/testRecord.ts";
import type { PeerKey } from "../../core/io.ts";
import { AddressBook } from "./addressBook.ts";

const { peer, envelope } = await sealedRecord(new Uint8Array(32).fill(7), ["/ip4/127.0.0.1/tcp/4001"]);
const self: PeerKey = `0x${"00".repeat(32)}`;
const bookOf = (policy = { privateAddresses: true, names: false }) =>
  new AddressBook(self, (known) => known === peer, policy);

/**
 * The fields of the envelope in wire order: key, type, payload, signature. All are shorter than 128 bytes: one byte
 * of length each.
 */
function fields(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length === 0) return [];
  const end = 2 + (bytes[1] as number);
  return [bytes.subarray(0, end), ...fields(bytes.subarray(end))];
}
const join = (parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

describe("AddressBook: an envelope counts as it was sealed, byte for byte (P-82)", () => {
  it("believes what libp2p seals, and hands on the very bytes", async () => {
    const book = bookOf();
    expect(await book.learn(envelope)).toBe("new");
    expect(book.envelope(peer)).toEqual(envelope);
    expect(book.claimed(peer).map(({ place }) => place)).toEqual(["/ip4/127.0.0.1/tcp/4001"]);
  });

  it.each([
    ["a field twice, the last as signed", ([key, ...rest]: Uint8Array[]) => [key, key, ...rest]],
    ["fields in another order", ([key, type, ...rest]: Uint8Array[]) => [type, key, ...rest]],
    ["a field that nobody knows", (parts: Uint8Array[]) => [...parts, Uint8Array.of(0x7a, 1, 0)]],
  ])("refuses the same signed content with %s, and blames who sent it", async (_what, change) => {
    const book = bookOf();
    const changed = join(change(fields(envelope)) as Uint8Array[]);
    // What is signed holds; only the bytes around it differ.
    await RecordEnvelope.openAndCertify(changed, PeerRecord.DOMAIN);
    await expect(book.learn(changed)).rejects.toMatchObject({ code: "NETWORK_RECORD_INVALID" });
    expect(book.peers()).toEqual([]);
  });
});
