/** `quorate keys`: a node's two secrets: made, taken over from elsewhere, looked at, put under another password. */
import { type Hex, toHex } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { Command } from "commander";
import { changePassword, describeKeys } from "../../adapters/keys/keyChanges.ts";
import { exposedSecrets, type NodeKeys, openKey, readPassword, writeKeys } from "../../adapters/keys/keys.ts";
import { peerIdOf } from "../../adapters/libp2p/peers.ts";
import { proveCommand } from "../operator/prove.ts";
import { printFields, printJson, printProgress } from "../print.ts";
import { readConfig } from "./run.ts";

interface KeysFlags {
  readonly passwordFile: string;
  readonly devnet?: true;
  readonly json?: true;
}

export function keysCommand(): Command {
  const keys = new Command("keys").description("a node's BLS key and identity key, as EIP-2335 keystores");
  keys.addCommand(generateCommand()).addCommand(importCommand());
  return keys.addCommand(listCommand()).addCommand(changePasswordCommand()).addCommand(proveCommand());
}

function generateCommand(): Command {
  const command = new Command("generate")
    .summary("make new keys")
    .description(
      "Make a BLS key (signs shares) and an identity key (the node's libp2p key) as EIP-2335 keystores.\n" +
        "Files that exist are never overwritten. Keep a copy: a lost key cannot be replaced while its node is " +
        "registered.",
    )
    .addHelpText("after", "\nExample:\n  quorate keys generate --out keys --password-file password");
  return addWritingOptions(command).action(async (flags: KeysFlags & { readonly out: string }) => {
    await write(flags, {});
  });
}

interface ImportFlags extends KeysFlags {
  readonly out: string;
  readonly bls: string;
  readonly identity?: string;
  readonly fromPasswordFile?: string;
}

function importCommand(): Command {
  const command = new Command("import")
    .summary("take over keys from another tool or machine")
    .description(
      "Open EIP-2335 keystores of any tool, check them against their public keys, and write them under a password " +
        "of yours.\n" +
        "Without --identity a new identity key is made: only for a node that is not registered yet. Never let two " +
        "agents run\n" +
        "with the same keys: stop the old one first, and move its store too (`quorate store backup` and `restore`).",
    )
    .requiredOption("--bls <file>", "keystore of the BLS key")
    .option("--identity <file>", "keystore of the identity key")
    .option("--from-password-file <file>", "their password (default: the one of --password-file)")
    .addHelpText(
      "after",
      "\nExample:\n  quorate keys import --bls old/bls.json --identity old/identity.json --from-password-file " +
        "old-password \\\n" +
        "    --out keys --password-file password",
    );
  return addWritingOptions(command).action(async (flags: ImportFlags) => {
    const scheme = await loadNativeScheme();
    const password = readPassword(flags.fromPasswordFile ?? flags.passwordFile);
    const blsSecret = await openKey("bls", flags.bls, password, scheme);
    if (flags.identity === undefined) {
      printProgress(
        "a new identity key is made: a node that is registered already needs the one it was registered with",
      );
      return write(flags, { blsSecret });
    }
    await write(flags, { blsSecret, identitySecret: await openKey("identity", flags.identity, password, scheme) });
  });
}

interface DirectoryFlags {
  readonly directory?: string;
  readonly config?: string;
  readonly json?: true;
}

function listCommand(): Command {
  const command = new Command("list")
    .summary("show the public keys in a directory")
    .description("Show what the two keystores say of themselves. No password is needed, and nothing secret is printed.")
    .addHelpText("after", "\nExample:\n  quorate keys list --directory keys");
  return addDirectoryOptions(command).action((flags: DirectoryFlags) => {
    const found = describeKeys(directoryOf(flags));
    const identity = found.find(({ kind }) => kind === "identity")?.publicKey;
    const peerId = identity == null ? null : peerIdOf(identity).toString();
    if (flags.json) return printJson({ keys: found, peerId });
    printFields({
      ...Object.fromEntries(found.map(({ kind, publicKey }) => [keyName(kind), publicKey ?? "not named in the file"])),
      "peer id": peerId,
      files: found.map(({ path }) => path).join(", "),
    });
  });
}

interface ChangeFlags extends DirectoryFlags {
  readonly passwordFile: string;
  readonly newPasswordFile: string;
  readonly devnet?: true;
}

function changePasswordCommand(): Command {
  const command = new Command("change-password")
    .summary("put the keys under another password")
    .description(
      "Open both keystores and write them under the new password. The keys stay what they are. When it is " +
        "interrupted, run it\n" +
        "again. The agent reads its password at the start: put the new one into keys.passwordFile before the next one.",
    )
    .requiredOption("--password-file <file>", "file with the password that opens them now")
    .requiredOption("--new-password-file <file>", "file with the password that is to open them")
    .option("--devnet", "throw-away keys: opened at once, protected by nothing")
    .addHelpText(
      "after",
      "\nExample:\n  quorate keys change-password --directory keys --password-file password --new-password-file " +
        "new-password",
    );
  return addDirectoryOptions(command).action(async (flags: ChangeFlags) => {
    const directory = directoryOf(flags);
    warnOfReaders([flags.passwordFile, flags.newPasswordFile]);
    const written = await changePassword({
      directory,
      from: readPassword(flags.passwordFile),
      to: readPassword(flags.newPasswordFile),
      protection: flags.devnet ? "devnet" : "standard",
      scheme: await loadNativeScheme(),
    });
    if (flags.json) return printJson({ directory, changed: written });
    printFields({
      directory,
      changed: written.length === 0 ? "nothing: the new password opens both" : written.join(", "),
    });
  });
}

function addWritingOptions(command: Command): Command {
  return command
    .requiredOption("--out <directory>", "where the two files go; made if it is not there")
    .requiredOption("--password-file <file>", "file with the password that protects them")
    .option("--devnet", "throw-away keys: opened at once, protected by nothing")
    .option("--json", "the public keys as one line of JSON");
}

function addDirectoryOptions(command: Command): Command {
  return command
    .option("--directory <directory>", "where the two files are")
    .option("--config <file>", "the agent's YAML file, whose keys.directory it is then", process.env["QUORATE_CONFIG"])
    .option("--json", "one line of JSON");
}

function directoryOf({ directory, config }: DirectoryFlags): string {
  return directory ?? readConfig({ config }).keys.directory;
}

async function write(
  flags: KeysFlags & { readonly out: string },
  secrets: Partial<Pick<NodeKeys, "blsSecret" | "identitySecret">>,
): Promise<void> {
  const scheme = await loadNativeScheme();
  const password = readPassword(flags.passwordFile);
  warnOfReaders([flags.passwordFile]);
  const protection = flags.devnet ? "devnet" : "standard";
  const { blsKey, identityKey } = await writeKeys({ directory: flags.out, password, protection, scheme, secrets });
  const peerId = peerIdOf(toHex(identityKey)).toString();
  if (flags.json) {
    return printJson({ directory: flags.out, blsKey: toHex(blsKey), identityKey: toHex(identityKey), peerId });
  }
  printFields({
    directory: flags.out,
    [keyName("bls")]: toHex(blsKey),
    [keyName("identity")]: toHex(identityKey),
    "peer id": peerId,
  } satisfies Record<string, string | Hex>);
}

function keyName(kind: "bls" | "identity"): string {
  return kind === "bls" ? "BLS key" : "identity key";
}

function warnOfReaders(paths: readonly string[]): void {
  for (const { path, mode, remedy } of exposedSecrets(paths)) {
    printProgress(`${path} can be read by others (mode ${mode}): ${remedy}`);
  }
}
