/**
 * How a failure looks over HTTP: a status, and `{error: {code, message, values, remedy}}`. Enters: a coded error, a
 * refusal of the core, or whatever else was thrown. Leaves: that pair. A code's status stands in one table; a code
 * not in it is the agent's own failure, 500.
 */
import {
  ERROR_CODES,
  type ErrorCode,
  isQuorateError,
  type QuorateError,
  quorateError,
  type Refusal,
} from "@quorate/common";
import type { ErrorBody } from "@quorate/common/http";
import { BODY_MAX_BYTES, COME_BACK_AFTER_MS } from "./limits.ts";

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  REQUEST_MALFORMED: 400,
  ADDRESS_MALFORMED: 400,
  ADDRESS_BAD_CHECKSUM: 400,
  BODY_NOT_JSON: 400,
  HOST_NOT_ALLOWED: 403,
  ORIGIN_NOT_ALLOWED: 403,
  ROUTE_NOT_FOUND: 404,
  PORTAL_NOT_BUILT: 404,
  CLAIM_NOT_FOUND: 404,
  BUNDLE_NOT_FOUND: 404,
  PROOF_NOT_FOUND: 404,
  EPOCH_NOT_CLOSED: 409,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMED_OUT: 408,
  BODY_TOO_LARGE: 413,
  CONTENT_TYPE_UNSUPPORTED: 415,
  RATE_LIMITED: 429,
  BUDGET_EXCEEDED: 429,
  CLAIM_QUEUE_FULL: 429,
  HEADERS_TOO_LARGE: 431,
  CONNECTIONS_EXCEEDED: 503,
  WATCHERS_EXCEEDED: 503,
  ANSWER_TIMED_OUT: 503,
  AGENT_STOPPING: 503,
  CHAIN_UNHEALTHY: 503,
  CLAIMS_FULL: 503,
  LEDGER_BUSY: 503,
  LEDGER_WORKER_DIED: 503,
  NODE_NOT_REGISTERED: 503,
  ROUNDS_FULL: 503,
  STORE_WRITE_FAILED: 503,
};

/** Refusals of the core are about the claim, not about the request: 409 unless the table says otherwise. */
const REFUSAL_STATUS = 409;

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

export function answerError(error: QuorateError): ErrorAnswer {
  const { code, values, remedy } = error;
  const status = STATUS[code] ?? 500;
  return {
    status,
    headers: comeBack(status, values["waitMs"]),
    body: { error: { code, message: ERROR_CODES[code].summary, values: plain(values), remedy } },
  };
}

export function answerRefusal({ code, values }: Refusal): ErrorAnswer {
  const entry = isErrorCode(code) ? ERROR_CODES[code] : undefined;
  const status = (isErrorCode(code) ? STATUS[code] : undefined) ?? REFUSAL_STATUS;
  const message = entry?.summary ?? "The claim was refused.";
  const remedy = entry?.remedy ?? "See the values.";
  return { status, headers: comeBack(status, values["waitMs"]), body: { error: { code, message, values, remedy } } };
}

/** P-140: in whole seconds (RFC 9110, section 10.2.3). */
function comeBack(status: number, waitMs: unknown): Record<string, string> {
  if (status !== 429 && status !== 503) return {};
  const afterMs = typeof waitMs === "number" ? waitMs : COME_BACK_AFTER_MS;
  return { "retry-after": String(Math.max(1, Math.ceil(afterMs / 1_000))) };
}

/**
 * The coded error behind whatever a handler or the framework threw. The framework's own codes: fastify,
 * docs/Reference/Errors.md. Anything unknown becomes INTERNAL_ERROR without its text: that belongs in the log, not in
 * a stranger's answer.
 */
export function codedError(error: unknown, requestId: string): QuorateError {
  if (isQuorateError(error)) return error;
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return quorateError("BODY_TOO_LARGE", { maxBytes: BODY_MAX_BYTES });
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return quorateError("CONTENT_TYPE_UNSUPPORTED", { expected: "application/json" });
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
    case "FST_ERR_CTP_INVALID_JSON_BODY":
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return quorateError("BODY_NOT_JSON", { reason: message });
    case "FST_ERR_BAD_URL":
      return quorateError("REQUEST_MALFORMED", { field: "url", reason: "not a valid path" });
  }
  if (error instanceof SyntaxError && statusCode === 400) return quorateError("BODY_NOT_JSON", { reason: message });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return quorateError("REQUEST_MALFORMED", { reason: code ?? message });
  }
  return quorateError("INTERNAL_ERROR", { requestId }, { cause: error });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

/** JSON has no bigint and no undefined. */
function plain(values: QuorateError["values"]): Record<string, unknown> {
  return JSON.parse(toJson(values)) as Record<string, unknown>;
}

/** The one serialiser of the interface: bigints as decimal strings, bytes as 0x-hex. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "bigint") return item.toString();
    return item instanceof Uint8Array ? `0x${Buffer.from(item).toString("hex")}` : item;
  });
}
