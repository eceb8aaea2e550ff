/**
 * Links of the kernel: a network namespace for each agent, joined by veth pairs on a bridge. In each namespace outgoing
 * packets are sorted by whom they go to (htb, a class a peer), and a class delays, loses, throttles or drops. Needs
 * root and iproute2. Without netem in the kernel there are cuts and narrow links only.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { NodeId } from "@quorate/common";
import type { AgentLaunch } from "../harness/network.ts";
import type { Condition } from "./condition.ts";
import type { LinkChange, LinkLayer } from "./linkLayer.ts";

const execute = promisify(execFile);
const PORT = 4_001;
const PRELOAD = new URL("./preload.ts", import.meta.url).href;
/** In htb, for "no bound". */
const ANY_RATE = "10gbit";
/** Namespaces of a run that was killed are removed by the next one, by the process id in their names. */
const NAME = /^qc([0-9]+)(-[0-9]+)?$/;

async function run(program: string, ...args: string[]): Promise<string> {
  return (await execute(program, args)).stdout;
}

/** Many commands of `ip` or `tc` in one process, in one namespace. */
async function batch(program: "ip" | "tc", namespace: string | null, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const inside = namespace === null ? [] : ["-netns", namespace];
  const child = execute(program, [...inside, "-batch", "-"]);
  child.child.stdin?.end(`${lines.join("\n")}\n`);
  await child;
}

/** What keeps this machine from namespaces, null when nothing does; and whether its kernel has netem. */
export async function netnsAbilities(): Promise<{ readonly missing: string | null; readonly canDelay: boolean }> {
  const name = `qc${process.pid}`;
  const reason = (error: unknown): string => {
    const { stderr, message } = error as { stderr?: string; message: string };
    return (stderr?.trim() || message).split("\n")[0] as string;
  };
  try {
    await run("ip", "netns", "add", name);
  } catch (error) {
    return { missing: reason(error), canDelay: false };
  }
  try {
    await run("ip", "link", "add", `${name}b`, "type", "bridge");
    await run("ip", "link", "del", `${name}b`);
    await run("ip", "-netns", name, "link", "add", "test0", "type", "veth", "peer", "name", "test1");
    await run("tc", "-netns", name, "qdisc", "add", "dev", "test0", "root", "handle", "1:", "htb");
    await batch("tc", name, filtersOf("test0", 1, 2, "10.0.0"));
  } catch (error) {
    await run("ip", "netns", "del", name);
    return { missing: reason(error), canDelay: false };
  }
  const canDelay = await run(
    "tc",
    "-netns",
    name,
    "qdisc",
    "add",
    "dev",
    "test1",
    "root",
    "netem",
    "delay",
    "1ms",
  ).then(
    () => true,
    () => false,
  );
  await run("ip", "netns", "del", name);
  return { missing: null, canDelay };
}

/** A class for each peer of `id`, and what sorts packets into it. */
function filtersOf(device: string, id: NodeId, nodes: number, net: string): string[] {
  const peers = Array.from({ length: nodes }, (_, i) => i + 1).filter((peer) => peer !== id);
  return peers.flatMap((peer) => [
    `class add dev ${device} parent 1: classid 1:${peer.toString(16)} htb rate ${ANY_RATE}`,
    `filter add dev ${device} parent 1: protocol ip prio 1 u32 match ip dst ${net}.${peer}/32 flowid ` +
      `1:${peer.toString(16)}`,
  ]);
}

export class NetnsLinks implements LinkLayer {
  readonly kind = "netns";
  readonly connections = null;
  readonly canDelay: boolean;
  readonly hub: string;
  readonly #nodes: number;
  readonly #name: string = `qc${process.pid}`;
  readonly #net: string;
  readonly #hasLeaf = new Set<string>();

  private constructor(nodes: number, canDelay: boolean) {
    this.#nodes = nodes;
    this.canDelay = canDelay;
    this.#net = `10.${64 + (Math.floor(process.pid / 256) % 64)}.${process.pid % 256}`;
    this.hub = `${this.#net}.254`;
  }

  static async open(nodes: number, canDelay: boolean): Promise<NetnsLinks> {
    await removeOrphans();
    const links = new NetnsLinks(nodes, canDelay);
    try {
      await links.#make();
      return links;
    } catch (error) {
      await links.close();
      throw error;
    }
  }

