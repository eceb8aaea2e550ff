/**
 * The thread that recomputes a stored ledger. Enters: questions, one after the other. Leaves: an answer to each. It
 * reads the agent's file by a connection of its own, which can only read. Coded errors are answers; any other ends the
 * thread, and the next question starts a new one.
 */
import { parentPort, workerData } from "node:worker_threads";
import { isQuorateError, quorateError } from "@quorate/common";
import { toJson } from "../adapters/http/refusals.ts";
import { openLedgerReader } from "../adapters/sqlite/reader.ts";
import { Explainer, type StoredHistory } from "./explain.ts";
import type { LedgerAnswer, LedgerRequest, LedgerStore, LedgerValue } from "./messages.ts";

const { path, deployment } = workerData as LedgerStore;
const reader = openLedgerReader(path, deployment);
const explainer = new Explainer();

parentPort?.on("message", (request: LedgerRequest) => {
  const answer = answerTo(request);
  const json = "value" in answer && "json" in answer.value ? [answer.value.json.buffer] : [];
  parentPort?.postMessage(answer, json);
});

function answerTo(request: LedgerRequest): LedgerAnswer {
  const { id } = request;
  try {
    return { id, value: valueFor(request) };
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    return { id, code: error.code, values: error.values };
  }
}

function valueFor(request: LedgerRequest): LedgerValue {
  switch (request.kind) {
    case "page": {
      const history = stored();
      const { recipient, from, to } = request;
      const { page, goesOn } = explainer.page(history, recipient, from, to ?? history.openEpoch - 1);
      return { json: new TextEncoder().encode(toJson(page)), goesOn };
    }
    case "epochs": {
      const openEpoch = reader.head()?.openEpoch ?? 0;
      const epochs = reader.totals(request.from, request.count);
      return { epochs, closedEpoch: openEpoch === 0 ? null : openEpoch - 1 };
    }
    case "ranges":
      return explainer.ranges(stored(), request.epoch, request.prefix);
  }
}

function stored(): StoredHistory {
  const found = reader.head();
  if (found === null) throw quorateError("EPOCH_NOT_CLOSED", { epoch: 0, openEpoch: 0 });
  return { ...found, events: () => reader.events(found.head.number) };
}
