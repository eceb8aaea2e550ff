/** The epoch that runs, when it closes, the last one whose rewards can be proven. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { duration, moment } from "../../parts/format.ts";
import { Mark, Notice, Stat } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import { epochAt } from "./epochs.ts";
import { chainNow, type Figures } from "./figures.ts";

const words = t.network.epoch;

interface EpochProps {
  readonly figures: Figures;
  /** By the chain's records; undefined while they are read, null where there is none. */
  readonly payable: number | null | undefined;
}

export function EpochBody({ figures, payable }: EpochProps): JSX.Element {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((last) => last + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  const at = epochAt(figures, chainNow(figures));
  if (at === null) return <Notice kind="info">{words.notStarted}</Notice>;
  const isByChain = figures.belief.by === "chain";
  const last = isByChain ? payable : figures.payableEpoch;
  return (
    <dl class="stats">
      <Stat label={words.now}>
        {at.epoch} <Mark belief={figures.belief} />
      </Stat>
      <Stat label={words.closes}>
        {duration(at.secondsLeft)}
        <span class="soft small"> {words.closesAt(moment(at.closesAt))}</span>
      </Stat>
      <Stat label={words.payable}>
        {last === undefined ? (
          t.app.loading
        ) : last === null ? (
          words.noPayable
        ) : (
          <>
            {last} <Mark belief={figures.belief} />
            <span class="soft small"> {words.payableFrom(at.epoch - last)}</span>
          </>
        )}
      </Stat>
      <Stat label={words.reports}>
        {figures.acceptedReports} <Mark belief={figures.belief} />
      </Stat>
    </dl>
  );
}
