/**
 * For the store's tests: a process of its own that opens the file it is given and then
 *   hold    keeps it open,
 *   write   signs one round after the other, printing each epoch once it is durable,
 *   ledger  closes epoch after epoch of a network and signs meanwhile, printing when a record is begun and when it is
 * written,
 *   fill    writes more than its file-size limit allows, then a little again, printing what happened.
 */
import { writeSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isQuorateError } from "@quorate/common";
import { DEPLOYMENT, LEDGER_NETWORK } from "../../../test/support/storeCases.ts";
import { openStore } from "./store.ts";

const RECIPIENT = `0x${"11".repeat(20)}` as const;

const [path = "", mode = "hold"] = process.argv.slice(2);
const store = openStore(path, DEPLOYMENT);
say("open");
if (mode === "hold") setInterval(() => store.load(), 60_000);
if (mode === "write") write();
if (mode === "ledger") await writeLedgers();
if (mode === "fill") await fill();

function write(): void {
  for (let epoch = 0; ; epoch++) {
    store.persist([signing(epoch)]);
    say(`${epoch}`);
  }
}

/** Fetched by the modes that fold a ledger: the others start sooner without. */
async function folding() {
  return {
    ...(await import("../../../test/support/ledgerHistory.ts")),
    ...(await import("../../core/ledger/checkpoint.ts")),
    ...(await import("../../core/ledger/ledger.ts")),
  };
}

async function writeLedgers(): Promise<void> {
  const { admit, advanceLedger, EPOCH_SECONDS, GENESIS, headAt, network, restoreLedger, takeRecord } = await folding();
  const ledger = restoreLedger(null);
  let signed = 0;
  for (let epochs = 1; ; epochs++) {
    const events = epochs === 1 ? network(...LEDGER_NETWORK) : [];
    advanceLedger(ledger, events, headAt(GENESIS + epochs * EPOCH_SECONDS), admit);
    say(`begun ${epochs}`);
    store.persist([takeRecord(ledger)]);
    let writing = true;
    const written = store.written().then(() => {
      writing = false;
    });
    while (writing) {
      store.persist([signing(signed)]);
      say(`signed ${signed++}`);
      await nextTurn();
    }
    await written;
    say(`written ${epochs}`);
  }
}

async function fill(): Promise<void> {
  const { admit, advanceLedger, EPOCH_SECONDS, GENESIS, headAt, network, restoreLedger, takeRecord } = await folding();
  const ledger = restoreLedger(null);
  advanceLedger(ledger, network(2, 2), headAt(GENESIS + EPOCH_SECONDS), admit);
  store.persist([takeRecord(ledger)]);
  await store.written();
  sayCode(() => store.persist([{ type: "claim", recipient: RECIPIENT, epoch: 1 }, ...signings(20_000)]));
  say(JSON.stringify(store.load().claims));

  const large = restoreLedger(null);
  advanceLedger(large, network(1_000, 10), headAt(GENESIS + 2 * EPOCH_SECONDS), admit);
  store.persist([takeRecord(large)]);
  const failure: unknown = await store.written().catch((error: unknown) => error);
  say(isQuorateError(failure) ? failure.code : String(failure));
  say(String(store.load().ledger?.nodes.length));
  sayCode(() => store.persist([takeRecord(large)]));
  store.persist([{ type: "claim", recipient: RECIPIENT, epoch: 2 }]);
  say(JSON.stringify(store.load().claims));
}

function signings(count: number) {
  return Array.from({ length: count }, (_, epoch) => signing(epoch));
}

function signing(epoch: number) {
  const digest = `0x${epoch.toString(16).padStart(64, "0")}` as const;
  const signed = { kind: "RewardClaim", message: { recipient: RECIPIENT, amount: 1n } } as const;
  return { type: "signing", id: { kind: "RewardClaim", epoch, subject: RECIPIENT }, digest, signed } as const;
}

function sayCode(run: () => void): void {
  try {
    run();
    say("OK");
  } catch (error) {
    say(isQuorateError(error) ? error.code : String(error));
  }
}

/**
 * Waits until there is room. `process.stdout` would queue what a slow reader leaves no room for, and `write` never
 * comes back to the event loop that sends the queue.
 */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
