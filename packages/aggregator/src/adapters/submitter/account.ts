/**
 * The account that pays for an agent's transactions. Enters: a file with its key. Leaves: a wallet. The key comes from
 * a file, never from a flag or the environment, and goes nowhere else.
 */
import { quorateError } from "@quorate/common";
import { Wallet } from "ethers";
import { readAccountKey, readPassword, requireAffordable } from "../keys/keys.ts";

/**
 * The file holds either a private key (32 bytes of hex, as for `quorate register`), or, with a password file, an
 * encrypted Ethereum keystore (version 3, what geth and other wallets write). An address named in the keystore must be
 * the key's own, EIP-55 checksum and all.
 * @throws KEYS_NOT_FOUND, KEYS_MALFORMED, KEYS_WRONG_PASSWORD, PASSWORD_NOT_FOUND, PASSWORD_INVALID
 */
export function openAccount(path: string, passwordFile: string | null): Promise<Wallet> {
  return openWallet(path, passwordFile === null ? null : () => readPassword(passwordFile));
}

/** As `openAccount`, with the password from wherever a command has it. */
export async function openWallet(path: string, password: (() => string | Promise<string>) | null): Promise<Wallet> {
  const text = readAccountKey(path);
  if (/^(0x)?[0-9a-fA-F]{64}$/.test(text)) {
    try {
      return new Wallet(text);
    } catch {
      // The cause would hold the key.
      throw quorateError("KEYS_MALFORMED", { path, reason: "not a private key of secp256k1" });
    }
  }
  if (password === null) {
    throw quorateError("KEYS_MALFORMED", {
      path,
      reason: "neither 32 bytes of hex nor a keystore with a password file",
    });
  }
  requireAffordable(path, kdfOf(text));
  const secret = await password();
  try {
    const wallet = await Wallet.fromEncryptedJson(text, secret);
    return new Wallet(wallet.privateKey);
  } catch (cause) {
    const wrong = /incorrect password/i.test(String(cause));
    if (wrong) throw quorateError("KEYS_WRONG_PASSWORD", { path });
    throw quorateError("KEYS_MALFORMED", { path, reason: "not an Ethereum keystore of version 3" });
  }
}

/** The costs that a keystore of version 3 names, in whatever case; none where it is no keystore. */
function kdfOf(text: string): Record<string, number> {
  try {
    const cost: Record<string, number> = {};
    // Every object is looked at, so that no spelling of the way to the parameters is missed.
    JSON.parse(text, (name: string, value: unknown) => {
      if (/^[nrpc]$/i.test(name) && (typeof value === "number" || typeof value === "string")) {
        cost[name.toLowerCase()] = Number(value);
      }
      return value;
    });
    return cost;
  } catch {
    return {};
  }
}
