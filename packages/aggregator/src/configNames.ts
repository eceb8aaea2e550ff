/**
 * Names that look like configuration and are not: fields, sections and environment variables that nobody reads.
 * Enters: what was given, and the names there are. Leaves: faults that name each, with the name that was meant. Not its
 * job: values (config.ts).
 */

/** Edits up to which a name is taken for a misspelling of another. */
const EDITS_MAX = 3;

/** A section that is there but holds nothing, or a value where a section should be; null where it is neither. */
export function sectionFault(name: string, value: unknown, fields: readonly string[]): string | null {
  const own = fields.filter((field) => field.startsWith(`${name}.`)).map((field) => field.slice(name.length + 1));
  if (own.length === 0) return null;
  const some = own.slice(0, 3).join(", ");
  return value === null ? `is empty: give fields of it (${some}), or leave it out` : `is a section: give ${some}`;
}

/** ` (did you mean chain.pollMs?)`, or nothing. */
export function meant(name: string, names: readonly string[]): string {
  const [nearest] = names
    .map((known) => ({ known, edits: editsBetween(plain(name), plain(known)) }))
    .sort((a, b) => a.edits - b.edits);
  return nearest !== undefined && nearest.edits <= EDITS_MAX ? ` (did you mean ${nearest.known}?)` : "";
}

/** The environment's variables that begin as the agent's do and are none, each with the one that was meant. */
export function unknownVariables(
  env: Readonly<Record<string, string | undefined>>,
  prefix: string,
  known: readonly string[],
): string[] {
  return Object.entries(env)
    .filter(([name, value]) => value !== undefined && name.toUpperCase().startsWith(prefix))
    .filter(([name, value]) => !known.includes(name) && !isServiceLink(name, value ?? ""))
    .map(([name]) => `${name} (environment): no such variable${meant(name, known)}`);
}

/** Kubernetes tells every container of the services beside it: a service named `quorate` is not a misspelling. */
function isServiceLink(name: string, value: string): boolean {
  return /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/.test(name) || /_PORT(_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)?$/.test(name)
    ? /_SERVICE_|_PORT_\d+_/.test(name) || /^(tcp|udp|sctp):\/\//.test(value)
    : false;
}

/** Case and the marks between words are no difference worth an edit. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[._-]/g, "");
}

/** Levenshtein's distance. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
