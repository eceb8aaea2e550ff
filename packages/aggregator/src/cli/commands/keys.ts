/** `quorate keys generate`: a new node's secrets. */
import { toHex } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { Command } from "commander";
import { createKeys, exposedSecrets, readPassword } from "../../adapters/keys/keys.ts";
import { peerIdOf } from "../../adapters/libp2p/peers.ts";
import { printFields, printProgress } from "../print.ts";

interface GenerateOptions {
  readonly out: string;
  readonly passwordFile: string;
  readonly devnet?: true;
}

export function keysCommand(): Command {
  const keys = new Command("keys").description("make the keys of a node");
  keys
    .command("generate")
    .summary("make new keys")
    .description(
      "Make a BLS key (signs shares) and an identity key (the node's libp2p key) as EIP-2335 keystores.\n" +
        "Files that exist are never overwritten. Keep a copy: a lost key cannot be replaced while its node is registered.",
    )
    .requiredOption("--out <directory>", "where the two files go; made if it is not there")
    .requiredOption("--password-file <file>", "file with the password that protects them")
    .option("--devnet", "throw-away keys: opened at once, protected by nothing")
    .action(generate);
  return keys;
}

async function generate(options: GenerateOptions): Promise<void> {
  const scheme = await loadNativeScheme();
  const password = readPassword(options.passwordFile);
  for (const { path, mode, remedy } of exposedSecrets([options.passwordFile])) {
    printProgress(`${path} can be read by others (mode ${mode}): ${remedy}`);
  }
  const protection = options.devnet ? "devnet" : "standard";
  const { blsKey, identityKey } = await createKeys({ directory: options.out, password, protection, scheme });
  printFields({
    directory: options.out,
    "BLS key": toHex(blsKey),
    "identity key": toHex(identityKey),
    "peer id": peerIdOf(toHex(identityKey)).toString(),
  });
}
