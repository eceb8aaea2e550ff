import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it } from "vitest";
import { freePort, holdPort } from "./ports.ts";

it("a held port is nobody else's until it is released, and what others use is passed over", async () => {
  const [first, second] = [await holdPort(), await holdPort()];
  expect(second.port).not.toBe(first.port);
  const other = createServer();
  other.listen(first.port, "127.0.0.1");
  expect(await once(other, "error").then(([error]) => error.code)).toBe("EADDRINUSE");
  first.release();
  await once(other.listen(first.port, "127.0.0.1"), "listening");
  // A whole slice later, the one in use is met again.
  const ports = await Promise.all(Array.from({ length: 58 }, freePort));
  expect(ports).not.toContain(first.port);
  expect(await freePort()).not.toBe(first.port);
  other.close();
  second.release();
});

it("no port is among those that a system gives to whoever asks for any", async () => {
  expect(await freePort()).toBeGreaterThanOrEqual(20_000);
  expect(await freePort()).toBeLessThan(32_768);
});
