/**
 * A chain of any length for `bench follower`, made as it is asked for: answers of the size that Ethereum's providers
 * give. Enters: block numbers. Leaves: blocks and logs as JSON-RPC has them. Its events have the form of the
 * contracts'; no ledger could fold them.
 */
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";
import { encodeEvent } from "../providers/logs.ts";

export const BLOCK_SECONDS = 12;
export const BLOCKS_A_DAY = 7_200;
/** Become final at once: an epoch of Ethereum. */
export const FINAL_BLOCKS = 32;

/** Epochs of the network are an hour. */
const EPOCH_BLOCKS = 300;
/** Of a network of 2,000 nodes. */
const NODES = 2_000;
const NON_SIGNERS = 40;
/** Registrations a day. */
const EVERY_DAY = 4;
const START_SECONDS = 1_767_225_600;
const TRANSACTIONS = 180;
const WITHDRAWALS = 16;

export function blockJson(number: number): object {
  const word = wordOf(number);
  return {
    number: quantity(number),
    hash: word,
    parentHash: wordOf(number - 1),
    timestamp: quantity(timestampOf(number)),
    logsBloom: `0x${"5a".repeat(256)}`,
    extraData: word,
    miner: `0x${"77".repeat(20)}`,
    ...Object.fromEntries(ROOTS.map((name) => [name, word])),
    ...Object.fromEntries(AMOUNTS.map((name) => [name, "0x1c9c380"])),
    transactions: Array.from({ length: TRANSACTIONS }, () => word),
    uncles: [],
    withdrawals: Array.from({ length: WITHDRAWALS }, (_, i) => ({
      ...{ index: quantity(number * WITHDRAWALS + i), validatorIndex: quantity(900_000 + i) },
      ...{ address: `0x${"88".repeat(20)}`, amount: "0x1228a3d" },
    })),
  };
}

const ROOTS = [
  ...["stateRoot", "transactionsRoot", "receiptsRoot", "sha3Uncles", "mixHash", "withdrawalsRoot"],
  ...["parentBeaconBlockRoot", "requestsHash"],
];
const AMOUNTS = [
  ...["baseFeePerGas", "blobGasUsed", "excessBlobGas", "gasLimit", "gasUsed", "size", "difficulty", "nonce"],
];

export function logsJson(fromBlock: number, toBlock: number): object[] {
  const logs: object[] = [];
  for (let number = fromBlock; number <= toBlock; number++) {
    for (const [logIndex, event] of eventsOf(number).entries()) {
      logs.push({
        ...encodeEvent({ ...event, blockNumber: number, logIndex }),
        ...{ blockNumber: quantity(number), blockHash: wordOf(number), blockTimestamp: quantity(timestampOf(number)) },
        ...{
          transactionHash: wordOf(number + 1),
          transactionIndex: "0x11",
          logIndex: quantity(logIndex),
          removed: false,
        },
      });
    }
  }
  return logs;
}

const ids = Array.from({ length: NON_SIGNERS }, (_, i) => 1 + (i * NODES) / NON_SIGNERS);

/** A report an hour, payable at once, a showing a little later; some registrations a day. */
function eventsOf(number: number): ChainEvent[] {
  const position = { blockNumber: number, logIndex: 0, timestamp: timestampOf(number) };
  const epoch = Math.floor(number / EPOCH_BLOCKS);
  const common = { ...position, epoch, signature: SIGNATURE } as const;
  if (number % EPOCH_BLOCKS === 0) {
    const report = { submitter: OPERATOR, digest: wordOf(epoch), isFirst: true, becamePayable: true } as const;
    return [
      { ...common, ...report, type: "report-recorded", nonSigners: ids, extraSigners: [] },
      { ...position, type: "root-payable", epoch, rootIndex: epoch, rewardsRoot: wordOf(epoch), totalOwed: 10n ** 15n },
    ];
  }
  if (number % EPOCH_BLOCKS === 40) return [{ ...common, type: "signers-shown", signers: ids.slice(0, 5) }];
  if (number % Math.floor(BLOCKS_A_DAY / EVERY_DAY) === 7) return [registration(number)];
  return [];
}

function registration(number: number): ChainEvent {
  return {
    ...{ type: "node-registered", blockNumber: number, logIndex: 0, timestamp: timestampOf(number) },
    ...{ id: number, operator: OPERATOR, seeded: false, blsKey: `0x${"11".repeat(96)}`, feeBps: 1_000 },
    ...{ identityKey: wordOf(number), identitySignature: `0x${"22".repeat(64)}` },
    contributors: Array.from({ length: 4 }, () => ({
      addr: OPERATOR,
      beneficiary: OPERATOR,
      stake: 6_250n * 10n ** 9n,
    })),
  } as ChainEvent;
}

const OPERATOR = `0x${"99".repeat(20)}` as const;
const SIGNATURE = `0x${"11".repeat(192)}` as const;

function timestampOf(number: number): number {
  return START_SECONDS + number * BLOCK_SECONDS;
}

function wordOf(number: number): `0x${string}` {
  return `0x${"ab".repeat(24)}${number.toString(16).padStart(16, "0")}`;
}

function quantity(value: number): string {
  return `0x${value.toString(16)}`;
}
