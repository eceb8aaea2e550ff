// The text of the generated ABI files, from the compiled contracts. Writing them is scripts/generate-abi.ts.
import type { JsonFragment } from "ethers";
import { type ContractName, loadArtifact } from "./artifacts.ts";

/** File name, exported constant and contract of every file in packages/common/src/abi. */
const generated: readonly { file: string; constant: string; contract: ContractName }[] = [
  { file: "serviceNodeRewards.ts", constant: "serviceNodeRewardsAbi", contract: "ServiceNodeRewards" },
  { file: "rewardsDistributor.ts", constant: "rewardsDistributorAbi", contract: "RewardsDistributor" },
  { file: "rewardRatePool.ts", constant: "rewardRatePoolAbi", contract: "RewardRatePool" },
  {
    file: "serviceNodeContribution.ts",
    constant: "serviceNodeContributionAbi",
    contract: "ServiceNodeContribution",
  },
  {
    file: "serviceNodeContributionFactory.ts",
    constant: "serviceNodeContributionFactoryAbi",
    contract: "ServiceNodeContributionFactory",
  },
  { file: "sessionToken.ts", constant: "sessionTokenAbi", contract: "SessionToken" },
];

/** The name of every generated file. Known before anything is compiled. */
export const abiFileNames: readonly string[] = [...generated.map(({ file }) => file), "index.ts"];

/** Every generated file: its name and its text. */
export function abiFiles(): readonly (readonly [name: string, text: string])[] {
  const files = generated.map(({ file, constant, contract }) => {
    const abi = loadArtifact(contract).abi;
    return [file, fileText(constant, contract, abi)] as const;
  });
  const exports = generated.map(({ file, constant }) => `export { ${constant} } from "./${file}";`);
  const index =
    "// Generated from the contracts by packages/contracts/scripts/generate-abi.ts. Do not " +
    `edit.\n${exports.join("\n")}\n`;
  return [...files, ["index.ts", index] as const];
}

function fileText(constant: string, contract: string, abi: readonly JsonFragment[]): string {
  const entries = abi.map((entry) => `  ${JSON.stringify(entry)},`).join("\n");
  return (
    `// Generated from the contract ${contract} by packages/contracts/scripts/generate-abi.ts. Do not edit.\n` +
    `export const ${constant} = [\n${entries}\n] as const;\n`
  );
}
