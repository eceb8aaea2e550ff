/** Pools that take contributions, the better offer first. */
import type { PoolView } from "@quorate/client";
import type { JSX } from "preact";
import { percent, shortHex } from "../../parts/format.ts";
import { Amount, Card, Hash, Mark, Notice, Stat } from "../../parts/parts.tsx";
import { SomeOf } from "../../parts/someOf.tsx";
import { t } from "../../strings/index.ts";
import type { Compared } from "../../truth/compare.ts";
import { byOffer, spaceLeft } from "./contribution.ts";
import { OperatorRecordView } from "./operatorRecord.tsx";
import type { Records } from "./records.ts";

interface ListProps {
  readonly pools: readonly PoolView[];
  readonly records: Compared<{ readonly records: Records }> | null | undefined;
}

export function PoolList({ pools, records }: ListProps): JSX.Element {
  const sorted = pools.toSorted(byOffer);
  if (sorted.length === 0) {
    return (
      <Notice kind="info">
        {t.stake.none} <a href="#/run">{t.stake.toRun}</a>
      </Notice>
    );
  }
  return (
    <SomeOf items={sorted}>
      {(pool) => (
        <Card key={pool.address} class="stake-card">
          <PoolHead pool={pool} />
          <OperatorRecordView operator={pool.operator} records={records} />
          {pool.status !== "open" ? null : (
            <div class="buttons">
              <a
                class="button main"
                href={`#/stake/${pool.address}`}
                aria-label={t.stake.chooseAbout(shortHex(pool.address))}
              >
                {t.stake.choose}
              </a>
            </div>
          )}
        </Card>
      )}
    </SomeOf>
  );
}

/** What a pool offers, by the chain. */
export function PoolHead({ pool }: { readonly pool: PoolView }): JSX.Element {
  const { address, status, operator, feeBps, bounds, contributions } = pool;
  return (
    <>
      <h2 class="pool-name">
        {t.stake.pool(shortHex(address))}{" "}
        <span class={`badge ${status}`}>{status === "open" ? t.stake.open : t.stakes.poolStates[status]}</span>
        <Mark belief={{ by: "chain" }} />
      </h2>
      <dl class="stats">
        <Stat label={t.stake.fee}>{percent(feeBps)}</Stat>
        <Stat label={t.stake.space}>
          <Amount atomic={spaceLeft(pool)} />
        </Stat>
        <Stat label={t.stake.least}>{bounds.maximum === 0n ? t.stake.full : <Amount atomic={bounds.minimum} />}</Stat>
        <Stat label={t.stake.places}>{t.stake.placesOf(contributions.length)}</Stat>
      </dl>
      <p class="soft">
        {t.stake.operator} <Hash text={operator} />
      </p>
    </>
  );
}
