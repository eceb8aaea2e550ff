/** Wei as a person reads them. Never a number: exact where it is short, cut to six significant digits where not. */
import { formatEther, formatUnits } from "ethers";

/** "0.000123456": rounded up, so that a cost is never shown smaller than it is. */
export function etherText(wei: bigint): string {
  const digits = wei.toString().length;
  const drop = 10n ** BigInt(Math.max(0, digits - 6));
  const rounded = ((wei + drop - 1n) / drop) * drop;
  return formatEther(rounded).replace(/\.0$/, "");
}

export function gweiText(wei: bigint): string {
  return formatUnits(wei, "gwei").replace(/\.0$/, "");
}
