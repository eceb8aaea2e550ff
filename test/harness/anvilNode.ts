/**
 * The guardian of an anvil process. In: its parent's IPC channel and one JSON argument. Out: `{type: "ready", url}` once anvil
 * listens. anvil itself knows no IPC and would outlive a killed parent; this process cannot, and takes anvil along.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
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
const anvil = spawn(
  anvilBinary(),
  [
    ...["--host", "127.0.0.1", "--port", "0", "--chain-id", String(options.chainId), "--hardfork", options.hardfork],
    ...["--timestamp", String(options.startSeconds)],
    // One slot an epoch: safe is one block behind the head, finalized two.
    ...["--slots-in-an-epoch", "1", "--block-time", String(options.blockTimeMs / 1000), "--mixed-mining"],
    ...["--mnemonic", options.mnemonic, "--accounts", String(options.accountCount)],
  ],
  { stdio: ["ignore", "pipe", "inherit"] },
);

// Ends through anvil's own exit, so that it is reaped and its port is free when we are gone.
let exitCode = 1;
const end = (): void => {
  exitCode = 0;
  anvil.kill("SIGKILL");
};
anvil.on("exit", () => process.exit(exitCode));
anvil.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
process.on("disconnect", end);
process.on("SIGTERM", end);
// Ctrl-C reaches the whole process group; the chain stays until the parent has stopped the agents that use it.
process.on("SIGINT", () => {});

let output = "";
anvil.stdout.setEncoding("utf8").on("data", (text: string) => {
  process.stdout.write(text);
  if (output === "ready") return;
  output += text;
  const listening = /Listening on (\S+)/.exec(output);
  if (listening === null) return;
  output = "ready";
  process.send?.({ type: "ready", url: `http://${listening[1]}` });
});
