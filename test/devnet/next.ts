/**
 * What to try on a devnet. In: the network as it is up. Out: steps, each with a command to copy that works as it
 * stands, from the root of the repository. A test runs them.
 */
import { join } from "node:path";
import { REPOSITORY } from "../harness/child.ts";
import type { Devnet } from "./devnet.ts";
import { pathFrom, shellCommand, shellWord } from "./shellCommand.ts";

export interface NextStep {
  /** For those who pick one: the test does. */
  readonly key: "status" | "balance" | "claim" | "metrics" | "keys" | "register" | "run";
  readonly title: string;
  /** Lines of at most 80 characters where no path is longer, for any POSIX shell. */
  readonly command: string;
}

export function nextSteps(devnet: Devnet): readonly NextStep[] {
  const { accounts } = devnet;
  const [staker] = accounts;
  const path = (file: string): string => shellWord(pathFrom(REPOSITORY, file));
  const file = (...parts: string[]): string => path(join(devnet.directory, ...parts));
  const quorate = (command: string, ...flags: string[]): string =>
    shellCommand([`npx -y pnpm@12 quorate ${command}`, ...flags]);
  const config = `--config ${path(devnet.ownConfigFile)}`;
  const network = `--network ${shellWord(devnet.networkName)}`;
  const keyFile = (account: Devnet["accounts"][number] | undefined): string =>
    `--account-key-file ${path(account?.keyFile ?? "")}`;
  const keys = ["--devnet", `--out ${file("mine", "keys")}`, `--password-file ${file("password")}`];
  return [
    { key: "status", title: "Look at an agent", command: quorate("status", `--agent ${devnet.httpOf(1)}`) },
    {
      key: "balance",
      title: "Be a staker: what is owed to you",
      command: quorate("balance", network, `${staker?.address}`),
    },
    {
      key: "claim",
      title: "and get paid, in one transaction",
      command: quorate("claim", network, "--submit", "--yes", keyFile(staker)),
    },
    {
      key: "metrics",
      title: "See what Prometheus reads",
      command: `curl -s ${devnet.healthOf(1)}/metrics | grep quorate_`,
    },
    { key: "keys", title: "Run a node of your own: make its keys", command: quorate("keys generate", ...keys) },
    {
      key: "register",
      title: "register it: its operator's account has the stake",
      command: quorate("register", config, keyFile(accounts.at(-1)), "--yes"),
    },
    {
      key: "run",
      title: "and start its agent: three reports later it is active",
      command: quorate("run", config),
    },
  ];
}
