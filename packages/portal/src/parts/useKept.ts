/** What a person has typed, kept in this browser until it is used: a reload loses nothing. Never anything secret. */
import { useState } from "preact/hooks";

/** Characters kept of one text; a longer one is kept for this page only. */
const KEPT_CHARACTERS_MAX = 20_000;

export function useKept(key: string, initial: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => localStorage.getItem(nameOf(key)) ?? initial);
  const change = (next: string) => {
    setText(next);
    keepDraft(key, next, initial);
  };
  return [text, change];
}

/** For whichever `useKept` of this key is shown next. */
export function keepDraft(key: string, text: string, initial = ""): void {
  if (text === initial || text.length > KEPT_CHARACTERS_MAX) localStorage.removeItem(nameOf(key));
  else localStorage.setItem(nameOf(key), text);
}

const nameOf = (key: string): string => `quorate.draft.${key}`;
