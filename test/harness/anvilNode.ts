/**
 * The guardian of an anvil process. In: its parent's IPC channel and one JSON argument. Out: `{type: "ready", url}`
 * once anvil listens; on `{type: "restart", awayMs}` anvil is stopped and, after that time, started again from its own
 * state at the same port: `{type: "restarted"}`. anvil itself knows no IPC and would outlive a killed parent; this
 * process cannot, and takes anvil along.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import type { EvmOptions } from "./chain.ts";

/** The binary itself: the package's `bin.mjs` is one more process in between. */
function anvilBinary(): string {
  const fromAnvil = createRequire(createRequire(import.meta.url).resolve("@foundry-rs/anvil/package.json"));
  const platform = process.platform === "win32" ? "win32" : process.platform;
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  return fromAnvil.resolve(
    `@foundry-rs/anvil-${platform}-${architecture}/bin/anvil${platform === "win32" ? ".exe" : ""}`,
  );
}

const options = JSON.parse(process.argv[2] ?? "null") as EvmOptions;
const startedMs = performance.now();

function launch(port: number): ChildProcess {
  // Blocks of a chain that was away go on where real time is.
  const timestamp = options.startSeconds + Math.round((performance.now() - startedMs) / 1_000);
  const anvil = spawn(
    anvilBinary(),
    [
      ...["--host", "127.0.0.1", "--port", String(port), "--chain-id", String(options.chainId)],
      ...["--hardfork", options.hardfork, "--timestamp", String(timestamp), "--state", options.stateFile],
      // One slot an epoch: safe is one block behind the head, finalized two.
      ...["--slots-in-an-epoch", "1", "--block-time", String(options.blockTimeMs / 1000), "--mixed-mining"],
      ...["--mnemonic", options.mnemonic, "--accounts", String(options.accountCount)],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  anvil.on("exit", () => {
    if (!isRestarting) process.exit(exitCode);
  });
  anvil.on("error", (error) => {
    console.error(error);
    process.exit(1);
  });
  return anvil;
}

/** The URL once it listens. */
function listening(anvil: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let output = "";
    anvil.stdout?.setEncoding("utf8").on("data", (text: string) => {
      process.stdout.write(text);
      if (output === "ready") return;
      output += text;
      const found = /Listening on (\S+)/.exec(output);
      if (found === null) return;
      output = "ready";
      resolve(`http://${found[1]}`);
    });
  });
}

async function restart(awayMs: number): Promise<void> {
  isRestarting = true;
  const stopped = once(anvil, "exit");
  // It writes its state before it ends.
  anvil.kill("SIGTERM");
  await stopped;
  await sleep(awayMs);
  isRestarting = false;
  anvil = launch(Number(new URL(url).port));
  await listening(anvil);
  process.send?.({ type: "restarted" });
}

let isRestarting = false;
let exitCode = 1;
let anvil = launch(options.port);

// Ends through anvil's own exit, so that it is reaped and its port is free when we are gone.
const end = (): void => {
  exitCode = 0;
  if (isRestarting) process.exit(0);
  anvil.kill("SIGKILL");
};
process.on("disconnect", end);
process.on("SIGTERM", end);
// Ctrl-C reaches the whole process group; the chain stays until the parent has stopped the agents that use it.
process.on("SIGINT", () => {});
process.on("message", (message: { readonly type: string; readonly awayMs: number }) => {
  if (message.type === "restart") void restart(message.awayMs);
});

const url = await listening(anvil);
process.send?.({ type: "ready", url });
