/** What a node earned lately, as agents' ledgers say. */
import type { JSX } from "preact";
import { Amount, Mark, Stat } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import type { Compared } from "../../truth/compare.ts";
import type { NodeEarned } from "./earned.ts";

const words = t.network.node;

export function EarnedBody({ compared }: { readonly compared: Compared<NodeEarned> }): JSX.Element {
  const { value, belief, against } = compared;
  if (value.total === 0n) return <p>{words.noEarnings}</p>;
  return (
    <>
      <dl class="facts">
        <Stat label={words.earnedIn(value.epoch - value.from + 1)}>
          <Amount atomic={value.total} /> <Mark belief={belief} />
        </Stat>
        <Stat label={words.earnedLast(String(value.epoch))}>
          <Amount atomic={value.inLast} /> <Mark belief={belief} />
        </Stat>
      </dl>
      <p class="soft">{words.earnedWhat}</p>
      {against.map(({ url, value: other }) => (
        <p key={url} class="notice warn">
          {t.marks.disagree}: {url}
          {t.network.agents.says}
          <Amount atomic={other.total} />
        </p>
      ))}
    </>
  );
}
