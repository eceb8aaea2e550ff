/** What the contract has of a node. */
import { formatAmount } from "@quorate/common";
import type { JSX } from "preact";
import { moment, percent } from "../../parts/format.ts";
import { Amount, Hash, Mark, Notice, Stat } from "../../parts/parts.tsx";
import { ScrollTable } from "../../parts/scrollTable.tsx";
import { t } from "../../strings/index.ts";
import { bpsOf } from "../network/health.ts";
import { LIQUIDATION_REPORTS, liquidationOf } from "../stakes/actions.ts";
import type { NodeRecord } from "./record.ts";

const words = t.network.node;

export function RecordBody({ record }: { readonly record: NodeRecord }): JSX.Element {
  const { state, stake, operator, feeBps, unlocksAt, silent, ofChain, belief } = record;
  return (
    <>
      {ofChain === null ? <Notice kind="warn">{t.network.noChain}</Notice> : null}
      {ofChain?.liquidated ? <Notice kind="warn">{liquidatedText(stake)}</Notice> : null}
      <dl class="facts">
        <Stat label={words.state}>
          {t.network.states[state]}
          {silent ? `, ${t.network.list.silent}` : ""} <Mark belief={belief} />
        </Stat>
        <Stat label={words.stake}>
          <Amount atomic={stake} /> <Mark belief={belief} />
        </Stat>
        <Stat label={words.fee}>{percent(feeBps)}</Stat>
        <Stat label={words.operator}>
          <Hash text={operator} />
        </Stat>
        <Dates record={record} />
        {unlocksAt === null ? null : (
          <Stat label={state === "exited" ? words.principal : words.unlocks}>{moment(unlocksAt)}</Stat>
        )}
        <Stat label={words.blsKey}>
          <Hash text={record.blsKey} />
        </Stat>
        <Stat label={words.identity}>
          <Hash text={record.identityKey} />
        </Stat>
      </dl>
      <Contributors record={record} />
    </>
  );
}

function liquidatedText(stake: bigint): string {
  const { liquidator, pool } = liquidationOf(stake);
  return words.liquidated(LIQUIDATION_REPORTS, formatAmount(liquidator), formatAmount(pool));
}

function Dates({ record: { ofChain } }: { readonly record: NodeRecord }): JSX.Element | null {
  if (ofChain === null) return null;
  const { registeredAt, leaveRequestedAt, decommissionedAt, silentReports } = ofChain;
  return (
    <>
      <Stat label={words.registered}>{moment(registeredAt)}</Stat>
      <Stat label={words.leave}>{leaveRequestedAt === null ? words.notLeaving : moment(leaveRequestedAt)}</Stat>
      {decommissionedAt === null ? null : <Stat label={words.decommissioned}>{moment(decommissionedAt)}</Stat>}
      {silentReports === null ? null : <Stat label={words.silentReports}>{words.silentOf(silentReports)}</Stat>}
    </>
  );
}

function Contributors({ record: { contributors, stake, belief } }: { readonly record: NodeRecord }): JSX.Element {
  return (
    <>
      <h3>
        {words.contributors} <Mark belief={belief} />
      </h3>
      <ScrollTable label={words.contributors} heads={Object.values(words.columns)}>
        {contributors.map(({ addr, beneficiary, stake: part, withdrawn }) => (
          <tr key={addr}>
            <td>
              <Hash text={addr} />
            </td>
            <td>{beneficiary === addr ? words.same : <Hash text={beneficiary} />}</td>
            <td>
              <Amount atomic={part} />
              {withdrawn === true ? <div class="soft small">{words.withdrawn}</div> : null}
            </td>
            <td>{percent(bpsOf(part, stake))}</td>
          </tr>
        ))}
      </ScrollTable>
    </>
  );
}
