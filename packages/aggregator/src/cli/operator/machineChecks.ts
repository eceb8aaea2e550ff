/**
 * What `quorate doctor` finds on this machine: versions, files, disk, ports, the agent that runs here, and whether
 * peers can be reached and this node by them. Enters: the agent's configuration. Leaves: checks, and the keys if they
 * open.
 */
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { dirname } from "node:path";
import { createAgentClient } from "@quorate/client";
import { isQuorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import type { StatusAnswer } from "@quorate/common/http";
import { exposedSecrets, keyFiles, loadKeys, type NodeKeys, readPassword } from "../../adapters/keys/keys.ts";
import { parseAddresses } from "../../adapters/libp2p/addresses.ts";
import type { Config } from "../../config.ts";
import { VERSION } from "../../version.ts";
import { NODE_LEAST } from "../nodeLeast.ts";
import { bad, type Check, ok, saidBy, warn } from "./check.ts";

/** Bytes: below the first an agent soon ends with STORE_WRITE_FAILED; below the second it fills within months. */
const DISK_BAD_BYTES = 64 * 1_048_576;
const DISK_WARN_BYTES = 1_024 * 1_048_576;
/** Milliseconds for a peer to answer: three times what a handshake on the other side of the world takes. */
const DIAL_MS = 5_000;
/** Peers of p2p.bootstrap that are tried. */
const DIALS_MAX = 8;
/** What every libp2p listener says first when it is greeted so. */
const GREETING = "\x13/multistream/1.0.0\n";

export async function keyChecks({ keys, submit }: Config): Promise<{ checks: Check[]; keys: NodeKeys | null }> {
  const accountFiles = submit === null ? [] : [submit.accountKeyFile, submit.passwordFile ?? ""];
  const secrets = [keys.passwordFile, ...keyFiles(keys.directory), ...accountFiles].filter((path) => path !== "");
  const checks = exposedSecrets(secrets).map(({ path, mode, remedy }) =>
    warn("keys", `${path} can be read by others (mode ${mode})`, remedy),
  );
  try {
    const scheme = await loadNativeScheme();
    const password = readPassword(keys.passwordFile);
    const opened = await loadKeys({ directory: keys.directory, password, scheme });
    return { checks: [ok("keys", `${keys.directory}: both open`), ...checks], keys: opened };
  } catch (error) {
    const remedy = "Correct keys.directory and keys.passwordFile, or make keys with `quorate keys generate`.";
    return {
      checks: [bad("keys", saidBy(error), isQuorateError(error) ? error.remedy : remedy), ...checks],
      keys: null,
    };
  }
}

export function versionChecks(running: StatusAnswer | null): Check[] {
  const [major] = process.versions.node.split(".").map(Number);
  const node =
    (major as number) >= NODE_LEAST
      ? ok("versions", `quorate ${VERSION}, Node ${process.versions.node}`)
      : bad("versions", `Node ${process.versions.node}`, `Use Node ${NODE_LEAST} or newer.`);
  if (running === null || running.version === VERSION) return [node];
  const found = `the agent that runs is version ${running.version}, and this command ${VERSION}`;
  return [node, warn("versions", found, "Restart the agent to have it run what is installed.")];
}

export async function diskCheck({ store }: Config): Promise<Check> {
  const directory = dirname(store.path);
  if (!existsSync(directory)) return bad("disk", `${directory} is not there`, "Make it, or correct store.path.");
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  const found = `${Math.floor(free / 1_048_576)} MB free for ${store.path}`;
  if (free < DISK_BAD_BYTES)
    return bad("disk", found, "Make room: the agent ends when it cannot record what it signs.");
  return free < DISK_WARN_BYTES
    ? warn("disk", found, "Make room: the store grows by some MB a month.")
    : ok("disk", found);
}

/** The agent of this configuration where it runs; null where nobody answers. */
export async function runningAgent({ http }: Config): Promise<StatusAnswer | null> {
  if (http.port === 0) return null;
  const host = http.host === "0.0.0.0" ? "127.0.0.1" : http.host === "::" ? "[::1]" : http.host;
  try {
    return await createAgentClient({ url: `http://${host}:${http.port}`, timeoutMs: 3_000 }).status();
  } catch {
    return null;
  }
}

export async function portChecks(config: Config, running: StatusAnswer | null): Promise<Check[]> {
  if (running !== null) return runningChecks(running);
  const listened = parseAddresses(config.p2p.listen).flatMap((address) => {
    const [host, port] = address.getComponents();
    return port?.name === "tcp" ? [{ host: host?.value ?? "", port: Number(port.value), field: "p2p.listen" }] : [];
  });
  const http = { host: config.http.host, port: config.http.port, field: "http.port" };
  return Promise.all([...listened, http].map(freeCheck));
}

function runningChecks({ connectedPeers, peerId, nodeId, addresses }: StatusAnswer): Check[] {
  const node = nodeId === null ? "no registered node" : `node ${nodeId}`;
  const found = `it runs as ${node}, ${connectedPeers} peers, ${peerId}`;
  const listens = `it tells others: ${addresses.join(", ") || "nothing"}`;
  if (connectedPeers > 0) return [ok("agent", found), ok("ports", listens)];
  const remedy =
    "Look at p2p.bootstrap and the firewall; try its address from another machine with `quorate doctor --dial`.";
  return [warn("agent", found, remedy), ok("ports", listens)];
}

function freeCheck({ host, port, field }: { host: string; port: number; field: string }): Promise<Check> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      const found = `${field} ${host}:${port} cannot be listened on (${error.code})`;
      resolve(bad("ports", found, `Free it, or choose another ${field}.`));
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.close(() => resolve(ok("ports", `${field} ${host}:${port} is free for the agent`)));
    });
  });
}

