/**
 * What `quorate init` writes. Enters: answers. Leaves: an annotated YAML file that `quorate run` takes as it is, a
 * password nobody has seen, and keys; none of them in place of anything. Not its job: asking.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Address, quorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { createKeys, type KeyProtection, keyFiles, type NodeKeys } from "../../adapters/keys/keys.ts";
import { parseConfig } from "../../config.ts";

export interface Answers {
  readonly chainId: bigint;
  readonly rewards: Address;
  readonly pool: Address;
  readonly deployBlock: number;
  readonly providers: readonly string[];
  readonly p2pPort: number;
  /** Multiaddrs; empty where the machine's own addresses are the public ones. */
  readonly announce: readonly string[];
  readonly bootstrap: readonly string[];
  readonly httpPort: number;
  readonly operator: Address | null;
}

export interface Written {
  readonly config: string;
  readonly passwordFile: string;
  readonly keys: NodeKeys;
}

const CONFIG_FILE = "agent.yaml";
const PASSWORD_FILE = "password";
const KEYS_DIRECTORY = "keys";

/**
 * Refuses a directory that has what would be written, or that belongs to a repository, where secrets end up in
 * commits.
 * @throws INIT_REFUSED
 */
export function requireFit(directory: string): void {
  const parts = [join(directory, CONFIG_FILE), join(directory, PASSWORD_FILE)];
  const there = [...parts, ...keyFiles(join(directory, KEYS_DIRECTORY))].filter((path) => existsSync(path));
  if (there.length > 0)
    throw quorateError("INIT_REFUSED", { directory, reason: "these files are there", files: there });
  const repository = repositoryOf(resolve(directory));
  if (repository !== null) {
    throw quorateError("INIT_REFUSED", {
      directory,
      reason: "it is inside a repository, which is no place for keys",
      repository,
    });
  }
}

/** @throws CONFIG_INVALID before anything is written; KEYS_WRITE_FAILED, OUTPUT_FILE_UNWRITABLE */
export async function writeNode(directory: string, answers: Answers, protection: KeyProtection): Promise<Written> {
  const config = join(directory, CONFIG_FILE);
  const passwordFile = join(directory, PASSWORD_FILE);
  const text = configText(answers);
  parseConfig({ file: { path: config, text }, env: {}, flags: {} });
  const password = randomBytes(24).toString("base64url");
  writeNew(directory, passwordFile, `${password}\n`);
  const scheme = await loadNativeScheme();
  const keys = await createKeys({ directory: join(directory, KEYS_DIRECTORY), password, protection, scheme });
  writeNew(directory, config, text);
  return { config, passwordFile, keys };
}

/** JSON's texts and lists are YAML's too. */
const yaml = (value: unknown): string => JSON.stringify(value);

const NO_OPERATOR = `# The account that registers this node: the agent tells when it is another one.
  # operator: "0x…"`;

function configText(answers: Answers): string {
  const { chainId, rewards, pool, deployBlock, providers, p2pPort, announce, bootstrap, httpPort, operator } = answers;
  return `# One agent of a Quorate network. docs/configuration.md lists every field; \`quorate doctor\` checks them.
# Paths are meant from the directory of this file.

chain:
  # JSON-RPC addresses of Ethereum nodes. With three from different people one may fail or lie: the agent signs only
  # while most of them agree.
  providers: ${yaml(providers)}
  chainId: ${chainId}
  rewards: ${yaml(rewards)}   # ServiceNodeRewards
  pool: ${yaml(pool)}      # RewardRatePool
  deployBlock: ${deployBlock}

p2p:
  # Other nodes have to reach this port from outside: open it in the firewall.
  listen: [${yaml(`/ip4/0.0.0.0/tcp/${p2pPort}`)}]
  # The public address, where it is another one than the machine's own: /ip4/203.0.113.7/tcp/${p2pPort}
  announce: ${yaml(announce)}
  # Peers to meet first.
  bootstrap: ${yaml(bootstrap)}

http:
  # Stakers ask here, and \`quorate status\`. Put a proxy with TLS before it when stakers are to reach it, and name the
  # proxy in trustedProxies and its public name in allowedHosts.
  host: 127.0.0.1
  port: ${httpPort}

keys:
  directory: ${KEYS_DIRECTORY}
  passwordFile: ${PASSWORD_FILE}
  ${operator === null ? NO_OPERATOR : `operator: ${yaml(operator)}`}

store:
  # What was signed, which must never be lost or rolled back: \`quorate store backup\`.
  path: agent.sqlite

# With an account of its own, which nothing else uses, the agent sends reports and contests; it needs some ether.
# submit:
#   accountKeyFile: account.json
#   passwordFile: account-password

log:
  level: info   # \`quorate log level debug\` changes it while the agent runs
`;
}

function repositoryOf(directory: string): string | null {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (at === dirname(at)) return null;
  }
}

function writeNew(directory: string, path: string, text: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    throw quorateError("OUTPUT_FILE_UNWRITABLE", { path, reason: (cause as NodeJS.ErrnoException).code }, { cause });
  }
}
