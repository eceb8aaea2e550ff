/**
 * Ports of 127.0.0.1 for programs that cannot choose one by themselves, or have to say theirs before they listen. In:
 * nothing. Out: a free port, or one that nobody else gets until it is released.
 *
 * Between a release and the listening of the program it was held for lie seconds, while dozens of others start. So
 * these ports are not among those that systems give to whoever asks for any (32768 and up), and each process takes them
 * from a slice of its own.
 */
import { once } from "node:events";
import { createServer } from "node:net";

const FIRST_PORT = 20_000;
const PORTS_PER_PROCESS = 60;
/** Processes that are started one after the other have different ones. */
const SLICES = 200;

const firstOfProcess = FIRST_PORT + (process.pid % SLICES) * PORTS_PER_PROCESS;
let taken = 0;

export interface HeldPort {
  readonly port: number;
  /** Frees it for whoever is started next; after that it does nothing. */
  release(): void;
}

/** @throws Error when all ports of this process's slice are in use */
export async function holdPort(): Promise<HeldPort> {
  for (let tries = 0; tries < PORTS_PER_PROCESS; tries++) {
    const port = firstOfProcess + (taken++ % PORTS_PER_PROCESS);
    const server = createServer().unref();
    try {
      await once(server.listen(port, "127.0.0.1"), "listening");
      return { port, release: () => void server.close() };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
  throw new Error(`ports ${firstOfProcess} to ${firstOfProcess + PORTS_PER_PROCESS - 1} are all in use`);
}

/** For whoever listens there at once. */
export async function freePort(): Promise<number> {
  const { port, release } = await holdPort();
  release();
  return port;
}
