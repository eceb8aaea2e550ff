/**
 * What a person, or a program, types at a devnet. In: lines. Out: what was done, as text and as values. Not its job:
 * reading and printing; `main.ts`.
 */
import type { NodeId } from "@quorate/common";
import { type Devnet, type DevnetLook, nameOf } from "./devnet.ts";

export type Command =
  | { readonly name: "kill" | "stop" | "restart" | "log"; readonly id: NodeId }
  | { readonly name: "time"; readonly seconds: number }
  | { readonly name: "status" | "next" | "help" | "quit" }
  | { readonly name: "wrong"; readonly problem: string };

export interface Answer {
  readonly ok: boolean;
  /** For a person. */
  readonly text: string;
  readonly look?: DevnetLook;
}

export const PROMPT_HELP = `Commands:
  status       every agent, its node's state and its last epochs
  kill 3       kill agent-3, as a power cut would (SIGKILL)
  stop 3       stop it, as its operator would (SIGTERM)
  restart 3    start it again from its own store, at the same addresses
  log 3        where its log is
  time 15d     move the chain's clock on: 30s, 10m, 2h or 15d, at most 30d
  next         what to try next
  help         this list
  quit         end everything`;

const ON_AGENTS = ["kill", "stop", "restart", "log"] as const;
const ALONE = ["status", "next", "help", "quit"] as const;

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
/**
 * The longest time that the contracts let anybody wait for (P-33). Agents close each of its epochs, 130,000 of them.
 */
const LONGEST_SECONDS = 30 * 86_400;

/** Null for an empty line. Agents are called `3`, `agent-3` or `node-3`. */
export function parseCommand(line: string, nodes: number): Command | null {
  const [name = "", of, ...rest] = line.trim().toLowerCase().split(/\s+/);
  if (name === "") return null;
  const alone = ALONE.find((candidate) => candidate === (name === "exit" ? "quit" : name));
  if (alone !== undefined && of === undefined) return { name: alone };
  if (name === "time" && rest.length === 0) return parseTime(of);
  const onAgent = ON_AGENTS.find((candidate) => candidate === name);
  if (onAgent === undefined || rest.length > 0) return { name: "wrong", problem: `no command: ${line.trim()}` };
  const id = Number(/^(?:agent-|node-)?(\d{1,3})$/.exec(of ?? "")?.[1]);
  if (id >= 1 && id <= nodes) return { name: onAgent, id };
  return { name: "wrong", problem: `${name} which agent? ${nameOf(1)} to ${nameOf(nodes)}, not ${of ?? "none"}` };
}

function parseTime(text = "none"): Command {
  const [, count = "", unit = ""] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNIT_SECONDS[unit] ?? 0);
  if (seconds >= 1 && seconds <= LONGEST_SECONDS) return { name: "time", seconds };
  return { name: "wrong", problem: `time how far? Such as 10m, 2h or 15d, at most 30d, not ${text}` };
}

/** `quit` is the caller's. */
export async function runCommand(devnet: Devnet, command: Command, next: () => string): Promise<Answer> {
  if (command.name === "wrong") return { ok: false, text: `${command.problem}\n${PROMPT_HELP}` };
  if (command.name === "status") {
    const look = await devnet.look();
    return { ok: true, text: renderLook(look), look };
  }
  if (command.name === "time") {
    const now = new Date((await devnet.moveTime(command.seconds)) * 1_000).toISOString();
    return { ok: true, text: `the chain's clock says ${now}, and the agents have seen it` };
  }
  if ("id" in command) return runOnAgent(devnet, command);
  return { ok: true, text: command.name === "next" ? next() : PROMPT_HELP };
}

type OnAgent = Extract<Command, { readonly id: NodeId }>;

async function runOnAgent(devnet: Devnet, { name, id }: OnAgent): Promise<Answer> {
  const agent = nameOf(id);
  if (name === "log") return { ok: true, text: devnet.logOf(id) };
  if (name === "restart") {
    await devnet.restart(id);
    return { ok: true, text: `${agent} is up again at ${devnet.httpOf(id)}` };
  }
  if (!devnet.isUp(id)) return { ok: false, text: `${agent} is not up; restart ${id} starts it` };
  await (name === "kill" ? devnet.kill(id) : devnet.stop(id));
  return { ok: true, text: `${agent} was ${name === "kill" ? "killed" : "stopped"}; restart ${id} starts it again` };
}

const MARKS: Readonly<Record<string, string>> = { P: "●", M: "○", U: "·" };
/** So that a line has fewer than 80 columns. */
const EPOCHS_SHOWN = 12;

export function renderLook({ closedEpoch, acceptedReports, payableEpoch, agents }: DevnetLook): string {
  const closed = closedEpoch === null ? "no epoch closed yet" : `epoch ${closedEpoch} closed`;
  const payable = payableEpoch === null ? "no root payable yet" : `root of epoch ${payableEpoch} payable`;
  const rows = agents.map(({ name, isUp, http, state, uptime, peers }) => {
    const strip = [...uptime.slice(-EPOCHS_SHOWN)].map((mark) => MARKS[mark] ?? mark).join("");
    const where = isUp ? `${peers ?? "?"} peers`.padEnd(10) + http : "not up";
    return `  ${name.padEnd(9)} ${(state ?? "?").padEnd(15)} ${strip.padEnd(EPOCHS_SHOWN)}  ${where}`;
  });
  const legend = "  ● signed the epoch's report  ○ missed it  · not judged";
  return [`${closed}; ${acceptedReports} reports accepted; ${payable}`, ...rows, legend].join("\n");
}
