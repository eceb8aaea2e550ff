/**
 * A page of the documentation, run as its reader would. In: Markdown whose `sh` blocks are commands, in order; notes
 * for the test in comments before them. Out: each block run by a shell in a directory of the reader's; `quorate run` as
 * a process of its own, that goes on until a note, or the next `quorate run`, ends it. Not its job: what the notes mean
 * otherwise.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface PageBlock {
  /** What follows the fence's three ticks, such as `sh`. */
  readonly info: string;
  readonly text: string;
  /** Of the comment right before it: `<!-- test: … -->`. */
  readonly note: string | null;
}

export function blocksOf(page: string): PageBlock[] {
  const fences = /(?:<!-- test: (.*?) -->\n)?^```(.*)\n([\s\S]*?)^```$/gm;
  return [...page.matchAll(fences)].map(([, note, info = "", text = ""]) => ({ info, text, note: note ?? null }));
}

const RUN = /^quorate run (.*)$/m;

export class Reader {
  /** Where the reader is now: a block may change it. */
  directory: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #root: string;
  readonly #command: string;
  #agent: ChildProcess | null = null;
  #blocks = 0;

  /**
   * @param env what commands get beside HOME and a PATH with `quorate` in it
   * @param command the module that is `quorate`
   */
  constructor(root: string, env: NodeJS.ProcessEnv, command: string) {
    this.#command = command;
    this.#root = root;
    this.directory = join(root, "agent");
    for (const name of ["home", "bin", "agent"]) mkdirSync(join(root, name), { recursive: true });
    const quorate = join(root, "bin", "quorate");
    const node = `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${command}' "$@"`;
    writeFileSync(quorate, `#!/bin/sh\n${node}\n`);
    chmodSync(quorate, 0o755);
    this.#env = { ...env, HOME: join(root, "home"), PATH: `${join(root, "bin")}:${env["PATH"]}` };
  }

  /** More of the environment, for all that follows. */
  set(env: Readonly<Record<string, string>>): void {
    Object.assign(this.#env, env);
  }

  /** Rejects with what was printed when a command fails. */
  async run(text: string): Promise<string> {
    const [, args] = RUN.exec(text) ?? [];
    const output = await this.#shell(text.replace(RUN, ""));
    if (args !== undefined) await this.#start(args.split(" "));
    return output;
  }

  async endAgent(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (this.#agent === null || this.#agent.exitCode !== null || this.#agent.signalCode !== null) return;
    const ended = once(this.#agent, "exit");
    this.#agent.kill(signal);
    await ended;
  }

  /** The end of what the agent has logged. */
  get log(): string {
    return readFileSync(this.#logFile, "utf8").slice(-4_000);
  }

  get isRunning(): boolean {
    return this.#agent !== null && this.#agent.exitCode === null && this.#agent.signalCode === null;
  }

  get #logFile(): string {
    return join(this.#root, "agent.log");
  }

  #shell(script: string): Promise<string> {
    const where = join(this.#root, "directory");
    const file = join(this.#root, `block-${++this.#blocks}.sh`);
    writeFileSync(file, `set -e\ncd '${this.directory}'\n${script}\npwd > '${where}'\n`);
    return new Promise((resolve, reject) => {
      const child = execFile("sh", [file], { env: this.#env }, (error, stdout, stderr) => {
        if (error !== null) return reject(new Error(`${script}\n${stdout}${stderr}`));
        this.directory = readFileSync(where, "utf8").trim();
        resolve(stdout);
      });
      child.stdin?.end();
    });
  }

  /** With a channel to us, so that it ends when we do. */
  async #start(args: readonly string[]): Promise<void> {
    await this.endAgent("SIGTERM");
    const log = openSync(this.#logFile, "a");
    this.#agent = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", this.#command, "run", ...args], {
      cwd: this.directory,
      env: this.#env,
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
  }
}
