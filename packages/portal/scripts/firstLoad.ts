/**
 * What a browser loads before anything is clicked: the entry, the page that it opens with, and all that these import.
 * Enters: what the bundler wrote. Leaves: its files and their size. What a page asks for later, when a person does
 * something, is not part of it.
 */

/** Of a written file: a script with its imports, or anything else. */
export interface BuiltFile {
  readonly fileName: string;
  /** Of a script made of one source: that source. */
  readonly facadeModuleId?: string | null;
  readonly imports?: readonly string[];
  readonly viteMetadata?: { readonly importedCss: ReadonlySet<string> } | undefined;
}

/** Bytes, compressed by brotli: over it the build fails. A slow phone line (1.6 Mbit/s) carries it in a second. */
export const FIRST_LOAD_MAX_BYTES = 200_000;

/** Sources of what is loaded first: the frame, the client, and the page of the address without a hash. */
export const FIRST_SOURCES = [
  "/index.html",
  "/src/network/openClient.ts",
  "/src/pages/rewards/rewardsPage.tsx",
] as const;

/** The scripts and styles that `sources` lead to, sorted. @throws when a source was not built */
export function firstLoad(built: readonly BuiltFile[], sources: readonly string[] = FIRST_SOURCES): string[] {
  const byName = new Map(built.map((file) => [file.fileName, file]));
  const found = new Set<string>();
  const next = sources.map((source) => {
    const file = built.find(({ facadeModuleId }) => facadeModuleId?.endsWith(source));
    if (file === undefined) throw new Error(`${source} is no script of its own in what was built`);
    return file.fileName;
  });
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const file = byName.get(name);
    next.push(...(file?.imports ?? []), ...(file?.viteMetadata?.importedCss ?? []));
  }
  return [...found].sort();
}
