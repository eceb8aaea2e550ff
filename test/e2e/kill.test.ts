/**
 * What was promised survives (P-71): one agent killed, two cut off and clocks apart here, much more of it with `pnpm
 * chaos` and hundreds of kills with `pnpm kill`; stores that cannot be written, cannot be read or are damaged. Full and
 * read-only disks are real: a small file system of its own, which takes root to mount.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NodeId, roundKey } from "@quorate/common";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claimRound } from "../../packages/aggregator/src/core/kinds/rewardClaim.ts";
import { chooseLinks } from "../chaos/links.ts";
import type { Plan } from "../chaos/plan.ts";
import { runChaos } from "../chaos/run.ts";
import type { LocalNetwork } from "../harness/network.ts";
import type { SeenShare } from "../harness/promises.ts";
import { readStore } from "../harness/storeFile.ts";
import { waitFor } from "../harness/waitFor.ts";
import { Onlooker } from "../kill/onlooker.ts";
import { claimFrom, type Fixture, startFixture, untilReady } from "./fixture.ts";

/** A few megabytes: an agent's store with its write-ahead log fits, and is soon filled. */
const DISK_SIZE = "2m";

function mountDisk(path: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_SIZE}`, "tmpfs", path]);
}

const unmount = (path: string): Buffer => execFileSync("umount", [path]);

const mayMount = ((): boolean => {
  const path = join(tmpdir(), `quorate-mount-${process.pid}`);
  mkdirSync(path);
  try {
    mountDisk(path);
    unmount(path);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
})();

describe("agents killed, cut off and with clocks apart", () => {
  const NODES = 5;
  const HOUR_MS = 3_600_000;
  const PLAN: Plan = {
    clocks: [0, 2 * HOUR_MS, -72 * HOUR_MS, 4_000, -40_000],
    faults: [
      { kind: "kill", node: 2, atMs: 500, forMs: 0 },
      { kind: "partition", nodes: [4, 5], atMs: 1_000, forMs: 2_500 },
      { kind: "clock", node: 1, atMs: 1_500, forMs: 0, offsetMs: -HOUR_MS },
    ],
  };

  it("behaviour: what they said, recorded and took on stays as it was, every claim is paid once or explained, and after healing each staker is paid (P-71)", async () => {
    const report = await runChaos({
      ...{ nodes: NODES, seed: 7, minutes: 0, kinds: [], plan: PLAN, epochSeconds: 12, submitters: 0 },
      ...{ links: await chooseLinks("proxy"), onNote: () => {} },
    });
    expect(report).toMatchObject({ violations: [], ok: true, faults: { kill: 1, partition: 1, clock: 1 } });
    // Each staker once, and each bundle has everyone's share (P-24).
    expect(report.bundles).toBeGreaterThanOrEqual(NODES);
    expect(report.signings).toBeGreaterThanOrEqual(NODES * NODES);
    expect(report.connections).toBeGreaterThan(0);
  });
});

// Without root: store.test.ts has the full disk by a limit on file size, and the unreadable ones.
describe.skipIf(!mayMount)("disks that fail", () => {
  const VICTIM: NodeId = 3;
  let fixture: Fixture;
  let network: LocalNetwork;
  let onlooker: Onlooker;
  let disk: string;
  let mounted = false;
  const seen: SeenShare[] = [];

  beforeAll(async () => {
    fixture = await startFixture("hardhat", { nodes: 3, epochSeconds: 20, claimDeadlineMs: 100_000 });
    network = fixture.network;
    onlooker = await Onlooker.start(network, (share) => seen.push(share));
    disk = join(network.directory, "disk");
    mkdirSync(disk);
    mountDisk(disk);
    mounted = true;
    symlinkSync(join(disk, "agent.sqlite"), storePath());
    await network.startAgents([1, 2, VICTIM]);
    await untilReady(network);
  });

  afterAll(async () => {
    await onlooker?.stop();
    for (const { id } of network?.agents ?? []) await network.killAgent(id);
    if (mounted) unmount(disk);
    await fixture?.close();
  });

  const storePath = (): string => join(network.node(VICTIM).directory, "agent.sqlite");
  const log = (): string => readFileSync(join(network.node(VICTIM).directory, "agent.log"), "utf8");
  const fill = (): void => {
    const filler = join(disk, "filler");
    // 4,096 bytes at a time: until not one page is left.
    expect(() => {
      for (;;) appendFileSync(filler, Buffer.alloc(4_096));
    }).toThrow("ENOSPC");
  };
  /** Started and ended by itself; what it said. */
  const failsToStart = async (): Promise<string> => {
    const before = log().length;
    const exit = await network.launchAgent(VICTIM).exited;
    expect(exit.code).not.toBe(0);
    return log().slice(before);
  };

  it("error: STORE_WRITE_FAILED when the disk is full: the agent ends, and no share of an unrecorded digest was published", async () => {
    const { child } = network.agent(VICTIM);
    fill();
    const recipient = network.node(1).operator;
    const { epoch } = await network.agent(1).client.requestClaim(recipient);
    const exit = await child.exited;
    expect(exit.code).toBe(1);
    await network.killAgent(VICTIM);
    expect(log()).toContain("STORE_WRITE_FAILED");

    // The others have signed; it has recorded nothing of that round, and nothing of it was heard.
    const round = roundKey(claimRound(recipient, epoch));
    await waitFor({ what: "the others' shares", timeoutMs: 60_000 }, () =>
      seen.filter((share) => share.round === round).length === 2 ? true : null,
    );
    expect(seen.filter((share) => share.round === round && share.nodeId === VICTIM)).toEqual([]);
    expect(readStore(storePath()).signings.has(round)).toBe(false);

    rmSync(join(disk, "filler"));
    await network.startAgent(VICTIM);
    expect(await claimFrom(network, 1, recipient, epoch)).toMatchObject({ status: "ready", missing: [] });
    expect(readStore(storePath()).signings.has(round)).toBe(true);
  });

  it("error: a read-only disk is said at start", async () => {
    await network.stopAgent(VICTIM);
    execFileSync("mount", ["-o", "remount,ro", disk]);
    expect(await failsToStart()).toContain("STORE_OPEN_FAILED");
    execFileSync("mount", ["-o", "remount,rw", disk]);
  });

  it("error: STORE_CORRUPT for a damaged file, at start; the file is left as it is", async () => {
    const intact = readFileSync(storePath());
    const damaged = Uint8Array.from(intact);
    damaged.fill(0xaa, 4_096);
    writeFileSync(storePath(), damaged);
    expect(await failsToStart()).toContain("STORE_CORRUPT");
    expect(readFileSync(storePath()).equals(damaged)).toBe(true);

    writeFileSync(storePath(), intact);
    await network.startAgent(VICTIM);
    expect(await network.stopAgent(VICTIM)).toEqual({ code: 0, signal: null });
  });
});
