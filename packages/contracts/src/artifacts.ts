// Compiled contracts. In: the artifacts Hardhat wrote. Out: ABI, bytecode and library references, and the contracts
// compiled anew when a source has changed. Deploying is not its job.
import { spawn } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, rmdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { quorateError } from "@quorate/common";
import type { JsonFragment } from "ethers";

/** Where a library's address goes in a bytecode: offset and length in bytes. */
export interface LinkReference {
  readonly start: number;
  readonly length: number;
}

/** A compiled contract, as Hardhat writes it. */
export interface Artifact {
  readonly contractName: string;
  readonly sourceName: string;
  readonly abi: readonly JsonFragment[];
  readonly bytecode: string;
  readonly deployedBytecode: string;
  /** By source and library, as in the compiler's output. */
  readonly linkReferences: LinkReferences;
  readonly deployedLinkReferences: LinkReferences;
  /** Where the constructor writes immutables into the deployed code. */
  readonly immutableReferences?: Readonly<Record<string, readonly LinkReference[]>>;
}

/** Places of library addresses in a bytecode. */
export type LinkReferences = Readonly<Record<string, Readonly<Record<string, readonly LinkReference[]>>>>;

/** The root of this package. */
export const packageDir: string = join(dirname(fileURLToPath(import.meta.url)), "..");
const artifactsDir = join(packageDir, "artifacts");
/** Its modification time is that of the last complete build. */
const buildStamp = join(packageDir, "cache", "built");
/** Held while a process compiles, so that test workers that start together do not compile together. */
const buildLock = join(packageDir, "cache", "building");
/**
 * Whoever compiles touches the lock each second; one that nobody has touched for this long was left by a process that
 * died.
 */
const STALE_LOCK_MS = 10_000;
const TOUCH_LOCK_MS = 1_000;
const LOCK_POLL_MS = 200;

/** The source of every contract that is deployed or linked, by name. */
const sources = {
  SessionToken: "contracts/SessionToken.sol",
  RewardRatePool: "contracts/RewardRatePool.sol",
  RewardsDistributor: "contracts/RewardsDistributor.sol",
  ServiceNodeRewards: "contracts/ServiceNodeRewards.sol",
  ServiceNodeContribution: "contracts/ServiceNodeContribution.sol",
  ServiceNodeContributionFactory: "contracts/ServiceNodeContributionFactory.sol",
  NodeViews: "contracts/libraries/NodeViews.sol",
  RegistrationLib: "contracts/libraries/RegistrationLib.sol",
  ExitLib: "contracts/libraries/ExitLib.sol",
  ReportLib: "contracts/libraries/ReportLib.sol",
  KeyStore: "contracts/KeyStore.sol",
  TransparentUpgradeableProxy: "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol",
  ProxyAdmin: "@openzeppelin/contracts/proxy/transparent/ProxyAdmin.sol",
  TimelockController: "@openzeppelin/contracts/governance/TimelockController.sol",
} as const;

/** The name of a contract that can be loaded. */
export type ContractName = keyof typeof sources;

/** Every name `loadArtifact` takes. */
export const contractNames: readonly ContractName[] = Object.keys(sources) as ContractName[];

function artifactPath(name: ContractName): string {
  return join(artifactsDir, sources[name], `${name}.json`);
}

/**
 * The libraries that an artifact is linked with, by name, each after those it needs itself.
 * @throws CONTRACTS_NOT_BUILT when one has not been compiled
 */
