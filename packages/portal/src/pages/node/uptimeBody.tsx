/** Present epochs of a node as a strip, with the same in words. */
import type { JSX } from "preact";
import { PresenceStrip } from "../../charts/presenceStrip.tsx";
import { type Belief, Mark, Notice } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import { uptimeOf } from "../network/nodeRows.ts";

interface UptimeProps {
  readonly strip: string;
  readonly belief: Belief;
}

export function UptimeBody({ strip, belief }: UptimeProps): JSX.Element {
  if (strip === "") return <Notice kind="info">{t.network.node.noUptime}</Notice>;
  const { present, missed } = uptimeOf(strip);
  return (
    <>
      <p>
        <PresenceStrip strip={strip} />
      </p>
      <p>
        {t.network.strip.words(present, missed, strip.length - present - missed)}. <Mark belief={belief} />
      </p>
    </>
  );
}
