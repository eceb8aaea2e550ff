/** What the reward pool releases, and what that is on stake (P-31). */
import type { JSX } from "preact";
import { percent } from "../../parts/format.ts";
import { Amount, Mark, Notice, Stat } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import type { Figures } from "./figures.ts";
import { bpsOf } from "./health.ts";

const words = t.network.emission;

export function EmissionBody({ figures: { emission, activeStake } }: { readonly figures: Figures }): JSX.Element {
  if (emission === null) return <Notice kind="info">{t.network.noChain}</Notice>;
  const amounts = [
    [words.epoch, emission.inNextEpoch],
    [words.day, emission.inNextDay],
    [words.year, emission.yearly],
    [words.left, emission.unreleased],
  ] as const;
  return (
    <>
      <dl class="facts">
        {amounts.map(([label, atomic]) => (
          <Stat key={label} label={label}>
            <Amount atomic={atomic} /> <Mark belief={{ by: "chain" }} />
          </Stat>
        ))}
        <Stat label={words.rate}>
          {activeStake === 0n ? words.noStake : percent(bpsOf(emission.yearly, activeStake))}{" "}
          <Mark belief={{ by: "chain" }} />
          <span class="soft small"> {words.rateWhat}</span>
        </Stat>
      </dl>
      <p class="soft">{words.what}</p>
    </>
  );
}
