/**
 * Questions to the person at the terminal. They stand on standard error, so that standard output stays for the result.
 * Where standard input is no terminal nobody is asked.
 */
import process from "node:process";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/** Where answers come from and questions go. */
export interface Person {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

export const PERSON: Person = { input: process.stdin, output: process.stderr };

export function isThere({ input }: Person = PERSON): boolean {
  return input.isTTY === true;
}

/** One line, without blanks around it; the fallback where it is empty or the input ends. */
export async function ask(question: string, fallback = "", person: Person = PERSON): Promise<string> {
  const shown = fallback === "" ? `${question} ` : `${question} [${fallback}] `;
  const answer = await readLine(person, shown, person.output);
  return answer === "" ? fallback : answer;
}

/** Only y and yes are yes. */
export async function confirm(question: string, person: Person = PERSON): Promise<boolean> {
  return /^y(es)?$/i.test(await readLine(person, `${question} [y/N] `, person.output));
}

/** What is typed is not shown. */
export async function askSecret(question: string, person: Person = PERSON): Promise<string> {
  person.output.write(`${question} `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const answer = await readLine(person, "", nowhere, false);
  person.output.write("\n");
  return answer;
}

async function readLine(
  person: Person,
  question: string,
  output: NodeJS.WritableStream,
  isTrimmed = true,
): Promise<string> {
  const lines = createInterface({ input: person.input, output, terminal: person.input.isTTY === true });
  try {
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    // Ctrl-C ends the command as it does elsewhere, and not only the question.
    lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
    const answer = await Promise.race([lines.question(question), ended]);
    return isTrimmed ? answer.trim() : answer;
  } finally {
    lines.close();
  }
}
