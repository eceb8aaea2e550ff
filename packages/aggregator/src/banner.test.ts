import { expect, it } from "vitest";
import { banner } from "./banner.ts";
import { parseConfig } from "./config.ts";
import { VERSION } from "./version.ts";

it("the first log line says which agent this is and of which network, and gives no provider's key away", () => {
  const env = {
    QUORATE_CHAIN_PROVIDERS: "https://user:hunter2@rpc.example/v2/hunter2?key=hunter2,http://127.0.0.1:8545",
    QUORATE_CHAIN_CHAIN_ID: "31337",
    QUORATE_CHAIN_REWARDS: `0x${"11".repeat(20)}`,
    QUORATE_CHAIN_POOL: `0x${"22".repeat(20)}`,
    QUORATE_KEYS_DIRECTORY: "keys",
    QUORATE_KEYS_PASSWORD_FILE: "password",
    QUORATE_STORE_PATH: "agent.sqlite",
  };
  const config = parseConfig({ file: null, env, flags: {} });
  const keys = { blsKey: new Uint8Array(96).fill(1), identityKey: new Uint8Array(32).fill(2) };
  const said = banner(config, keys, "12D3KooW");
  expect(said).toMatchObject({
    version: VERSION,
    blsKey: `0x${"01".repeat(96)}`,
    identityKey: `0x${"02".repeat(32)}`,
    peerId: "12D3KooW",
    chainId: 31_337,
    rewards: `0x${"11".repeat(20)}`,
    pool: `0x${"22".repeat(20)}`,
    providers: ["rpc.example", "127.0.0.1:8545"],
    targetPeers: 12,
    submits: false,
  });
  expect(JSON.stringify(said)).not.toContain("hunter2");
});
