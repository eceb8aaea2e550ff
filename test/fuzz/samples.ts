/** Valid inputs of the adapters' decoders, for the fuzzer to spoil. */
import { type ChainHead, g2Struct, provePossession, rewardRatePoolAbi, serviceNodeRewardsAbi } from "@quorate/common";
import { Interface } from "ethers";
import type { Contracts } from "../../packages/aggregator/src/adapters/chain/events.ts";
import type { PeerKey } from "../../packages/aggregator/src/core/io.ts";
import { sealedRecord } from "../../packages/aggregator/test/support/testRecord.ts";
import { registrationStruct } from "../harness/seed.ts";
import { DOMAIN, node, scheme } from "./cast.ts";

/** One log of each event that is read, all in one block. */
export function sampleLogs(): { readonly raw: unknown; readonly block: ChainHead; readonly contracts: Contracts } {
  const block: ChainHead = { number: 3, hash: `0x${"03".repeat(32)}`, timestamp: 1_700_000_000 };
  const contracts: Contracts = { rewards: DOMAIN.verifyingContract, pool: `0x${"e2".repeat(20)}` };
  const rewards = new Interface(serviceNodeRewardsAbi);
  const { operator } = node(1).registered;
  const registration = registrationStruct(provePossession(scheme, DOMAIN, { ...node(1), operator }));
  const contributors = [{ addr: operator, beneficiary: operator, stake: 1n }];
  const seeded = [1n, operator, true, 1_700_000_000n, registration, contributors];
  const signature = g2Struct(scheme.sign(node(1).blsSecret, new Uint8Array(32).fill(7)));
  const word = `0x${"17".repeat(32)}`;
  const idsOnly = ["ServiceNodesActivated", "ServiceNodesDecommissioned", "ServiceNodesRestored", "ServiceNodesHeard"];
  const events = [
    [contracts.rewards, rewards.encodeEventLog("NewServiceNode", seeded)],
    [contracts.rewards, rewards.encodeEventLog("Started", [1_700_000_000n, 60n])],
    [contracts.rewards, rewards.encodeEventLog("ServiceNodeExitRequest", [1n, operator, 1_700_000_000n])],
    [contracts.rewards, rewards.encodeEventLog("ServiceNodeExit", [1n, 1_700_000_000n])],
    [contracts.rewards, rewards.encodeEventLog("ServiceNodesDropped", [[1n], true])],
    ...idsOnly.map((name) => [contracts.rewards, rewards.encodeEventLog(name, [[1n, 2n]])] as const),
    [
      contracts.rewards,
      rewards.encodeEventLog("EpochReportRecorded", [3n, operator, word, true, false, signature, [1n], [2n]]),
    ],
    [contracts.rewards, rewards.encodeEventLog("RewardsRootPayable", [3n, 0n, word, 5n])],
    [contracts.rewards, rewards.encodeEventLog("SignersShown", [3n, operator, signature, [1n, 2n]])],
    [contracts.pool, new Interface(rewardRatePoolAbi).encodeEventLog("Settled", [10n, 1_700_000_000n, 2n])],
  ] as const;
  const raw = events.map(([address, { topics, data }], i) => ({
    address,
    topics,
    data,
    blockNumber: "0x3",
    blockHash: block.hash,
    logIndex: `0x${i.toString(16)}`,
  }));
  return { raw, block, contracts };
}

export function samplePeerRecord(): Promise<{ readonly peer: PeerKey; readonly envelope: Uint8Array }> {
  return sealedRecord(node(1).identitySecret, ["/ip4/127.0.0.1/tcp/4001", "/dns4/example.org/tcp/1"]);
}
