// Proofs of pure Solidity by solc's SMTChecker with z3. In: specification contracts (test/proofs), in which `require`
// says what is assumed and `assert` what is to be proved. Out: a verdict for each property. The CHC engine decides: it
// knows no bound on inputs, loops or the number of calls. It gives no values for what it refutes; those come from the
// BMC engine.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { packageDir } from "./artifacts.ts";
import { readSource } from "./compile.ts";

/** One function of a specification contract: its name starts with the rule's number, as in `P24_…`. */
export interface Property {
  /** The specification, "test/proofs/QuorumMath.sol": it is named like the library it is about. */
  readonly source: string;
  readonly library: string;
  readonly contract: string;
  readonly name: string;
  /** The source in which the other properties are blank, so that this one is proved and timed alone. */
  readonly text: string;
  /** Where the function's parameters and body are in `text`. */
  readonly parameters: readonly string[];
  readonly start: number;
  readonly end: number;
  /** Whether the contract has storage: then its other functions are steps, called any number of times in any order. */
  readonly hasHistory: boolean;
}

/** A library with one expression exchanged, which must not pass. */
export interface Fault {
  readonly library: string;
  readonly from: string;
  readonly to: string;
}

/** A fault of faults.json, with the property that must notice it. */
export interface Planted extends Fault {
  readonly refutes: string;
}

export interface Verdict {
  readonly outcome: "proved" | "refuted" | "undecided";
  /** For a refuted property values that break it, where there are any; for an undecided one what was not decided. */
  readonly detail: string;
  readonly seconds: number;
}

interface Message {
  readonly severity: string;
  readonly message: string;
  readonly formattedMessage: string;
  readonly sourceLocation?: { readonly file: string; readonly start: number; readonly end: number };
}

interface Node {
  readonly nodeType: string;
  readonly name: string;
  readonly src: string;
  readonly nodes?: readonly Node[];
  readonly body?: Node;
  readonly parameters?: { readonly parameters: readonly Node[] };
}

const require = createRequire(join(packageDir, "package.json"));
const proofsDir = join(packageDir, "test", "proofs");
/** What z3 may spend on one query, in its own units, so that a verdict does not depend on the machine. */
const QUERY_RLIMIT = 20_000_000;
/** Above what that takes on a slow machine: for a z3 that hangs. */
const QUERY_TIMEOUT_SECONDS = 120;
const QUERY_MEMORY_MB = 2_048;
/** At the end of each property: unless this can be reached, its assumptions exclude everything. */
const REACHED = "assert(false);";

