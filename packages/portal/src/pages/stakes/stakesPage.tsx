/** "My stakes": nodes and pools that the connected account takes part in, and what it can do about them now. */
import { type Address, isQuorateError } from "@quorate/common";
import type { TransactionReceipt } from "ethers";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Connection, connection } from "../../network/connection.ts";
import { moment } from "../../parts/format.ts";
import { Amount, Card, Failure, Notice, Stat, Waiting } from "../../parts/parts.tsx";
import { SomeOf } from "../../parts/someOf.tsx";
import { useLoaded, valueIn } from "../../parts/useLoaded.ts";
import { Done } from "../../sending/sendPanel.tsx";
import { SentList } from "../../sending/sentList.tsx";
import { t } from "../../strings/index.ts";
import { createPanel } from "../../truth/panel.ts";
import { wallet } from "../../wallet/wallet.ts";
import { principalOf } from "./actions.ts";
import { NodeCard } from "./nodeCard.tsx";
import { PoolCard } from "./poolCard.tsx";
import { readStakes, type Stakes } from "./readStakes.ts";
import "./stakes.css";
import { askUptimes } from "./uptime.ts";
import { useNow } from "./useNow.ts";

/**
 * Milliseconds between two readings of the chain while the page is looked at: a slot of Ethereum for each twenty nodes,
 * because each node is a question of its own.
 */
const READ_EVERY_MS = 12_000;
const NODES_OF_A_SLOT = 20;

export default function StakesPage(): JSX.Element {
  const [known, connected] = [connection.value, wallet.value];
  return (
    <>
      <h1>{t.app.pages.stakes}</h1>
      {known === null || connected === null ? (
        <Notice kind="info">{t.stakes.connect}</Notice>
      ) : (
        <Mine key={connected.account} known={known} account={connected.account} />
      )}
    </>
  );
}

interface MineProps {
  readonly known: Connection;
  readonly account: Address;
}

function Mine({ known, account }: MineProps): JSX.Element {
  const { client } = known;
  const [read, again] = useLoaded(() => readStakes(client, account), [client, account]);
  const [done, setDone] = useState<{ readonly title: string; readonly receipts: readonly TransactionReceipt[] }>();
  const slots = Math.max(1, Math.ceil((valueIn(read)?.nodes.length ?? 0) / NODES_OF_A_SLOT));
  useEffect(() => {
    const timer = setInterval(() => document.hidden || again(), slots * READ_EVERY_MS);
    return () => clearInterval(timer);
  }, [slots]);
  return (
    <>
      {done === undefined ? null : <Done {...done} />}
      {read.step === "failed" ? <Failure error={read.error} onAgain={again} /> : null}
      {read.step === "failed" || read.value !== undefined ? null : <Waiting what={t.stakes.reading} />}
      {read.step === "failed" || read.value === undefined ? null : (
        <Found
          known={known}
          account={account}
          stakes={read.value}
          onAgain={again}
          onDone={(title, receipts) => {
            setDone({ title, receipts });
            again();
          }}
        />
      )}
      <SentList topic="stakes" />
    </>
  );
}

interface FoundProps extends MineProps {
  readonly stakes: Stakes;
  readonly onAgain: () => void;
  readonly onDone: (title: string, receipts: readonly TransactionReceipt[]) => void;
}

function Found({ known, account, stakes, onAgain, onDone }: FoundProps): JSX.Element {
  const { client, facts } = known;
  const { nodes, pools } = stakes;
  const now = useNow(stakes.now);
  const panel = useMemo(() => createPanel(client, facts), [client]);
  const ids = nodes.map(({ id }) => id);
  const [uptimes] = useLoaded(
    async (signal) => (ids.length === 0 ? null : askUptimes(panel, ids, signal).catch(nullWhenCoded)),
    [panel, ids.join()],
  );
  const common = { client, account, now, onDone };
  return (
    <>
      <Totals account={account} stakes={stakes} />
      {nodes.length + pools.length === 0 ? <Nothing /> : null}
      {nodes.length === 0 ? null : <h2>{t.stakes.nodes}</h2>}
      <SomeOf items={nodes}>
        {(node) => (
          <NodeCard key={node.id} node={node} uptimes={uptimes.step === "failed" ? null : uptimes.value} {...common} />
        )}
      </SomeOf>
      {pools.length === 0 ? null : <h2>{t.stakes.pools}</h2>}
      <SomeOf items={pools}>{(pool) => <PoolCard key={pool.address} pool={pool} {...common} />}</SomeOf>
      <p class="soft">
        {t.stakes.asOf(moment(stakes.now))}{" "}
        <button type="button" class="plain" onClick={onAgain}>
          {t.stakes.refresh}
        </button>
      </p>
    </>
  );
}

function nullWhenCoded(error: unknown): null {
  if (isQuorateError(error)) return null;
  throw error;
}

function Totals({ account, stakes: { nodes, pools } }: { readonly account: Address; readonly stakes: Stakes }) {
  const inNodes = nodes.reduce((sum, node) => sum + principalOf(node, account), 0n);
  const inPools = pools.reduce(
    (sum, { contributions, refundable }) =>
      sum + refundable + (contributions.find(({ addr }) => addr === account)?.amount ?? 0n),
    0n,
  );
  return (
    <Card>
      <dl class="stats">
        <Stat label={t.stakes.total}>
          <Amount atomic={inNodes} />
        </Stat>
        <Stat label={t.stakes.inPools}>
          <Amount atomic={inPools} />
        </Stat>
        <Stat label={t.stakes.leaving}>
          {nodes.filter(({ state, leaveRequestedAt }) => state !== "exited" && leaveRequestedAt !== null).length}
        </Stat>
      </dl>
    </Card>
  );
}

function Nothing(): JSX.Element {
  return (
    <Notice kind="info">
      <p>{t.stakes.none}</p>
      <a href="#/stake">{t.stakes.toStake}</a> · <a href="#/run">{t.stakes.toRun}</a>
    </Notice>
  );
}
