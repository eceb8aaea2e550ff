/**
 * One child process of the harness. In: a TypeScript module, its arguments, a log file. Out: a handle that waits for
 * its ready message, stops or kills it, and knows how it ended. Every child holds an IPC channel to us, so that none
 * outlives us, not even after SIGKILL. Not its job: what the child does.
 */
import { type ChildProcess, fork } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { quorateError } from "@quorate/common";

/** The root of the workspace. */
export const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

/** Compiled code of all children is shared here: 24 agents start in two thirds of the time. */
const COMPILE_CACHE = join(REPOSITORY, "node_modules/.cache/quorate-compile");

const END_WITH_PARENT = new URL("./endWithParent.ts", import.meta.url).href;

/** How much of a dead child's log an error shows: enough for a stack, short enough to read. */
const LOG_TAIL_CHARACTERS = 2_000;

export interface ChildOptions {
  /** What errors call it. */
  readonly name: string;
  readonly module: string;
  readonly args: readonly string[];
  /** Standard output and error go here. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Modules that are loaded before it, as URLs. */
  readonly imports?: readonly string[];
  /** A program and its arguments that replaces itself by Node, such as `ip netns exec NAME`; default none. */
  readonly within?: readonly string[];
  /** For commands without a shutdown of their own: they end at once when we do. */
  readonly endsWithParent?: boolean;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves at the end of the process, never rejects. */
  readonly exited: Promise<ChildExit>;
  /** The first IPC message of `{type: "ready"}`; rejects when the process ends or the time is over. */
  ready<T>(timeoutMs: number): Promise<T>;
  /** Tells it something over IPC; nothing happens when it has ended. */
  send(message: object): void;
  /** Hears every IPC message, the ready message among them, until the answer is called. */
  onMessage(listener: (message: unknown) => void): () => void;
  /** Asks it to stop (SIGTERM and a closed channel), and kills it when it has not within `graceMs`. */
  stop(graceMs?: number): Promise<ChildExit>;
  /** SIGKILL: what a power cut would do. */
  kill(): Promise<ChildExit>;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Agents stop within a second, on a busy machine within several; a child that needs longer than this hangs. */
const STOP_GRACE_MS = 20_000;

export function startChild(options: ChildOptions): Child {
  mkdirSync(dirname(options.logFile), { recursive: true });
  mkdirSync(COMPILE_CACHE, { recursive: true });
  // Appended, so that the log of a restarted agent keeps its first life.
  const log = openSync(options.logFile, "a");
  const child = spawnNode(options, log);
  closeSync(log);

  let ended: ChildExit | null = null;
  const exited = exitOf(child);
  void exited.then((exit) => {
    ended = exit;
  });
  let readyMessage: unknown = null;
  child.on("message", (message) => {
    if (isReady(message)) readyMessage ??= message;
  });

  const ready = <T>(timeoutMs: number) =>
    new Promise<T>((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        child.off("message", onMessage);
      };
      const onMessage = (message: unknown): void => {
        if (!isReady(message)) return;
        finish();
        resolve(message as T);
      };
      const timer = setTimeout(() => {
        finish();
        reject(quorateError("CHILD_NOT_READY", { name: options.name, timeoutMs, log: logTail(options.logFile) }));
      }, timeoutMs);
      void exited.then((exit) => {
        finish();
        if (readyMessage === null)
          reject(quorateError("CHILD_ENDED", { name: options.name, ...exit, log: logTail(options.logFile) }));
      });
      child.on("message", onMessage);
      if (readyMessage !== null) onMessage(readyMessage);
    });

  const kill = (): Promise<ChildExit> => {
    if (ended === null) child.kill("SIGKILL");
    return exited;
  };
  const stop = async (graceMs = STOP_GRACE_MS): Promise<ChildExit> => {
    if (ended !== null) return ended;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    const exit = await exited;
    clearTimeout(timer);
    return exit;
  };
  const send = (message: object): void => {
    if (ended === null && child.connected) child.send(message, () => {});
  };
  const onMessage = (listener: (message: unknown) => void): (() => void) => {
    child.on("message", listener);
    return () => void child.off("message", listener);
  };
  const pid = child.pid ?? -1;
  return { name: options.name, pid, logFile: options.logFile, exited, ready, send, onMessage, stop, kill };
}

function spawnNode(options: ChildOptions, log: number): ChildProcess {
  const [within, ...withinArgs] = options.within ?? [];
  const imports = [...(options.imports ?? []), ...(options.endsWithParent === true ? [END_WITH_PARENT] : [])];
  return fork(options.module, [...options.args], {
    ...(within === undefined ? {} : { execPath: within }),
    cwd: REPOSITORY,
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, ...options.env },
    execArgv: [
      ...(within === undefined ? [] : [...withinArgs, process.execPath]),
      "--disable-warning=ExperimentalWarning",
      ...imports.flatMap((url) => ["--import", url]),
    ],
    stdio: ["ignore", log, log, "ipc"],
  });
}

function exitOf(child: ChildProcess): Promise<ChildExit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: null, signal: null }));
  });
}

/** The end of a child's log, for an error message. */
export function logTail(logFile: string): string {
  const text = readFileSync(logFile, "utf8").trim();
  return text.length > LOG_TAIL_CHARACTERS ? `…${text.slice(-LOG_TAIL_CHARACTERS)}` : text;
}

function isReady(message: unknown): boolean {
  return typeof message === "object" && message !== null && "type" in message && message.type === "ready";
}
