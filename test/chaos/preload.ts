/**
 * Preloaded (`node --import`) into an agent under test; the agent's own code is as it is. In: `CHAOS_CLOCK_MS` and IPC
 * messages `{type: "clock", offsetMs}`, by which `Date` is then off; `CHAOS_PEERS`, the addresses at which peers are
 * dialled, and `CHAOS_FROM`, the one to dial them from, by which the link layer knows who dials; `CHAOS_HIDDEN`, where
 * peers really listen and nobody may dial. Monotonic clocks are not touched: no machine's clock change does that.
 */
import net from "node:net";

const RealDate = Date;
let offsetMs = Number(process.env["CHAOS_CLOCK_MS"] ?? "0");
const now = (): number => RealDate.now() + offsetMs;

class ShiftedDate extends RealDate {
  constructor(...args: unknown[]) {
    super(...((args.length === 0 ? [now()] : args) as [number]));
  }

  static override now(): number {
    return now();
  }
}

globalThis.Date = ShiftedDate as DateConstructor;

process.on("message", (message: { readonly type?: string; readonly offsetMs?: number }) => {
  if (message.type === "clock" && message.offsetMs !== undefined) offsetMs = message.offsetMs;
});
// Listening must not keep an agent alive that has ended otherwise.
process.channel?.unref();

const { CHAOS_PEERS: peers, CHAOS_FROM: from, CHAOS_HIDDEN: hidden } = process.env;
if (peers !== undefined && from !== undefined && hidden !== undefined) {
  const prototype = net.Socket.prototype as unknown as { connect(...args: unknown[]): net.Socket };
  const { connect } = prototype;
  prototype.connect = function (this: net.Socket, ...args: unknown[]): net.Socket {
    const first = Array.isArray(args[0]) ? args[0][0] : args[0];
    const options = first as { host?: string; localAddress?: string } | undefined;
    if (options?.host?.startsWith(hidden)) throw new Error(`dialled past the links: ${options.host}`);
    if (options?.host?.startsWith(peers)) options.localAddress = from;
    return connect.apply(this, args);
  };
}
