/** What a transaction takes, before the wallet opens. */
import type { CallCost } from "@quorate/client";
import type { JSX } from "preact";
import { t } from "../../strings/index.ts";
import { etherText, gweiText } from "./ether.ts";

const s = t.rewards.claim;

export function CostLine({ cost }: { readonly cost: CallCost }): JSX.Element {
  const { gas, gasPriceWei, costWei, maxCostWei } = cost;
  const units = gas.toString().replace(/\B(?=(\d{3})+$)/g, ",");
  return (
    <p class="cost">
      {s.cost}: <strong>{s.costText(etherText(costWei), s.coin)}</strong>{" "}
      <span class="soft">({s.costDetail(units, gweiText(gasPriceWei), etherText(maxCostWei), s.coin)})</span>
    </p>
  );
}
