/**
 * What one turn of the event loop sends over a connection leaves as one noise record in one write. A batch of verdicts
 * forwards dozens of shares to the same few peers at once; each would otherwise be a record of its own and two system
 * calls, with an answer of the muxer's for each, at both ends. In: libp2p's encrypter. Out: the same one, whose
 * connections gather. The bytes inside and their order stay, so peers need not know of it, and nothing waits longer
 * than the turn.
 */
import type { ConnectionEncrypter, MessageStream, SecuredConnection } from "@libp2p/interface";
import { GATHERED_MAX_BYTES } from "./limits.ts";

type Create<Components> = (components: Components) => ConnectionEncrypter;

export function gatheringTurns<Components>(create: Create<Components>): Create<Components> {
  const secured = (result: SecuredConnection): SecuredConnection => {
    gather(result.connection);
    return result;
  };
  return (components) => {
    const encrypter = create(components);
    const inbound = encrypter.secureInbound.bind(encrypter);
    const outbound = encrypter.secureOutbound.bind(encrypter);
    encrypter.secureInbound = async (connection, options) => secured(await inbound(joining(connection), options));
    encrypter.secureOutbound = async (connection, options) => secured(await outbound(joining(connection), options));
    return encrypter;
  };
}

/** Noise gives a record as its length and its content; TCP would write each by itself. */
function joining(connection: MessageStream): MessageStream {
  const send = connection.send.bind(connection);
  connection.send = (data) => send(data.subarray());
  return connection;
}

/** Holds back what is sent until the turn ends, the stream does, or a record is full. */
function gather(stream: MessageStream): void {
  const send = stream.send.bind(stream);
  const close = stream.close.bind(stream);
  const abort = stream.abort.bind(stream);
  let held: Uint8Array[] = [];
  let heldBytes = 0;

  const sendHeld = (): boolean => {
    if (heldBytes === 0) return true;
    const data = Buffer.concat(held, heldBytes);
    held = [];
    heldBytes = 0;
    return send(data);
  };
  const sendLate = (): void => {
    try {
      sendHeld();
    } catch {
      // It ended meanwhile; who sent is told by its closing, as of everything that was on its way.
    }
  };

  stream.send = (data) => {
    // Its own buffer holds what a slow peer does not take, and its own checks say what an ending stream refuses.
    if (stream.status !== "open" || stream.writableNeedsDrain) {
      sendLate();
      return send(data);
    }
    if (heldBytes === 0) setImmediate(sendLate);
    held.push(...(data instanceof Uint8Array ? [data] : data));
    heldBytes += data.byteLength;
    return heldBytes < GATHERED_MAX_BYTES || sendHeld();
  };
  stream.close = (options) => {
    sendLate();
    return close(options);
  };
  stream.abort = (error) => {
    sendLate();
    abort(error);
  };
}
