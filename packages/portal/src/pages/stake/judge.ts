/**
 * A beneficiary as a person typed it, held against the chain. Enters: text, a client. Leaves: an address with a
 * verdict, or what is wrong with the text.
 */
import { factoryOf, type QuorateClient } from "@quorate/client";
import { type Address, isQuorateError, parseAddress } from "@quorate/common";
import { coded } from "@quorate/common/chain";
import { type BeneficiaryVerdict, judgeBeneficiary } from "./beneficiary.ts";

export type BeneficiaryText =
  | { readonly address: Address; readonly verdict: BeneficiaryVerdict }
  | { readonly problem: "malformed" | "checksum" };

/** @throws CHAIN_PROVIDER_FAILED */
export async function lookAtBeneficiary(
  client: QuorateClient,
  text: string,
  pool: Address | null,
): Promise<BeneficiaryText> {
  const address = addressIn(text);
  if (typeof address !== "string") return address;
  const contract = await client.contract();
  const [code, distributor, rewardPool, factory, token] = await Promise.all([
    coded(() => contract.chain.getCode(address)),
    contract.distributor(),
    contract.pool(),
    factoryOf(contract),
    contract.read("token") as Promise<string>,
  ]);
  const network = [contract.domain.verifyingContract, distributor, rewardPool, parseAddress(token)];
  const own = [...network, ...[factory, pool].filter((one) => one !== null)];
  return { address, verdict: judgeBeneficiary(address, code, own) };
}

function addressIn(text: string): Address | { readonly problem: "malformed" | "checksum" } {
  try {
    return parseAddress(text.trim());
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    return { problem: error.code === "ADDRESS_BAD_CHECKSUM" ? "checksum" : "malformed" };
  }
}
