/** What was earned, paid, is payable, and when more is added; each with how far it can be believed. */
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { duration, moment, tokens } from "../../parts/format.ts";
import { Amount, Card, Failure, Mark, Notice, Stat } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import { WhoSays } from "../../truth/whoSays.tsx";
import { clockOf, inCycleOf, laterOf, payableOf, type Rewards } from "./rewards.ts";
import { type ChainClock, nextClose, type Schedule } from "./schedule.ts";

const s = t.rewards.balance;

interface Props {
  readonly rewards: Rewards;
  readonly isAsking: boolean;
  readonly onAgain: () => void;
}

export function BalanceCard({ rewards, isAsking, onAgain }: Props): JSX.Element {
  const { chain, earned } = rewards;
  const later = laterOf(rewards);
  return (
    <Card title={s.title} class="balance">
      <dl class="stats">
        <Payable rewards={rewards} />
        <EarnedStat rewards={rewards} />
        <Stat label={s.paid}>
          {chain === null || "error" in chain ? (
            <span class="soft">{s.unknown}</span>
          ) : (
            <>
              <Amount atomic={chain.value.balance.paid} /> <Mark belief={{ by: "chain" }} />
            </>
          )}
        </Stat>
        <More rewards={rewards} onClose={onAgain} />
      </dl>
      {later > 0n ? <p class="soft">{s.later(`${tokens(later)} ${t.units.token}`)}</p> : null}
      {chain === null ? <Notice kind="info">{s.noChain}</Notice> : null}
      {chain !== null && "error" in chain ? <Failure error={chain.error} onAgain={onAgain} /> : null}
      {"error" in earned ? <Failure error={earned.error} onAgain={onAgain} /> : null}
      {"value" in earned ? (
        <WhoSays
          compared={earned.value}
          show={({ amount }) => <Amount atomic={amount} />}
          momentOf={({ epoch }) => t.rewards.said.behind(String(epoch))}
        />
      ) : null}
      <div class="card-foot">
        <p class="soft">{s.legend}</p>
        <button type="button" class="plain" onClick={onAgain} disabled={isAsking} aria-busy={isAsking}>
          {s.refresh}
        </button>
      </div>
    </Card>
  );
}

function Payable({ rewards }: { readonly rewards: Rewards }): JSX.Element {
  const payable = payableOf(rewards);
  const inCycle = inCycleOf(rewards);
  return (
    <div class="stat first">
      <dt>{s.payable}</dt>
      <dd>
        {payable === null ? (
          <span class="soft">{s.unknown}</span>
        ) : (
          <>
            <Amount atomic={payable.amount} /> <Mark belief={payable.belief} />
            {inCycle === null ? null : (
              <span class="under">
                {inCycle === 0n ? s.noneInCycle : s.inCycle(`${tokens(inCycle)} ${t.units.token}`)}
              </span>
            )}
          </>
        )}
      </dd>
    </div>
  );
}

function EarnedStat({ rewards: { earned } }: { readonly rewards: Rewards }): JSX.Element {
  if ("error" in earned) {
    return (
      <Stat label={s.earned}>
        <span class="soft">{s.unknown}</span>
      </Stat>
    );
  }
  const { value, belief } = earned.value;
  return (
    <Stat label={s.earned}>
      <Amount atomic={value.amount} /> <Mark belief={belief} />
      <span class="under">{value.epoch < 0 ? s.earnedNone : s.earnedBy(String(value.epoch))}</span>
    </Stat>
  );
}

function More({ rewards, onClose }: { readonly rewards: Rewards; readonly onClose: () => void }): JSX.Element {
  const { told } = rewards;
  const clock = clockOf(rewards);
  const schedule = "value" in told ? told.value.schedule : null;
  if (clock === null || schedule === null) {
    return (
      <Stat label={s.more}>
        <span class="soft">{s.unknown}</span>
      </Stat>
    );
  }
  return (
    <Stat label={s.more}>
      <Countdown schedule={schedule} clock={clock} onClose={onClose} />
    </Stat>
  );
}

interface CountdownProps {
  readonly schedule: Schedule;
  readonly clock: ChainClock;
  readonly onClose: () => void;
}

/** Long epochs close unseen; short ones are looked at again. */
const LOOK_AFTER_SECONDS = 4;

function Countdown({ schedule, clock, onClose }: CountdownProps): JSX.Element {
  const close = useMemo(() => nextClose(schedule, clock.nowSeconds()), [clock]);
  const [, tick] = useState(0);
  const left = close - clock.nowSeconds();
  useEffect(() => {
    const timer = setInterval(() => {
      tick((turn) => turn + 1);
      if (close - clock.nowSeconds() > -LOOK_AFTER_SECONDS) return;
      clearInterval(timer);
      onClose();
    }, 1_000);
    return () => clearInterval(timer);
  }, [clock, close]);
  return (
    <>
      <span aria-live="off">{s.moreIn(duration(left))}</span>
      <span class="under">{s.moreAt(moment(close))}</span>
    </>
  );
}
