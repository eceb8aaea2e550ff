/**
 * Ports of 127.0.0.1 for programs that cannot choose one by themselves, or have to say theirs before they listen. In:
 * nothing. Out: a free port, or one that nobody else gets until it is released.
 */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

export interface HeldPort {
  readonly port: number;
  /** Frees it for whoever is started next; after that it does nothing. */
  release(): void;
}

export async function holdPort(): Promise<HeldPort> {
  const server = createServer().listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { port, release: () => void server.close() };
}

/** For whoever listens there at once. */
export async function freePort(): Promise<number> {
  const { port, release } = await holdPort();
  release();
  return port;
}
