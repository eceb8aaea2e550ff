/**
 * The follower's bounded transport (P-64) as the line of a command's provider (P-106). Enters: a URL. Leaves: a line.
 */
import { isQuorateError } from "@quorate/common";
import { LineFailure, type OpenLine } from "@quorate/common/chain";
import { ANSWER_MAX_BYTES, RATE_RETRIES } from "./limits.ts";
import { Transport, TransportRefusal } from "./transport.ts";

export const transportLine: OpenLine = (url, timeoutMs) => {
  const transport = new Transport(url, { timeoutMs, rateRetries: RATE_RETRIES });
  return {
    async ask(method, params) {
      try {
        const [answer] = await transport.send([{ id: 1, method, params }], { maxBytes: ANSWER_MAX_BYTES });
        if (answer === undefined) throw new LineFailure("no answer to the question");
        if ("result" in answer) return answer;
        const { code, message, data } = answer.error;
        return { error: { code, message: transport.words(message), data } };
      } catch (error) {
        if (!isQuorateError(error)) throw error;
        const status = error.cause instanceof TransportRefusal ? error.cause.status : null;
        throw new LineFailure(String(error.values["reason"]), status);
      }
    },
    close: () => transport.close(),
  };
};
