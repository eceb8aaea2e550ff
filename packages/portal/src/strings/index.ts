/** The strings of the language that is shown. Today there is one. */
import { en, type Strings } from "./en.ts";

export const t: Strings = en;