export function librariesOf(artifact: Artifact): ReadonlyMap<string, Artifact> {
  const found = new Map<string, Artifact>();
  for (const [source, libraries] of Object.entries(artifact.linkReferences)) {
    for (const name of Object.keys(libraries)) {
      // The compiler names a source of this package "project/...".
      const library = readArtifact(name, join(artifactsDir, source.replace(/^project\//, ""), `${name}.json`));
      for (const [inner, its] of librariesOf(library)) found.set(inner, its);
      found.set(name, library);
    }
  }
  return found;
}

/**
 * Loads one compiled contract.
 * @throws CONTRACTS_NOT_BUILT when it has not been compiled
 */
export function loadArtifact(name: ContractName): Artifact {
  return readArtifact(name, artifactPath(name));
}

function readArtifact(name: string, path: string): Artifact {
  if (!existsSync(path)) throw quorateError("CONTRACTS_NOT_BUILT", { contract: name });
  return JSON.parse(readFileSync(path, "utf8")) as Artifact;
}

/** The files of an installed package, from its root: artifacts of these contracts and their libraries, and sources. */
export function packageFilesOf(names: readonly ContractName[]): readonly string[] {
  const artifacts = names.map((name) => relative(packageDir, artifactPath(name)));
  return [...artifacts, ...globSync("contracts/**/*.sol", { cwd: packageDir })];
}

/** Whether an artifact is missing, or a source or the configuration is newer than the last build. */
export function isBuildStale(): boolean {
  // An installed package has its artifacts with it, and no compiler.
  if (!existsSync(join(packageDir, "hardhat.config.ts"))) return false;
  if (!existsSync(buildStamp) || contractNames.some((name) => !existsSync(artifactPath(name)))) return true;
  const builtAtMs = statSync(buildStamp).mtimeMs;
  const inputs = [...globSync("contracts/**/*.sol", { cwd: packageDir }), "hardhat.config.ts", "package.json"];
  return inputs.some((path) => statSync(join(packageDir, path)).mtimeMs > builtAtMs);
}

/**
 * Compiles the contracts when they are missing or stale, and says so on `log` (standard error). A quarter of a minute
 * when it has to and has the machine for itself, nothing otherwise. Safe to call from several processes at once.
 * @throws CONTRACTS_BUILD_FAILED with the end of the compiler's report
 */
export async function ensureBuilt(log: (line: string) => void = toStandardError): Promise<void> {
  if (!isBuildStale()) return;
  mkdirSync(dirname(buildStamp), { recursive: true });
  while (!takeLock()) {
    await sleep(LOCK_POLL_MS);
    if (!isBuildStale()) return;
  }
  const touching = setInterval(() => utimesSync(buildLock, new Date(), new Date()), TOUCH_LOCK_MS);
  try {
    if (!isBuildStale()) return;
    log("compiling the contracts, once: 15 s alone, a minute beside other work ...");
    const startedAt = new Date();
    await runBuild();
    writeFileSync(buildStamp, "");
    // A source saved while the compiler ran is newer than the start, and so not taken as built.
    utimesSync(buildStamp, startedAt, startedAt);
    log(`contracts compiled in ${((Date.now() - startedAt.getTime()) / 1000).toFixed(1)} s`);
  } finally {
    clearInterval(touching);
    rmdirSync(buildLock);
  }
}

function toStandardError(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Making a directory either succeeds or fails as one step, for every process. */
function takeLock(): boolean {
  try {
    mkdirSync(buildLock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const ageMs = Date.now() - (statSync(buildLock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (ageMs > STALE_LOCK_MS) rmdirSync(buildLock);
    return false;
  }
}

/**
 * Preloaded into the build: when the channel to us closes, because we were killed, it ends with its whole process
 * group, the compilers that Hardhat starts included. Nobody would be there to read the result.
 */
const END_WITH_PARENT: string = `data:text/javascript,${encodeURIComponent(
  'if(process.channel){process.on("disconnect",()=>process.kill(-process.pid,"SIGKILL"));process.channel.unref()}',
)}`;

function runBuild(): Promise<void> {
  const cli = fileURLToPath(new URL("./cli.js", import.meta.resolve("hardhat")));
  const child = spawn(process.execPath, ["--import", END_WITH_PARENT, cli, "build", "--no-tests"], {
    cwd: packageDir,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let report = "";
  const collect = (chunk: Buffer): void => {
    report = (report + chunk.toString()).slice(-4_000); // the end names the error; the rest would only scroll it away
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      if (status === 0) resolve();
      else reject(quorateError("CONTRACTS_BUILD_FAILED", { status, report }));
    });
  });
}
