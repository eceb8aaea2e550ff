/**
 * A provider's own words, fit to be shown. Enters: text of a stranger. Leaves: one bounded line without control
 * characters, and without what the provider's URL keeps secret: some repeat the key that they refuse.
 */
import { WORDS_MAX_CHARS } from "./limits.ts";

/** Characters from which a part of a URL may be a key. */
const SECRET_MIN_CHARS = 8;

export class Words {
  readonly #secrets: readonly string[];

  constructor(url: string) {
    const { username, password, pathname, searchParams, search } = new URL(url);
    const parts = [username, password, pathname, search, ...pathname.split("/"), ...searchParams.values()];
    const spellings = parts.flatMap((part) => [part, decoded(part)]);
    // The longest first: a part of one must not leave the rest of it behind.
    this.#secrets = [...new Set(spellings)]
      .filter(
        (part) => part.length >= SECRET_MIN_CHARS || (part !== "" && [password, decoded(password)].includes(part)),
      )
      .sort((a, b) => b.length - a.length);
  }

  of(text: string): string {
    // Markup says nothing to whoever reads a log; what stands between it may.
    let line = text
      .slice(0, WORDS_MAX_CHARS * 20)
      .replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/gi, " ")
      .replace(/[\p{C}\s]+/gu, " ")
      .trim();
    for (const secret of this.#secrets) line = line.replaceAll(secret, "…");
    if (line === "") return "without a word";
    return line.length <= WORDS_MAX_CHARS ? line : `${line.slice(0, WORDS_MAX_CHARS)}…`;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
