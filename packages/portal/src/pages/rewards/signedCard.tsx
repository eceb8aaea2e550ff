/** Signatures where no chain can be asked: offered, and gone on with after a reload. */
import type { JSX } from "preact";
import { lazy, Suspense } from "preact/compat";
import type { Connection } from "../../network/connection.ts";
import { Card, Waiting } from "../../parts/parts.tsx";
import { useKept } from "../../parts/useKept.ts";
import { t } from "../../strings/index.ts";
import type { Rewards } from "./rewards.ts";

const SignedPanel = lazy(() => import("./signedPanel.tsx"));
const s = t.rewards.offChain;

interface Props {
  readonly rewards: Rewards;
  readonly connection: Connection;
}

/** Kept: nothing, that somebody asked, or for which epoch. */
const ASKED = "asked";

export function SignedCard({ rewards, connection }: Props): JSX.Element | null {
  const { recipient, chain } = rewards;
  const { chainId, contract } = connection.facts;
  const [kept, keep] = useKept(`signed.${chainId}.${contract}.${recipient}`, "");
  if (chain !== null && !("error" in chain)) return null;
  const epoch = /^[0-9]{1,15}$/.test(kept) ? Number(kept) : undefined;
  return (
    <Card title={s.title}>
      <p>{s.about}</p>
      {kept === "" ? (
        <button type="button" onClick={() => keep(ASKED)}>
          {s.ask}
        </button>
      ) : (
        <Suspense fallback={<Waiting what={t.rewards.claim.asking} />}>
          <SignedPanel
            connection={connection}
            recipient={recipient}
            epoch={epoch}
            onEpoch={(signing) => keep(String(signing))}
            onStop={() => keep("")}
          />
        </Suspense>
      )}
    </Card>
  );
}
