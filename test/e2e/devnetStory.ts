/**
 * A devnet as its users start it: what it prints is done, an agent is killed and restarted by name, and an operator
 * goes through docs/operating.md on it, from the first command to the last. In: nothing. Out: what was seen. It waits
 * for epochs more than it works, so tests run it beside something else.
 */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type AgentClient, createAgentClient } from "@quorate/client";
import { freePort } from "../../packages/aggregator/test/support/ports.ts";
import { REPOSITORY } from "../harness/child.ts";
import { quorateCommand } from "../harness/cli.ts";
import { processesMarked } from "../harness/processTable.ts";
import { removeDirectory } from "../harness/tempDirectory.ts";
import { waitFor } from "../harness/waitFor.ts";
import { blocksOf, Reader } from "./pageCommands.ts";

const MARK = "DEVNET_MARK";
const PAGE = join(REPOSITORY, "docs/operating.md");
/** With others on the same cores everything takes ten times as long. */
const STEP_MS = 300_000;

interface Ready {
  readonly agents: readonly string[];
  readonly accounts: readonly { readonly name: string; readonly keyFile: string }[];
  readonly next: readonly { readonly key: string; readonly command: string }[];
}

interface AgentSeen {
  readonly name: string;
  readonly isUp: boolean;
}

export interface DevnetStory {
  /** What each printed command wrote, by its key. */
  readonly printed: Readonly<Record<string, string>>;
  /** agent-3 after `kill 3`, and after `restart 3`. */
  readonly killed: AgentSeen | undefined;
  readonly restarted: AgentSeen | undefined;
  /** The URLs of `GET /v1/agents`, asked of agent-1. */
  readonly listed: readonly string[];
  readonly agents: readonly string[];
  /** Commands of the page that were run. */
  readonly pageBlocks: number;
  readonly stateAtEnd: string | undefined;
  /** Processes that outlived the npx that started it, which was killed with SIGKILL. */
  readonly left: readonly string[];
  /** Files that did: of the devnet's own directory, and of the networks known by name. */
  readonly leftFiles: readonly string[];
}

export async function devnetStory(): Promise<DevnetStory> {
  const directory = mkdtempSync(join(tmpdir(), "quorate-devnet-test-"));
  const devnet = new DevnetProcess(directory);
  const reader = new Reader(directory, devnet.env, await quorateCommand());
  try {
    const ready = await devnet.answer<Ready>();
    const printed: Record<string, string> = {};
    for (const { key, command } of ready.next.filter(({ key }) => key !== "run")) {
      printed[key] = await shell(command, devnet.env);
    }
    const own = ready.next.find(({ key }) => key === "run")?.command ?? "";
    // A group of its own, so that it can be ended as by Ctrl-C.
    const ownAgent = spawn("sh", ["-c", own], { cwd: REPOSITORY, env: devnet.env, stdio: "ignore", detached: true });
    await devnet.tell("kill 3");
    const killed = await devnet.agent("agent-3");
    await devnet.tell("restart 3");
    const restarted = await devnet.agent("agent-3");
    const listed = await listedBy(ready);
    const page = await readPage(reader, devnet, ready);
    process.kill(-(ownAgent.pid ?? 0), "SIGINT");
    await reader.endAgent("SIGTERM");
    const left = await devnet.killLauncher();
    const leftFiles = ["devnet", "networks"].flatMap((name) => filesIn(join(directory, name)));
    return { printed, killed, restarted, listed, agents: ready.agents, ...page, left, leftFiles };
  } finally {
    await reader.endAgent("SIGKILL");
    devnet.kill();
    removeDirectory(directory);
  }
}

/** `npx -y pnpm@12 devnet --json`, and what is typed at it. */
class DevnetProcess {
  readonly env: NodeJS.ProcessEnv;
  readonly #mark = randomUUID();
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #stderr = "";

