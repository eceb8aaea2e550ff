/** What a person has typed, kept in this browser until it is used: a reload loses nothing. Never anything secret. */
import { useState } from "preact/hooks";

/** Characters kept of one text; a longer one is kept for this page only. */
const KEPT_CHARACTERS_MAX = 20_000;

export function useKept(key: string, initial: string): [string, (text: string) => void] {
  const name = `quorate.draft.${key}`;
  const [text, setText] = useState(() => localStorage.getItem(name) ?? initial);
  const change = (next: string) => {
    setText(next);
    if (next === initial || next.length > KEPT_CHARACTERS_MAX) localStorage.removeItem(name);
    else localStorage.setItem(name, next);
  };
  return [text, change];
}
