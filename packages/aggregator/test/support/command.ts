/**
 * Commands of `quorate` in the test's own process: the program as it is, with what it prints caught. Faster by a start
 * of Node each; a test of exit statuses, signals or pipes runs a process of its own.
 */
import { createProgram } from "../../src/cli/program.ts";

export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  /** The first line of standard output as JSON. */
  json(): Record<string, unknown>;
}

/** Runs one command to its end. Commands of one process run one after the other. @throws what the command throws */
export async function command(...args: readonly string[]): Promise<Said> {
  const said = { stdout: "", stderr: "" };
  const restore = (["stdout", "stderr"] as const).map((name) => {
    const stream = process[name];
    const { write } = stream;
    stream.write = ((text: string | Uint8Array) => {
      said[name] += String(text);
      return true;
    }) as typeof stream.write;
    return () => {
      stream.write = write;
    };
  });
  try {
    await createProgram().parseAsync([...args], { from: "user" });
  } finally {
    for (const put of restore) put();
  }
  return { ...said, json: () => JSON.parse(said.stdout.split("\n")[0] as string) };
}
