/**
 * The thread that keeps the rewards tree. Enters: requests, one after the other. Leaves: an answer to each `apply` and
 * `proof`. Coded errors are answers, since they change nothing. Any other error ends the thread: its tree may be half
 * changed.
 */
import { parentPort } from "node:worker_threads";
import { isQuorateError, RewardsTree } from "@quorate/common/rewards-tree";
import { loadKeccakMany } from "./keccak.ts";
import type { TreeAnswer, TreeRequest } from "./messages.ts";

const tree = new RewardsTree({ keccakMany: await loadKeccakMany() });
/** Pieces of changes by the request that will apply them. */
const pieces = new Map<number, Uint8Array<ArrayBuffer>[]>();

parentPort?.on("message", (request: TreeRequest) => {
  const answer = answerTo(request);
  if (answer !== null) parentPort?.postMessage(answer);
});

function answerTo(request: TreeRequest): TreeAnswer | null {
  const { id } = request;
  try {
    switch (request.kind) {
      case "changes":
        pieces.set(id, [...(pieces.get(id) ?? []), request.piece]);
        return null;
      case "forget":
        pieces.delete(id);
        return null;
      case "apply":
        return { id, value: tree.applyPacked(request.epoch, taken(id)) };
      case "proof":
        return { id, value: tree.proofOf(request.epoch, request.recipient) };
    }
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    return { id, code: error.code, values: error.values };
  }
}

function taken(id: number): Uint8Array<ArrayBuffer>[] {
  const own = pieces.get(id) ?? [];
  pieces.delete(id);
  return own;
}
