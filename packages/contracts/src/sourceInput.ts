// What a block explorer needs to verify a contract's source. In: a contract's name. Out: the compiler's own input as
// standard JSON, unchanged, so that it compiles to the very code, metadata included; and what the explorer asks beside
// it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { quorateError } from "@quorate/common";
import { type ContractName, loadArtifact, packageDir } from "./artifacts.ts";

export interface SourceInput {
  /** As explorers write it: `project/contracts/KeyStore.sol:KeyStore`. */
  readonly contract: string;
  /** `v0.8.37+commit.f401782d` */
  readonly compiler: string;
  /** Libraries that it is linked with; the deployment's record has their addresses. */
  readonly libraries: readonly string[];
  /** The standard JSON input. */
  readonly input: object;
}

/** @throws CONTRACTS_NOT_BUILT */
export function sourceInput(name: ContractName): SourceInput {
  const artifact = loadArtifact(name) as ReturnType<typeof loadArtifact> & {
    readonly buildInfoId?: string;
    readonly inputSourceName?: string;
  };
  const path = join(packageDir, "artifacts", "build-info", `${artifact.buildInfoId}.json`);
  if (!existsSync(path)) throw quorateError("CONTRACTS_NOT_BUILT", { contract: name, path });
  const { solcLongVersion, input } = JSON.parse(readFileSync(path, "utf8")) as {
    readonly solcLongVersion: string;
    readonly input: object;
  };
  return {
    contract: `${artifact.inputSourceName ?? artifact.sourceName}:${artifact.contractName}`,
    compiler: `v${solcLongVersion}`,
    libraries: Object.values(artifact.linkReferences).flatMap((its) => Object.keys(its)),
    input,
  };
}
