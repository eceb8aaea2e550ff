// The known-answer check of P-32 from outside: the same precompiles the contracts use, by eth_call, against the second
// implementation of the curve. In: a chain and a scheme. Out: what answered as it must. Sends nothing.
import { fromHex, g1ToEip2537, g2ToEip2537, isQuorateError, type SignatureScheme, toHex } from "@quorate/common";
import type { Provider } from "ethers";

const G1ADD = "0x000000000000000000000000000000000000000b";
const PAIRING = "0x000000000000000000000000000000000000000f";
const ONE = `0x${"0".repeat(63)}1`;
const ZERO = `0x${"0".repeat(64)}`;
/** -G1, the negated generator, as P-2 has it. */
const NEGATED_GENERATOR: Uint8Array = fromHex(
  "0x17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb" +
    "114d1d6855d545a8aa7d76c8cf2e21f267816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca",
);

/** What a precompile was asked, and whether its answer was the known one. */
export interface PrecompileCheck {
  readonly name: string;
  readonly ok: boolean;
}

/** Runs additions and pairings whose answers the scheme knows. A chain without EIP-2537 answers with nothing. */
export async function checkPrecompiles(
  provider: Provider,
  scheme: SignatureScheme,
): Promise<readonly PrecompileCheck[]> {
  const [one, two, digest] = [secret(1), secret(2), new Uint8Array(32).fill(7)];
  const generator = g1ToEip2537(scheme.publicKeyOf(one));
  const key = g1ToEip2537(scheme.publicKeyOf(two));
  const ask = async (to: string, data: string): Promise<string> =>
    provider.call({ to, data }).catch((error: unknown) => {
      // A provider that cannot be asked says nothing of the chain's precompiles.
      if (isQuorateError(error)) throw error;
      return "0x";
    });
  const sum = await ask(G1ADD, toHex(concat([generator, generator])));
  // e(-G1, 2 H) e(2 G1, H) = 1: `sign` with the key 1 is H itself.
  const hashed = g2ToEip2537(scheme.sign(one, digest));
  const signature = g2ToEip2537(scheme.sign(two, digest));
  const pairing = (second: Uint8Array): Promise<string> =>
    ask(PAIRING, toHex(concat([g1ToEip2537(NEGATED_GENERATOR), second, key, hashed])));
  return [
    { name: "known answer of G1ADD", ok: sum === toHex(key) },
    { name: "known answer of PAIRING", ok: (await pairing(signature)) === ONE },
    { name: "known refusal of PAIRING", ok: (await pairing(hashed)) === ZERO },
  ];
}

function secret(value: number): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes[31] = value;
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