/** The version of the z3 on the PATH, or null where there is none. */
export function z3Version(): string | null {
  const { status, stdout } = spawnSync("z3", ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

/** All properties of test/proofs, by file and in order. */
export function allProperties(): Property[] {
  const files = readdirSync(proofsDir).filter((file) => file.endsWith(".sol"));
  return files.sort().flatMap((file) => propertiesOf(file));
}

function propertiesOf(file: string): Property[] {
  const source = `test/proofs/${file}`;
  const text = readFileSync(join(proofsDir, file), "utf8");
  const contracts = (parse(source, text).nodes ?? []).filter(({ nodeType }) => nodeType === "ContractDefinition");
  const properties = contracts.flatMap((contract) =>
    (contract.nodes ?? []).filter(isProperty).map((node) => ({ contract, node })),
  );
  return properties.map(({ contract, node }) => {
    const others = properties.filter((other) => other.node !== node).map((other) => placeOf(other.node));
    const { start, end } = placeOf(node);
    return {
      source,
      library: basename(file, ".sol"),
      contract: contract.name,
      name: node.name,
      text: others.reduce((left, place) => blank(left, place), text),
      parameters: (node.parameters?.parameters ?? []).map(({ name }) => name),
      start,
      end,
      hasHistory: (contract.nodes ?? []).some(({ nodeType }) => nodeType === "VariableDeclaration"),
    };
  });
}

/**
 * Proves a property of the libraries as they are, or of one with a fault.
 * @throws Error when the specification does not compile, asserts nothing, or assumes what cannot be
 */
export function prove(property: Property, fault?: Fault): Verdict {
  const started = performance.now();
  // The last brace of the function closes its body.
  const text = `${property.text.slice(0, property.end - 1)}${REACHED}${property.text.slice(property.end - 1)}`;
  const verdict = judge(property, check(property, text, "chc", fault));
  const values = verdict.outcome === "refuted" ? counterexample(property, fault) : "";
  return { ...verdict, detail: values || verdict.detail, seconds: (performance.now() - started) / 1000 };
}

function judge(property: Property, messages: readonly Message[]): Omit<Verdict, "seconds"> {
  const atEnd = ({ sourceLocation }: Message): boolean =>
    sourceLocation?.file === property.source && sourceLocation.start === property.end - 1;
  const found = (pattern: RegExp): string[] => {
    const matching = messages.filter((message) => !atEnd(message) && pattern.test(message.message));
    return [...new Set(matching.map(({ message }) => message.split("\n")[0] ?? ""))];
  };
  const [refuted, undecided] = [found(/ happens here/), found(/ might happen here|Error during interaction/)];
  if (refuted.length > 0) return { outcome: "refuted", detail: refuted.join(" ") };
  if (undecided.length > 0) return { outcome: "undecided", detail: undecided.join(" ") };
  const end = messages.filter(atEnd).map(({ message }) => message);
  if (end.some((message) => / might happen here/.test(message))) {
    return { outcome: "undecided", detail: "whether anything fulfils its assumptions" };
  }
  if (!end.some((message) => / happens here/.test(message))) {
    throw new Error(`${nameOf(property)} assumes what cannot be: its end is never reached`);
  }
  if (found(/Assertion violation check is safe/).length === 0) throw new Error(`${nameOf(property)} asserts nothing`);
  return { outcome: "proved", detail: "" };
}

/** `contract.name`, by which undecided.json names a property. */
export function nameOf({ contract, name }: Property): string {
  return `${contract}.${name}`;
}

/** Values of the parameters that break a property. Without storage only: BMC would begin from any storage at all. */
function counterexample(property: Property, fault: Fault | undefined): string {
  if (property.hasHistory) return "";
  // BMC lists the variables of all functions together by name: the parameters need names that no library has.
  const own = property.text.slice(property.start, property.end);
  const renamed = property.parameters.reduce(
    (left, name) => left.replaceAll(new RegExp(`(?<![.\\w])${name}\\b(?!\\()`, "g"), `${name}__`),
    own,
  );
  const text = property.text.slice(0, property.start) + renamed + property.text.slice(property.end);
  const broken = check(property, text, "bmc", fault).find(({ message }) => / happens here/.test(message));
  const values = [...(broken?.formattedMessage ?? "").matchAll(/^ {2}(\w+)__ = (.*)$/gm)];
  return values.map(([, name, value]) => `${name} = ${value}`).join(", ");
}

/** Runs the SMTChecker over one contract. */
function check(property: Property, text: string, engine: "chc" | "bmc", fault: Fault | undefined): Message[] {
  const modelChecker = {
    engine,
    contracts: { [property.source]: [property.contract] },
    targets: ["assert", "overflow", "underflow", "divByZero"],
    solvers: ["smtlib2"],
    showProvedSafe: true,
    showUnproved: true,
  };
  const settings = { evmVersion: "prague", modelChecker, outputSelection: { "*": { "*": [] } } };
  const messages = compile({ sources: { [property.source]: { content: text } }, settings }, fault).errors ?? [];
  return messages.filter(({ message }) => message.startsWith(`${engine.toUpperCase()}: `));
}

function parse(source: string, text: string): Node {
  const settings = { stopAfter: "parsing", outputSelection: { "*": { "": ["ast"] } } };
  return compile({ sources: { [source]: { content: text } }, settings }).sources[source]?.ast as Node;
}

interface Output {
  readonly errors?: readonly Message[];
  readonly sources: Readonly<Record<string, { readonly ast: Node }>>;
}

function compile(input: { sources: object; settings: object }, fault?: Fault): Output {
  const solc = require("solc") as { compile(input: string, callbacks: object): string };
  const callbacks = {
    import: (path: string) => read(path, fault),
    smtSolver: (query: string) => ({ contents: solve(query) }),
  };
  const output = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", ...input }), callbacks)) as Output;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return output;
}

/**
 * What the compiler imports: a stand-in for what it could not read, or the source, with the fault if it is the
 * library's.
 */
function read(path: string, fault: Fault | undefined): { contents: string } | { error: string } {
  const abstract = join(proofsDir, "abstract", basename(path));
  if (path.startsWith("solady/") && existsSync(abstract)) return { contents: readFileSync(abstract, "utf8") };
  const source = readSource(path);
  if (fault === undefined || "error" in source || path !== `contracts/libraries/${fault.library}.sol`) return source;
  if (source.contents.split(fault.from).length !== 2) return { error: `not once in ${path}: ${fault.from}` };
  return { contents: source.contents.replace(fault.from, () => fault.to) };
}

/** One query. Whatever is no answer counts as not knowing. */
function solve(query: string): string {
  const directory = mkdtempSync(join(tmpdir(), "quorate-smt-"));
  try {
    const file = join(directory, "query.smt2");
    writeFileSync(file, query);
    const limits = [`-T:${QUERY_TIMEOUT_SECONDS}`, `-memory:${QUERY_MEMORY_MB}`, `rlimit=${QUERY_RLIMIT}`];
    const { stdout } = spawnSync("z3", ["-smt2", ...limits, file], { encoding: "utf8", maxBuffer: 2 ** 28 });
    return /^(sat|unsat)\b/.test(stdout) ? stdout : "unknown\n";
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function isProperty({ nodeType, name }: Node): boolean {
  return nodeType === "FunctionDefinition" && /^P\d+_/.test(name);
}

/** The compiler counts bytes; the specifications are ASCII, as everything else here, so these are characters too. */
function placeOf({ src }: Node): { start: number; end: number } {
  const [start = 0, length = 0] = src.split(":").map(Number);
  return { start, end: start + length };
}

function blank(text: string, { start, end }: { start: number; end: number }): string {
  return text.slice(0, start) + text.slice(start, end).replaceAll(/[^\n]/g, " ") + text.slice(end);
}
