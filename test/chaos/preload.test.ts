/** What is loaded into agents under test shifts their wall clock and nothing else, and keeps them on their links. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";

const PRELOAD = new URL("./preload.ts", import.meta.url).href;
const HOUR_MS = 3_600_000;

/** Runs a script with the preload; what it sends over IPC, one message after the other. */
async function* said(script: string, env: Readonly<Record<string, string>>, answers: readonly object[]) {
  const args = ["--import", PRELOAD, "--input-type=module", "--eval", script];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  try {
    for (const answer of [...answers, null]) {
      const [message] = await once(child, "message");
      yield message as Record<string, number | string>;
      if (answer !== null) child.send(answer);
    }
  } finally {
    child.kill();
  }
}

it("Date is off by what is said at the start, and by what is said later; the monotonic clock goes on", async () => {
  const script = `
    const look = () => process.send({
      now: Date.now(), made: new Date().getTime(), given: new Date(5).getTime(), isDate: new Date() instanceof Date,
      ticks: performance.now(),
    });
    process.on("message", look);
    // As an agent's listeners do.
    setInterval(() => {}, 1_000);
    look();`;
  const looks = said(script, { CHAOS_CLOCK_MS: String(-HOUR_MS) }, [{ type: "clock", offsetMs: 2 * HOUR_MS }]);
  const [first, second] = [(await looks.next()).value, (await looks.next()).value];
  await looks.return();
  const [early, late] = [first, second].map((look) => (Number(look?.["now"]) - Date.now()) / HOUR_MS);
  expect([Math.round(early as number), Math.round(late as number)]).toEqual([-1, 2]);
  expect(first).toMatchObject({ given: 5, isDate: true });
  expect(Math.abs(Number(first?.["made"]) - Number(first?.["now"]))).toBeLessThan(HOUR_MS / 2);
  expect(Number(second?.["ticks"]) - Number(first?.["ticks"])).toBeLessThan(HOUR_MS / 2);
});

it("peers are dialled from the own address, and never past the links", async () => {
  const script = `
    import net from "node:net";
    const server = net.createServer((socket) => {
      let hidden = "";
      try { net.connect(1, "127.0.1.9"); } catch (error) { hidden = error.message; }
      process.send({ from: socket.remoteAddress, hidden });
    });
    server.listen(0, "127.0.0.1", () => net.connect(server.address().port, "127.0.0.1"));`;
  const env = { CHAOS_PEERS: "127.0.0.", CHAOS_FROM: "127.0.0.66", CHAOS_HIDDEN: "127.0.1." };
  const looks = said(script, env, []);
  const { value } = await looks.next();
  await looks.return();
  expect(value).toEqual({ from: "127.0.0.66", hidden: "dialled past the links: 127.0.1.9" });
});
