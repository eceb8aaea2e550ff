/** What a node earned lately, as agents' ledgers say. */
import type { JSX } from "preact";
import { Amount, Mark, Stat } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import type { Compared } from "../../truth/compare.ts";
import { WhoSays } from "../../truth/whoSays.tsx";
import type { NodeEarned } from "./earned.ts";

const words = t.network.node;

export function EarnedBody({ compared }: { readonly compared: Compared<NodeEarned> }): JSX.Element {
  const { value, belief, by } = compared;
  return (
    <>
      {value.total === 0n ? (
        <p>
          {words.noEarnings} <Mark belief={belief} />
        </p>
      ) : (
        <dl class="facts">
          <Stat label={words.earnedIn(value.epoch - value.from + 1)}>
            <Amount atomic={value.total} /> <Mark belief={belief} />
          </Stat>
          <Stat label={words.earnedLast(String(value.epoch))}>
            <Amount atomic={value.inLast} /> <Mark belief={belief} />
          </Stat>
        </dl>
      )}
      <p class="soft">
        {value.total === 0n ? null : words.earnedWhat} {words.earnedBy(by)}
      </p>
      <WhoSays
        compared={compared}
        show={({ total }) => <Amount atomic={total} />}
        momentOf={({ epoch }) => t.rewards.said.behind(String(epoch))}
      />
    </>
  );
}
