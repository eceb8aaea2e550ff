// A deployment that is not one. In: the chain it would go to, read only, and who would deploy. Out: what would be
// deployed, at which addresses, for how much gas: by doing all of it on a simulated chain with the same id, account and
// nonce. What the real chain differs in (its precompiles, its balances) is asked of it.
import type { Address } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import type { Provider } from "ethers";
import { type Deployment, deployContracts } from "./deploy.ts";
import { checkPrecompiles, type PrecompileCheck } from "./knownAnswer.ts";
import type { DeployParameters } from "./parameters.ts";
import { startSimulatedChain } from "./testing/chain.ts";

/** One transaction that would be sent. */
export interface DryRunStep {
  /** The contract it creates, or the contract it calls. */
  readonly to: string;
  readonly address: Address;
  readonly gasUsed: bigint;
}

/** What would happen. */
export interface DryRun {
  readonly deployment: Deployment;
  readonly steps: readonly DryRunStep[];
  readonly gasUsed: bigint;
  /** At the chain's present gas price, in wei. */
  readonly costWei: bigint;
  readonly balanceWei: bigint;
  /** Whether the real chain has what `initialize` will ask of it (P-32). */
  readonly precompiles: readonly PrecompileCheck[];
}

/** Deploys on a copy of nothing but the account's nonce; sends nothing to `target`. */
export async function dryRun(target: Provider, deployer: Address, parameters: DeployParameters): Promise<DryRun> {
  const { chainId } = await target.getNetwork();
  const nonce = await target.getTransactionCount(deployer, "pending");
  const chain = await startSimulatedChain({ chainId: Number(chainId) });
  try {
    const signer = await chain.impersonate(deployer, nonce);
    // A token that exists there is not here: transferring it is one transaction of some 50,000 gas that is left out.
    const here = parameters.token === undefined ? parameters : { ...parameters, poolFundingAtomic: 0n };
    const deployment = await deployContracts(signer, here);
    const steps: DryRunStep[] = [];
    const last = await chain.provider.getBlockNumber();
    for (let number = deployment.fromBlock; number <= last; number++) {
      const block = await chain.provider.getBlock(number);
      for (const hash of block?.transactions ?? []) {
        const receipt = await chain.provider.getTransactionReceipt(hash);
        if (receipt === null) continue;
        const created = receipt.contractAddress as Address | null;
        const address = created ?? (receipt.to as Address);
        steps.push({
          to: `${created === null ? "call of " : ""}${nameOf(deployment, address)}`,
          address,
          gasUsed: receipt.gasUsed,
        });
      }
    }
    const gasUsed = steps.reduce((sum, step) => sum + step.gasUsed, 0n);
    const fees = await target.getFeeData();
    return {
      deployment: { ...deployment, parameters },
      steps,
      gasUsed,
      costWei: gasUsed * (fees.maxFeePerGas ?? fees.gasPrice ?? 0n),
      balanceWei: await target.getBalance(deployer),
      precompiles: await checkPrecompiles(target, await loadNativeScheme()),
    };
  } finally {
    await chain.close();
  }
}

function nameOf(deployment: Deployment, address: Address): string {
  const entries = [...Object.entries(deployment), ...Object.entries(deployment.libraries)];
  return entries.find(([name, value]) => name !== "owner" && name !== "founder" && value === address)?.[0] ?? "unknown";
}

/** The dry run as lines. */
export function formatDryRun(run: DryRun): string {
  const rows = run.steps.map(
    ({ to, address, gasUsed }) => `${to.padEnd(32)} ${address} ${gasUsed.toString().padStart(10)}`,
  );
  const precompiles = run.precompiles.map(({ name, ok }) => `${name}: ${ok ? "ok" : "FAILED, initialize will refuse"}`);
  return [
    ...rows,
    `gas in all: ${run.gasUsed}; at the present price ${run.costWei} wei; the deployer has ${run.balanceWei} wei`,
    ...precompiles,
    "nothing was sent",
  ].join("\n");
}
