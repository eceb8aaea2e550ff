// @quorate/contracts: compiled contracts and their deployment. The ABI is in @quorate/common, generated from here.
export {
  type Artifact,
  type ContractName,
  contractNames,
  ensureBuilt,
  isBuildStale,
  loadArtifact,
  packageFilesOf,
} from "./artifacts.ts";
export { type Check, formatChecks } from "./checks.ts";
export { type Deployment, deploy, deployContracts } from "./deploy.ts";
export { checkPrecompiles } from "./knownAnswer.ts";
export { linkedBytecode } from "./link.ts";
export { type NetworkFile, parseNetworkFile, readNetworkFile } from "./network.ts";
export {
  type DeployParameters,
  type DeployParametersInput,
  type NetworkKind,
  parseDeployParameters,
  TIMELOCK_MIN_DELAY_SECONDS,
  type TimelockParameters,
} from "./parameters.ts";
export { type DeploymentRecord, formatRecord, parseRecord } from "./record.ts";
export { type SourceInput, sourceInput } from "./sourceInput.ts";
export { currentStorageLayout, layoutProblems, type StorageLayout } from "./storageLayout.ts";
export { type Call, type CallTarget, callOf, cancel, execute, type OperationStep, schedule } from "./timelock.ts";
export { type Upgrade, type Upgradeable, upgrade } from "./upgrade.ts";
export { verifyDeployment } from "./verifyDeployment.ts";
