/** Why the amount is what it is. Nothing of it is loaded before somebody asks. */
import type { JSX } from "preact";
import { lazy, Suspense } from "preact/compat";
import { useState } from "preact/hooks";
import type { Connection } from "../../network/connection.ts";
import { Card, Waiting } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import type { Rewards } from "./rewards.ts";

const WhyPanel = lazy(() => import("./whyPanel.tsx"));
const s = t.rewards.why;

interface Props {
  readonly rewards: Rewards;
  readonly connection: Connection;
}

export function WhyCard({ rewards, connection }: Props): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <Card title={s.title} class="why">
      <p class="soft">{s.about}</p>
      {isOpen ? (
        <Suspense fallback={<Waiting what={s.begin} />}>
          <WhyPanel rewards={rewards} connection={connection} />
        </Suspense>
      ) : (
        <button type="button" onClick={() => setOpen(true)}>
          {s.open}
        </button>
      )}
    </Card>
  );
}
