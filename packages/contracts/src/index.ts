// @quorate/contracts: compiled contracts and their deployment. The ABI is in @quorate/common, generated from here.
export {
  type Artifact,
  type ContractName,
  contractNames,
  ensureBuilt,
  isBuildStale,
  loadArtifact,
} from "./artifacts.ts";
export { type Deployment, deploy } from "./deploy.ts";
export { type HandOver, handOver } from "./handOver.ts";
export { checkPrecompiles } from "./knownAnswer.ts";
export { linkedBytecode } from "./link.ts";
export { type NetworkFile, parseNetworkFile, readNetworkFile } from "./network.ts";
export { type DeployParameters, type DeployParametersInput, parseDeployParameters } from "./parameters.ts";
export { type DeploymentRecord, formatRecord, parseRecord } from "./record.ts";
export { currentStorageLayout, layoutProblems, type StorageLayout } from "./storageLayout.ts";
export { type Upgrade, type Upgradeable, upgrade } from "./upgrade.ts";
export { type Check, formatChecks, verifyDeployment } from "./verifyDeployment.ts";