/** The peers to meet first, and the own public address as this machine reaches it. */
export async function reachChecks({ p2p }: Config, running: StatusAnswer | null): Promise<Check[]> {
  const bootstrap = p2p.bootstrap.slice(0, DIALS_MAX);
  const own = running === null ? [] : p2p.announce;
  const [peers, self] = await Promise.all([
    Promise.all(bootstrap.map(async (address) => ({ address, fault: await dialFault(address) }))),
    Promise.all(own.map(async (address) => ({ address, fault: await dialFault(address) }))),
  ]);
  const none = warn("peers", "p2p.bootstrap is empty", "Name some peers there, unless others name this one.");
  return [
    ...(bootstrap.length === 0 ? [none] : []),
    ...peers.map(({ address, fault }) =>
      fault === null
        ? ok("peers", `${address} answers`)
        : warn("peers", `${address}: ${fault}`, "It may be down; if all are, look at this machine's way out."),
    ),
    ...self.map(({ address, fault }) =>
      fault === null
        ? ok("ports", `${address} answers, as seen from here`)
        : warn(
            "ports",
            `${address}: ${fault}, as seen from here`,
            `On another machine: quorate doctor --dial ${address}`,
          ),
    ),
  ];
}

/** Whether a libp2p node answers there, for another machine's operator. */
export async function dialCheck(address: string): Promise<Check> {
  const fault = await dialFault(address);
  if (fault === null) return ok("ports", `${address} can be reached from here, and a peer answers`);
  return bad(
    "ports",
    `${address}: ${fault}`,
    "Open the port in its firewall and router, and check p2p.announce there.",
  );
}

/** Null when a libp2p node answers the greeting. */
function dialFault(address: string): Promise<string | null> {
  const [host, port] = parseAddresses([address])[0]?.getComponents() ?? [];
  return new Promise((resolve) => {
    const socket = connect({ host: host?.value ?? "", port: Number(port?.value) });
    const end = (fault: string | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(fault);
    };
    const timer = setTimeout(() => end(`no answer within ${DIAL_MS} ms`), DIAL_MS);
    socket.once("connect", () => socket.write(GREETING));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    socket.once("close", () => end("it closed the connection without a word"));
    socket.once("data", (data) => end(String(data).startsWith(GREETING) ? null : "what answers is no node of libp2p"));
  });
}
