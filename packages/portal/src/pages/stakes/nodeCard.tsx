/** One node that the account takes part in. */
import type { NodeDetails, QuorateClient } from "@quorate/client";
import { type Address, formatAmount } from "@quorate/common";
import type { TransactionReceipt } from "ethers";
import type { JSX } from "preact";
import { duration, moment, percent } from "../../parts/format.ts";
import { Amount, Card, Hash, Mark, Stat } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import type { Compared } from "../../truth/compare.ts";
import { Actions } from "./actionPanel.tsx";
import { LIQUIDATION_REPORTS, liquidationOf, nodeActions, partOf, principalOf } from "./actions.ts";
import { prepareNode } from "./prepare.ts";
import type { Uptimes } from "./uptime.ts";
import { UptimeStrip } from "./uptimeStrip.tsx";

interface NodeCardProps {
  readonly client: QuorateClient;
  readonly node: NodeDetails;
  readonly account: Address;
  /** The chain's time, in seconds since 1970. */
  readonly now: number;
  /** Undefined while agents are asked, null where none could tell. */
  readonly uptimes: Compared<Uptimes> | null | undefined;
  readonly onDone: (title: string, receipts: readonly TransactionReceipt[]) => void;
}

export function NodeCard({ client, node, account, now, uptimes, onDone }: NodeCardProps): JSX.Element {
  const { id, state, operator, stake, feeBps, silentReports, liquidated } = node;
  const part = partOf(node, account);
  return (
    <Card class="stake-card">
      <h3>
        <a href={`#/nodes/${id}`}>{t.stakes.node(id)}</a> <span class={`badge ${state}`}>{t.stakes.states[state]}</span>
        <Mark belief={{ by: "chain" }} />
      </h3>
      {silentReports !== null && silentReports > 0 ? <p>{silentText(silentReports)}</p> : null}
      {liquidated ? <p>{liquidatedText(node, account)}</p> : null}
      <dl class="stats">
        <Stat label={t.stakes.myStake}>
          <Amount atomic={principalOf(node, account)} />
        </Stat>
        <Stat label={t.stakes.wholeStake}>
          <Amount atomic={stake} />
        </Stat>
        <Stat label={t.stakes.role}>{operator === account ? t.stakes.roles.operator : t.stakes.roles.contributor}</Stat>
        <Stat label={t.stakes.fee}>{percent(feeBps)}</Stat>
        <Unlock node={node} now={now} />
        {part === null || part.beneficiary === account ? null : (
          <Stat label={t.stakes.beneficiary}>
            <Hash text={part.beneficiary} />
          </Stat>
        )}
      </dl>
      <Presence id={id} uptimes={uptimes} />
      <Actions
        about={t.stakes.node(id)}
        possible={nodeActions(node, account, now)}
        names={t.stakes.actions}
        prepare={(action) => prepareNode(client, node, account, action, now)}
        onDone={onDone}
      />
    </Card>
  );
}

function silentText(reports: number): string {
  return reports < LIQUIDATION_REPORTS ? t.stakes.silent(reports, LIQUIDATION_REPORTS) : t.stakes.silentMost(reports);
}

function liquidatedText({ stake, operator }: NodeDetails, account: Address): string {
  const { liquidator, pool } = liquidationOf(stake);
  const words = operator === account ? t.stakes.liquidatedOwn : t.stakes.liquidated;
  return words(formatAmount(liquidator + pool), LIQUIDATION_REPORTS);
}

function Unlock({ node, now }: { readonly node: NodeDetails; readonly now: number }): JSX.Element {
  const { state, unlocksAt } = node;
  const label = state === "exited" ? t.stakes.principalFree : t.stakes.unlock;
  if (unlocksAt === null) return <Stat label={label}>{t.stakes.notLeaving}</Stat>;
  return (
    <Stat label={label}>
      <time dateTime={new Date(unlocksAt * 1_000).toISOString()}>{moment(unlocksAt)}</time>{" "}
      <span class="soft">{now < unlocksAt ? t.stakes.left(duration(unlocksAt - now)) : t.stakes.nowFree}</span>
    </Stat>
  );
}

export function Presence({ id, uptimes }: Pick<NodeCardProps, "uptimes"> & { readonly id: number }): JSX.Element {
  if (uptimes === undefined) return <p class="soft">{t.stakes.presenceAsking}</p>;
  if (uptimes === null) return <p class="soft">{t.stakes.presenceUnknown}</p>;
  return (
    <div class="presence">
      <p class="soft">
        {t.stakes.presence} <Mark belief={uptimes.belief} />
      </p>
      <UptimeStrip uptime={uptimes.value.of[id] ?? ""} />
    </div>
  );
}
