/**
 * Registers one more node as its operator would: `quorate keys generate`, then `quorate register`. In: a running
 * network and the id the node will get. Out: the node is in the set, pending (P-21). The operator's account gets the
 * stake first.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeId } from "@quorate/common";
import { agentConfig } from "./agentConfig.ts";
import { runCli } from "./cli.ts";
import type { LocalNetwork } from "./network.ts";
import { connect, send } from "./seed.ts";

export interface RegisterOptions {
  /** Told each command before it runs. */
  readonly onCommand?: (command: string) => void;
  readonly signal?: AbortSignal;
}

export async function registerByCli(network: LocalNetwork, id: NodeId, options: RegisterOptions = {}): Promise<void> {
  const directory = join(network.directory, `node-${id}`);
  mkdirSync(directory, { recursive: true });
  const { passwordFile, chain } = network;
  const operator = chain.signer(id);
  const accountKeyFile = join(directory, "operator.key");
  writeFileSync(accountKeyFile, operator.privateKey, { mode: 0o600 });
  const configFile = join(directory, "agent.yaml");
  const config = agentConfig({ network, directory, bootstrap: [], claimDeadlineMs: 10_000, accountKeyFile: null });
  writeFileSync(configFile, JSON.stringify(config, null, 2));

  const quorate = async (...args: string[]): Promise<void> => {
    options.onCommand?.(`quorate ${args.slice(0, args[0] === "keys" ? 2 : 1).join(" ")}`);
    const signal = options.signal === undefined ? {} : { signal: options.signal };
    await runCli({ args, logFile: join(directory, `${args[0]}.log`), ...signal });
  };
  await quorate("keys", "generate", "--devnet", "--out", join(directory, "keys"), "--password-file", passwordFile);
  const stake = network.deployment.parameters.stakingRequirementAtomic;
  await send(connect("SessionToken", network.token, chain.signer(0)), "transfer", operator.address, stake);
  await quorate("register", "--config", configFile, "--account-key-file", accountKeyFile, "--yes");
}
