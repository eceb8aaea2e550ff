/** One pool that the account has paid into, runs, or is owed by. */
import type { PoolView, QuorateClient } from "@quorate/client";
import type { Address } from "@quorate/common";
import type { TransactionReceipt } from "ethers";
import type { JSX } from "preact";
import { percent, shortHex } from "../../parts/format.ts";
import { Amount, Card, Hash, Mark, Stat } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import { Actions } from "./actionPanel.tsx";
import { type PoolAction, poolActions } from "./actions.ts";
import { preparePool } from "./prepare.ts";

interface PoolCardProps {
  readonly client: QuorateClient;
  readonly pool: PoolView;
  readonly account: Address;
  /** The chain's time, in seconds since 1970. */
  readonly now: number;
  readonly onDone: (title: string, receipts: readonly TransactionReceipt[]) => void;
}

export function PoolCard({ client, pool, account, now, onDone }: PoolCardProps): JSX.Element {
  const { address, status, total, stakingRequirement, feeBps, operator, contributions, refundable } = pool;
  const own = contributions.find(({ addr }) => addr === account);
  const name = t.stakes.pool(shortHex(address));
  return (
    <Card class="stake-card">
      <h3>
        {name} <span class={`badge ${status}`}>{t.stakes.poolStates[status]}</span>
        <Mark belief={{ by: "chain" }} />
      </h3>
      <Hash text={address} />
      <dl class="stats">
        <Stat label={t.stakes.myStake}>
          <Amount atomic={own?.amount ?? 0n} />
        </Stat>
        {status === "setup" ? null : (
          <Stat label={t.stakes.paidIn}>
            <Amount atomic={total} /> {t.stakes.of} <Amount atomic={stakingRequirement} />
          </Stat>
        )}
        <Stat label={t.stakes.role}>{operator === account ? t.stakes.roles.operator : t.stakes.roles.contributor}</Stat>
        <Stat label={t.stakes.fee}>{percent(feeBps)}</Stat>
        {refundable === 0n ? null : (
          <Stat label={t.stakes.refundable}>
            <Amount atomic={refundable} />
          </Stat>
        )}
        {own === undefined || own.beneficiary === account ? null : (
          <Stat label={t.stakes.beneficiary}>
            <Hash text={own.beneficiary} />
          </Stat>
        )}
      </dl>
      <Actions<PoolAction>
        about={name}
        possible={poolActions(pool, account, now)}
        names={t.stakes.poolActions}
        links={{ topUp: `/stake/${address}`, open: "/run" }}
        prepare={(action) => {
          if (action === "topUp" || action === "open") throw new Error(`${action} is a link`);
          return preparePool(client, pool, account, action);
        }}
        onDone={onDone}
      />
    </Card>
  );
}
