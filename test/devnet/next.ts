/**
 * What to try on a devnet. In: the network as it is up. Out: steps, each with a command to copy that works as it stands, from the
 * root of the repository. A test runs them.
 */
import { join, relative } from "node:path";
import { REPOSITORY } from "../harness/child.ts";
import type { Devnet } from "./devnet.ts";

export interface NextStep {
  /** For those who pick one: the test does. */
  readonly key: "status" | "balance" | "claim" | "metrics" | "keys" | "register" | "run";
  readonly title: string;
  /** Lines of at most 80 characters, for any POSIX shell. */
  readonly command: string;
}

const QUORATE = "npx -y pnpm@12 quorate";

export function nextSteps(devnet: Devnet): readonly NextStep[] {
  const { accounts } = devnet;
  const [staker] = accounts;
  const operator = accounts.at(-1);
  const file = (...parts: string[]): string => relative(REPOSITORY, join(devnet.directory, ...parts));
  const config = relative(REPOSITORY, devnet.ownConfigFile);
  const keyFile = relative(REPOSITORY, operator?.keyFile ?? "");
  return [
    { key: "status", title: "Look at an agent", command: `${QUORATE} status --agent ${devnet.httpOf(1)}` },
    {
      key: "balance",
      title: "Be a staker: what is owed to you",
      command: `${QUORATE} balance --network local \\\n  ${staker?.address}`,
    },
    {
      key: "claim",
      title: "and get paid, in one transaction",
      command: [
        `${QUORATE} claim --network local --submit --yes \\`,
        `  --account-key-file ${relative(REPOSITORY, staker?.keyFile ?? "")}`,
      ].join("\n"),
    },
    {
      key: "metrics",
      title: "See what Prometheus reads",
      command: `curl -s ${devnet.healthOf(1)}/metrics | grep quorate_`,
    },
    {
      key: "keys",
      title: "Run a node of your own: make its keys",
      command: `${QUORATE} keys generate --devnet --out ${file("mine", "keys")} \\\n  --password-file ${file("password")}`,
    },
    {
      key: "register",
      title: "register it: its operator's account has the stake",
      command: `${QUORATE} register --config ${config} \\\n  --account-key-file ${keyFile} --yes`,
    },
    {
      key: "run",
      title: "and start its agent: three reports later it is active",
      command: `${QUORATE} run --config ${config}`,
    },
  ];
}