  constructor(directory: string) {
    const networks = join(directory, "networks");
    this.env = { ...process.env, [MARK]: this.#mark, QUORATE_NETWORKS: networks, npm_config_prefer_offline: "true" };
    const flags = ["--nodes", "4", "--json", "--directory", join(directory, "devnet")];
    this.#process = spawn("npx", ["-y", "pnpm@12", "-s", "devnet", ...flags], { cwd: REPOSITORY, env: this.env });
    this.#process.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    const { stdout } = this.#process;
    if (stdout === null) throw new Error("the devnet has no output");
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  write(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  async answer<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`the devnet has ended:\n${this.#stderr}`);
    return JSON.parse(value) as T;
  }

  async tell<T extends object>(line: string): Promise<T> {
    this.write(line);
    const answer = await this.answer<T & { ok: boolean; text: string }>();
    if (!answer.ok) throw new Error(`${line}: ${answer.text}`);
    return answer;
  }

  async agent(name: string): Promise<AgentSeen | undefined> {
    const { look } = await this.tell<{ look: { agents: AgentSeen[] } }>("status");
    return look.agents.find((agent) => agent.name === name);
  }

  /** SIGKILL reaches npx alone. Out: what has not ended in good time. */
  async killLauncher(): Promise<string[]> {
    this.#process.kill("SIGKILL");
    const marked = () => processesMarked(MARK, this.#mark).map(({ commandLine }) => commandLine);
    return waitFor({ what: "the devnet's processes to end", timeoutMs: 60_000 }, () =>
      marked().length === 0 ? [] : null,
    ).catch(marked);
  }

  kill(): void {
    for (const { pid } of processesMarked(MARK, this.#mark)) process.kill(pid, "SIGKILL");
  }
}

function filesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function shell(command: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("sh", ["-c", command], { cwd: REPOSITORY, env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command}\n${stdout}${stderr}`));
    });
  });
}

/** Waits for every agent of the network's file to be listed: their signed records travel (P-138). */
async function listedBy({ agents }: Ready): Promise<string[]> {
  const client = createAgentClient({ url: agents[0] ?? "" });
  const what = { what: "every agent to be listed", timeoutMs: STEP_MS };
  return waitFor(what, async (report) => {
    const urls = (await client.agents().catch(() => [])).map(({ url }) => url);
    report(urls.join(", "));
    return agents.every((url) => urls.includes(url)) ? urls : null;
  });
}

/** Every command of the page, in its order. */
async function readPage(
  reader: Reader,
  devnet: DevnetProcess,
  ready: Ready,
): Promise<Pick<DevnetStory, "pageBlocks" | "stateAtEnd">> {
  const operatorKey = ready.accounts.find(({ name }) => name === "operator")?.keyFile ?? "";
  const [http, health, p2p] = [await freePort(), await freePort(), await freePort()];
  const client = createAgentClient({ url: `http://127.0.0.1:${http}` });
  reader.set({ QUORATE_HTTP_HEALTH_PORT: String(health), ...OF_A_LOCAL_CHAIN });
  copyFileSync(operatorKey, join(reader.directory, "operator.key"));
  const here = (text: string): string =>
    text
      .replaceAll("127.0.0.1:8900", `127.0.0.1:${http}`)
      .replaceAll("127.0.0.1:9900", `127.0.0.1:${health}`)
      .replace("init --network mainnet", `init --network local --devnet --http-port ${http} --p2p-port ${p2p}`);
  const blocks = blocksOf(readFileSync(PAGE, "utf8")).filter(({ info }) => info === "sh");
  for (const { text, note } of blocks) {
    if (note === "agent stopped") await reader.endAgent("SIGTERM");
    if (note === "agent killed") await reader.endAgent("SIGKILL");
    if (note === "until active") await untilState(client, reader, "active");
    if (note === "the operator's key is here") copyFileSync(operatorKey, join(reader.directory, "operator.key"));
    if (note === "15 days later") await devnet.tell("time 15d");
    const run = reader.run(here(text));
    // Of a chain whose time is not ours it has something to say.
    if (note === "doctor") await run.catch((error: Error) => expectFaults(error));
    else await run;
    if (text.includes("quorate run ")) await untilState(client, reader, null);
  }
  const state = await waitFor({ what: "the agent to see its node's exit", timeoutMs: STEP_MS }, async (report) => {
    const { ownNode } = await client.status();
    report(ownNode?.state ?? "not registered");
    return ownNode?.state === "exited" ? ownNode.state : null;
  });
  return { pageBlocks: blocks.length, stateAtEnd: state };
}

/** What a person would write into the file for a chain on the same machine. */
const OF_A_LOCAL_CHAIN = { QUORATE_P2P_ALLOW_PRIVATE_ADDRESSES: "true", QUORATE_CHAIN_POLL_MS: "1000" };

function expectFaults(error: Error): void {
  if (!error.message.includes("DOCTOR_FOUND_FAULTS")) throw error;
}

/** Null: whichever, as soon as the agent answers. */
async function untilState(client: AgentClient, reader: Reader, state: string | null): Promise<void> {
  await waitFor({ what: `the page's agent to be ${state ?? "up"}`, timeoutMs: STEP_MS }, async (report) => {
    if (!reader.isRunning) throw new Error(`the page's agent has ended:\n${reader.log}`);
    const status = await client.status().catch(() => null);
    report(`${status?.nodeState} ${status?.uptime}`);
    return status !== null && (state === null || status.nodeState === state) ? true : null;
  });
}
