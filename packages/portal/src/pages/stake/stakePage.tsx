/** "Stake": open pools with what they offer, or one of them with the way in and out. */
import type { PoolView, QuorateClient } from "@quorate/client";
import { type Address, isQuorateError } from "@quorate/common";
import type { TransactionReceipt } from "ethers";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useParams } from "wouter-preact";
import { type Connection, connection } from "../../network/connection.ts";
import { Card, Failure, Notice, Waiting } from "../../parts/parts.tsx";
import { useLoaded } from "../../parts/useLoaded.ts";
import { Done } from "../../sending/sendPanel.tsx";
import { SentList } from "../../sending/sentList.tsx";
import { t } from "../../strings/index.ts";
import { createPanel } from "../../truth/panel.ts";
import { wallet } from "../../wallet/wallet.ts";
import { PoolCard } from "../stakes/poolCard.tsx";
import { chainTime } from "../stakes/readStakes.ts";
import "../stakes/stakes.css";
import { useNow } from "../stakes/useNow.ts";
import { ContributeForm } from "./contributeForm.tsx";
import { OperatorRecordView } from "./operatorRecord.tsx";
import { PoolHead, PoolList } from "./poolList.tsx";
import { askRecords } from "./records.ts";
import "./stake.css";

export default function StakePage(): JSX.Element {
  const { pool } = useParams<{ pool?: string }>();
  const known = connection.value;
  const account = wallet.value?.account ?? null;
  return (
    <>
      <h1>{t.app.pages.stake}</h1>
      {known === null || known.chain === null ? (
        <Notice kind="info">{t.stake.noChain}</Notice>
      ) : pool === undefined ? (
        <OpenPools known={known} account={account} />
      ) : (
        <OnePool key={`${pool} ${account}`} known={known} account={account} address={pool} />
      )}
      <SentList topic="stakes" />
    </>
  );
}

interface ShownProps {
  readonly known: Connection;
  readonly account: Address | null;
}

function OpenPools({ known, account }: ShownProps): JSX.Element {
  const { client } = known;
  const [pools, again] = useLoaded(() => client.pools(account === null ? {} : { account }), [client, account]);
  const records = useRecords(known, pools.step === "failed" ? [] : (pools.value ?? []));
  return (
    <>
      <p>{t.stake.intro}</p>
      {pools.step === "failed" ? <Failure error={pools.error} onAgain={again} /> : null}
      {pools.step === "waiting" && pools.value === undefined ? <Waiting what={t.stake.reading} /> : null}
      {pools.step === "failed" || pools.value === undefined ? null : (
        <PoolList
          pools={pools.value.filter(({ status }) => status === "open" || status === "full")}
          records={records}
        />
      )}
    </>
  );
}

/** Undefined while agents are asked, null where none could tell. */
function useRecords({ client, facts }: Connection, pools: readonly PoolView[]) {
  const panel = useMemo(() => createPanel(client, facts), [client]);
  const operators = [...new Set(pools.map(({ operator }) => operator))];
  const [records] = useLoaded(
    async (signal) =>
      operators.length === 0
        ? undefined
        : askRecords(panel, operators, signal).catch((error: unknown) => {
            if (isQuorateError(error)) return null;
            throw error;
          }),
    [panel, operators.join()],
  );
  return records.step === "failed" ? null : records.value;
}

interface OneProps extends ShownProps {
  readonly address: string;
}

function OnePool({ known, account, address }: OneProps): JSX.Element {
  const { client } = known;
  const [read, again] = useLoaded(() => readPool(client, address, account), [client, address, account]);
  const [receipts, setReceipts] = useState<readonly TransactionReceipt[] | null>(null);
  const records = useRecords(known, read.step === "failed" || read.value === undefined ? [] : [read.value.pool]);
  const done = (mined: readonly TransactionReceipt[]) => {
    setReceipts(mined);
    again();
  };
  return (
    <>
      <p>
        <a href="#/stake">{t.stake.back}</a>
      </p>
      {receipts === null ? null : <Done receipts={receipts} />}
      {read.step === "failed" ? <Failure error={read.error} onAgain={again} /> : null}
      {read.step === "waiting" && read.value === undefined ? <Waiting what={t.stake.reading} /> : null}
      {read.step === "failed" || read.value === undefined ? null : (
        <>
          <Card class="stake-card">
            <PoolHead pool={read.value.pool} />
            <OperatorRecordView operator={read.value.pool.operator} records={records} />
          </Card>
          {account === null ? (
            <Notice kind="info">{t.stake.connect}</Notice>
          ) : (
            <Mine {...{ client, account, ...read.value }} onDone={done} />
          )}
        </>
      )}
    </>
  );
}

interface MineProps {
  readonly client: QuorateClient;
  readonly account: Address;
  readonly pool: PoolView;
  readonly now: number;
  readonly onDone: (receipts: readonly TransactionReceipt[]) => void;
}

function Mine({ client, account, pool, now: read, onDone }: MineProps): JSX.Element {
  const now = useNow(read);
  const isIn = pool.refundable > 0n || pool.contributions.some(({ addr }) => addr === account);
  return (
    <>
      {isIn ? <PoolCard {...{ client, account, pool, now }} onDone={(_title, receipts) => onDone(receipts)} /> : null}
      {pool.status === "open" ? <ContributeForm {...{ client, pool, account, onDone }} /> : null}
    </>
  );
}

async function readPool(client: QuorateClient, address: string, account: Address | null) {
  const [pool, now] = await Promise.all([client.pool(address, account ?? undefined), chainTime(client)]);
  return { pool, now };
}
