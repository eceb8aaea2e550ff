/** Links of the kernel, where this machine lets us make them: a cut is silent and of one direction, and it heals. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../harness/waitFor.ts";
import { CLEAR } from "./condition.ts";
import { chooseLinks } from "./links.ts";
import { NetnsLinks, netnsAbilities } from "./netnsLinks.ts";

const { missing } = await netnsAbilities();

/** Answers every piece it hears over TCP, and tells what it has heard when it is asked over IPC. */
const SERVER = `
  const net = require("node:net");
  let heard = "";
  net.createServer((socket) => socket
    .on("data", (bytes) => { heard += bytes; socket.write(bytes); })
    .on("error", () => {}))
    .listen(4001, "0.0.0.0", () => process.send("listening"));
  process.on("message", () => process.send(heard));`;
/** Says what it is told, tells when it has said it, and what it hears. */
const CLIENT = `
  const socket = require("node:net").connect(4001, process.env.SERVER, () => process.send("connected"));
  socket.on("data", (bytes) => process.send("heard " + bytes)).on("error", () => process.exit(1));
  process.on("message", (text) => socket.write(text, () => process.send("said " + text)));`;

it("says which links it takes, and why", async () => {
  expect(await chooseLinks("proxy")).toEqual({ kind: "proxy", why: "asked for", canDelay: true });
  const chosen = await chooseLinks(null);
  expect(chosen.canDelay).toBe(true);
  expect(chosen.why.length).toBeGreaterThan(10);
});

// Without root, or iproute2: proxies have a test of their own.
describe.skipIf(missing !== null)("network namespaces", () => {
  let links: NetnsLinks;
  let server: ChildProcess;
  let client: ChildProcess;
  const said: string[] = [];

  const start = (id: number, script: string): ChildProcess => {
    const [program = "", ...within] = links.launchOf(id).within ?? [];
    const env = { ...process.env, SERVER: links.launchOf(1).place.httpHost };
    const stdio = ["ignore", "inherit", "inherit", "ipc"] as const;
    return spawn(program, [...within, process.execPath, "--eval", script], { env, stdio: [...stdio] });
  };
  const untilSaid = (text: string) =>
    waitFor({ what: text, timeoutMs: 60_000, pollMs: 5 }, () => (said.includes(text) ? true : null));
  const heardByServer = async (): Promise<string> => {
    const answer = once(server, "message");
    server.send("?");
    return String((await answer)[0]);
  };

  beforeAll(async () => {
    links = await NetnsLinks.open(2, false);
    server = start(1, SERVER);
    await once(server, "message");
    client = start(2, CLIENT);
    client.on("message", (text) => said.push(String(text)));
    await untilSaid("connected");
  });

  afterAll(async () => {
    for (const child of [server, client]) child?.kill("SIGKILL");
    await links?.close();
  });

  it("what one sends is lost while its link is cut, and sent again when it heals", async () => {
    client.send("one ");
    await untilSaid("heard one ");
    await links.apply([{ from: 2, to: 1, condition: { ...CLEAR, isCut: true } }]);
    client.send("two ");
    await untilSaid("said two ");
    expect(await heardByServer()).toBe("one ");
    await links.apply([{ from: 2, to: 1, condition: { ...CLEAR, rate: 50_000 } }]);
    await untilSaid("heard two ");
    await links.apply([{ from: 2, to: 1, condition: CLEAR }]);
    client.send("three");
    await untilSaid("heard three");
    expect(await heardByServer()).toBe("one two three");
  });

  it("a reset ends the connections of a node", async () => {
    const ended = once(client, "exit");
    await links.reset(2);
    const [code] = await ended;
    expect(code).not.toBe(0);
  });
});
