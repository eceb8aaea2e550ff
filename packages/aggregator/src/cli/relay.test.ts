/** `quorate relay` as an operator runs it: a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { builtQuorate } from "../../test/support/quorate.ts";
import { relayCommand } from "./commands/relay.ts";

const children: ChildProcess[] = [];
const servers: Server[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** Knows its chain id, and counts how often it tells it. */
async function provider(): Promise<{ readonly url: string; asked(): number }> {
  let asked = 0;
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { id } = JSON.parse(Buffer.concat(parts).toString());
    asked += 1;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, result: "0x7a69" }));
  });
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/a-secret-key`, asked: () => asked };
}

/** In this process: a command that is refused starts nothing. */
function refused(...args: string[]): Promise<unknown> {
  return relayCommand()
    .exitOverride()
    .configureOutput({ writeErr() {} })
    .parseAsync(args, { from: "user" });
}

describe("quorate relay", () => {
  it("P-104: answers until SIGTERM, keeps its provider's key to itself, and ends with status 0", async () => {
    const { url, asked } = await provider();
    const args = [await builtQuorate(), "relay", "--provider", url, "--listen", "127.0.0.1:0"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
    children.push(child);
    let log = "";
    child.stderr?.on("data", (chunk) => {
      log += String(chunk);
    });
    const [ready] = (await once(child, "message")) as [{ readonly url: string }];
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
    for (let i = 0; i < 2; i++) {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(ready.url, { method: "POST", headers, body });
      expect(await answer.json()).toEqual({ jsonrpc: "2.0", id: 1, result: "0x7a69" });
    }
    expect(asked()).toBe(1);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(log).toContain("RELAY_LISTENING");
    expect(log).toContain(new URL(url).host);
    expect(log).not.toContain("a-secret-key");
  });

  it("error: two providers for one relay, no URL, no address to listen on, a time that is none", async () => {
    const good = ["--provider", "http://127.0.0.1:9"];
    for (const args of [
      [...good, ...good],
      ["--provider", "ftp://127.0.0.1/"],
      ["--provider", "127.0.0.1:8545"],
      [...good, "--listen", "8549"],
      [...good, "--listen", "127.0.0.1:99999"],
      [...good, "--fresh-ms", "soon"],
      [...good, "--timeout-ms", "99"],
    ]) {
      await expect(refused(...args), args.join(" ")).rejects.toMatchObject({ code: "FLAG_INVALID" });
    }
    await expect(refused()).rejects.toMatchObject({ code: "commander.missingMandatoryOptionValue" });
  });

  it("error: an address that is taken", async () => {
    const { url } = await provider();
    const taken = refused("--provider", url, "--listen", new URL(url).host);
    await expect(taken).rejects.toMatchObject({ code: "RELAY_LISTEN_FAILED" });
  });
});