  launchOf(id: NodeId): AgentLaunch {
    return {
      imports: [PRELOAD],
      within: ["ip", "netns", "exec", `${this.#name}-${id}`],
      place: { listen: `/ip4/${this.#net}.${id}/tcp/${PORT}`, httpHost: `${this.#net}.${id}` },
    };
  }

  async apply(changes: readonly LinkChange[]): Promise<void> {
    const byNode = Map.groupBy(changes, ({ from }) => from);
    await Promise.all(
      [...byNode].map(([from, those]) => {
        const lines = those.flatMap(({ to, condition }) => this.#linesOf(from, to, condition));
        return batch("tc", `${this.#name}-${from}`, lines);
      }),
    );
  }

  async reset(id: NodeId): Promise<void> {
    // Kills the sockets themselves (SOCK_DESTROY): both ends are told by a reset.
    await run(
      "ip",
      "netns",
      "exec",
      `${this.#name}-${id}`,
      "ss",
      "-K",
      "state",
      "established",
      `( sport = ${PORT} or dport = ${PORT} )`,
    );
  }

  async close(): Promise<void> {
    const names = Array.from({ length: this.#nodes }, (_, i) => `${this.#name}-${i + 1}`);
    await batch(
      "ip",
      null,
      names.map((name) => `netns del ${name}`),
    ).catch(() => {});
    await run("ip", "link", "del", this.#name).catch(() => {});
  }

  async #make(): Promise<void> {
    const ids = Array.from({ length: this.#nodes }, (_, i) => i + 1);
    await batch("ip", null, [
      `link add ${this.#name} type bridge`,
      `addr add ${this.hub}/24 dev ${this.#name}`,
      `link set ${this.#name} up`,
      ...ids.flatMap((id) => [
        `netns add ${this.#name}-${id}`,
        `link add ${this.#name}v${id} type veth peer name eth0 netns ${this.#name}-${id}`,
        `link set ${this.#name}v${id} master ${this.#name} up`,
      ]),
    ]);
    for (const id of ids) {
      const name = `${this.#name}-${id}`;
      await batch("ip", name, ["link set lo up", `addr add ${this.#net}.${id}/24 dev eth0`, "link set eth0 up"]);
      await batch("tc", name, [
        "qdisc add dev eth0 root handle 1: htb",
        ...filtersOf("eth0", id, this.#nodes, this.#net),
      ]);
    }
  }

  #linesOf(from: NodeId, to: NodeId, condition: Condition): string[] {
    const { isCut, delayMs, jitterMs, loss, rate } = condition;
    const classid = `1:${to.toString(16)}`;
    const leaf = `parent ${classid} handle ${(0x100 + to).toString(16)}:`;
    const bytes = rate === null ? ANY_RATE : `${rate}bps`;
    const lines = [`class change dev eth0 parent 1: classid ${classid} htb rate ${bytes} ceil ${bytes}`];
    const link = `${from} ${to}`;
    const wanted = isCut
      ? "pfifo limit 0"
      : delayMs > 0 || loss > 0
        ? `netem delay ${delayMs}ms ${jitterMs}ms loss ${loss * 100}%`
        : null;
    if (this.#hasLeaf.delete(link)) lines.push(`qdisc del dev eth0 ${leaf}`);
    if (wanted === null) return lines;
    this.#hasLeaf.add(link);
    return [...lines, `qdisc add dev eth0 ${leaf} ${wanted}`];
  }
}

/** What a run that was killed has left. */
async function removeOrphans(): Promise<void> {
  const isOrphan = (name: string): boolean => {
    const pid = Number(NAME.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid)) return false;
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  };
  const names = (text: string): string[] => text.split("\n").map((line) => line.split(/[ :]+/)[0] ?? "");
  for (const name of names(await run("ip", "netns", "list")).filter(isOrphan)) await run("ip", "netns", "del", name);
  const bridges = (await run("ip", "-o", "link", "show", "type", "bridge")).split("\n");
  for (const name of bridges.map((line) => line.split(/[ :]+/)[1] ?? "").filter(isOrphan)) {
    await run("ip", "link", "del", name);
  }
}
