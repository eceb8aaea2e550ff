/**
 * The process that is Hardhat's node. In: its parent's IPC channel and one JSON argument. Out: `{type: "ready", url}`
 * once it listens; it ends when the parent does. A process of its own so that 25 polling agents do not slow the demo's
 * output.
 */
import type { EvmOptions } from "./chain.ts";

// Before anything that takes time: a parent that dies while Hardhat loads must not be missed.
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0));
// Ctrl-C reaches the whole process group; the chain stays until the parent has stopped the agents that use it.
process.on("SIGINT", () => {});

const { createHardhatRuntimeEnvironment } = await import("hardhat/hre");

const options = JSON.parse(process.argv[2] ?? "null") as EvmOptions;

const hre = await createHardhatRuntimeEnvironment({
  networks: {
    devnet: {
      type: "edr-simulated",
      chainId: options.chainId,
      hardfork: options.hardfork,
      initialDate: new Date(options.startSeconds * 1_000),
      accounts: { mnemonic: options.mnemonic, count: options.accountCount },
      // Transactions are mined at once, and an empty block each interval lets epochs close. Without equal timestamps
      // a burst of transactions would push the chain's clock ahead of everyone else's, a second each.
      allowBlocksWithSameTimestamp: true,
      mining: { auto: true, interval: options.blockTimeMs },
    },
  },
});
const server = await hre.network.createServer("devnet", "127.0.0.1", options.port);
const { port } = await server.listen();

process.send?.({ type: "ready", url: `http://127.0.0.1:${port}` });
