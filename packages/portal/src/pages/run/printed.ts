/**
 * What `quorate keys prove` printed, as a person pastes it. Enters: text. Leaves: the checked content, or a coded
 * error. Not its job: whether the proof holds (check.ts).
 */
import { type PossessionFile, parsePossessionFile } from "@quorate/client";
import { quorateError } from "@quorate/common";

/** Characters of a paste; what the command prints has about 2,500. More is refused unread. */
const PASTE_CHARACTERS_MAX = 20_000;

/** How the error calls the text. */
const PASTED = "the pasted text";

/** What a terminal shows around the JSON is passed over. @throws POSSESSION_FILE_INVALID */
export function parsePrinted(text: string): PossessionFile {
  if (text.length > PASTE_CHARACTERS_MAX) throw invalid(`more than ${PASTE_CHARACTERS_MAX} characters`);
  const [from, to] = [text.indexOf("{"), text.lastIndexOf("}")];
  if (from !== -1 && to > from) return parsePossessionFile(text.slice(from, to + 1), PASTED);
  if (/identity key|BLS key/.test(text)) throw invalid("public keys without a proof: `quorate keys prove` prints it");
  throw invalid(text.trim() === "" ? "empty" : "no JSON in it");
}

function invalid(problem: string): Error {
  return quorateError("POSSESSION_FILE_INVALID", { path: PASTED, problems: [problem] });
}
