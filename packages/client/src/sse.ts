/**
 * Reads a stream of server-sent events (WHATWG HTML, section 9.2). Enters: bytes, cut anywhere. Leaves: whole events,
 * in order. Comments, ids and retry hints are passed over. Not its job: what an event says.
 */
import { quorateError } from "@quorate/common";

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Characters of one event: a claim with a bundle at all its bounds. Whoever sends more is no agent. */
const EVENT_MAX_CHARACTERS = 4 * 1_048_576;

/** @throws AGENT_ANSWER_INVALID when an event is larger than its bound */
export async function* readEvents(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  let event = "message";
  let data: string[] = [];
  let characters = 0;
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        characters = 0;
        if (data.length > 0) yield { event, data: data.join("\n") };
        event = "message";
        data = [];
      } else if (line.startsWith("event:")) event = fieldValue(line);
      else if (line.startsWith("data:")) {
        data.push(fieldValue(line));
        characters += line.length;
      }
    }
    if (characters + rest.length > EVENT_MAX_CHARACTERS) {
      throw quorateError("AGENT_ANSWER_INVALID", {
        reason: "an event is too large",
        maxCharacters: EVENT_MAX_CHARACTERS,
      });
    }
  }
}

function fieldValue(line: string): string {
  const value = line.slice(line.indexOf(":") + 1);
  return value.startsWith(" ") ? value.slice(1) : value;
}
