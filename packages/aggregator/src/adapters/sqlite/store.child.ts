/**
 * For the store's tests: a process of its own that opens the file it is given and then
 *   hold   keeps it open,
 *   write  signs one round after the other, printing each epoch once it is durable,
 *   fill   writes more than its file-size limit allows, then a little again, printing what happened.
 */
import { isQuorateError } from "@quorate/common";
import { openStore } from "./store.ts";

const RECIPIENT = `0x${"11".repeat(20)}` as const;

const [path = "", mode = "hold"] = process.argv.slice(2);
const store = openStore(path);
say("open");
if (mode === "hold") setInterval(() => store.load(), 60_000);
if (mode === "write") write();
if (mode === "fill") fill();

function write(): void {
  for (let epoch = 0; ; epoch++) {
    store.persist([
      { type: "ledger", json: `{"epoch":${epoch}}` },
      {
        type: "signing",
        id: { kind: "RewardClaim", epoch, subject: RECIPIENT },
        digest: `0x${epoch.toString(16).padStart(64, "0")}`,
        signed: { kind: "RewardClaim", message: { recipient: RECIPIENT, amount: 1n } },
      },
    ]);
    say(`${epoch}`);
  }
}

function fill(): void {
  store.persist([{ type: "ledger", json: "before" }]);
  try {
    store.persist([
      { type: "claim", recipient: RECIPIENT, epoch: 1 },
      { type: "ledger", json: "x".repeat(8 << 20) },
    ]);
  } catch (error) {
    say(isQuorateError(error) ? error.code : String(error));
  }
  say(JSON.stringify(store.load()));
  store.persist([{ type: "claim", recipient: RECIPIENT, epoch: 2 }]);
  say(JSON.stringify(store.load().claims));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
