/** The claim: one button, then whatever it is at. */
import { type ClaimLimit, type Eip1193Provider, paymentOf } from "@quorate/client";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Connection } from "../../network/connection.ts";
import { moment, tokens } from "../../parts/format.ts";
import { Card, Notice, Waiting } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import { switchChain, wallet } from "../../wallet/wallet.ts";
import { ClaimRun, loadCheck, type Ready, readyOf } from "./claimRun.ts";
import { ClaimSteps } from "./claimSteps.tsx";
import { CostLine } from "./costLine.tsx";
import { etherText } from "./ether.ts";
import { laterOf, partOf, payableOf, type Rewards } from "./rewards.ts";
import { savedClaim } from "./savedClaim.ts";
import { type Standing, standingOf } from "./standing.ts";
import { isOver, troubleOf } from "./trouble.ts";
import { useTogether } from "./useTogether.ts";

const s = t.rewards.claim;
/** Of a part that is not recorded yet. */
const PART_CALLS = 2;
const withUnit = (atomic: bigint) => `${tokens(atomic)} ${t.units.token}`;

interface Props {
  readonly rewards: Rewards;
  readonly connection: Connection;
  readonly onAgain: () => void;
}

export function ClaimCard({ rewards, connection, onAgain }: Props): JSX.Element {
  const { recipient } = rewards;
  const run = useRun(connection, rewards);
  const quote = useQuote(rewards, connection);
  const sender = wallet.value;
  const cost = quote === undefined || quote === null ? null : quote.cost;
  const standing = standingOf(rewards, sender, connection.facts.chainId, cost);
  const state = run.state.value;
  // What was paid is looked at again as soon as it was: by this claim, or by another that was faster.
  const isPaid = state.step === "mined" || (state.step === "failed" && isOver(troubleOf(state.error)));
  useEffect(() => {
    if (isPaid) onAgain();
  }, [isPaid]);
  const isLost = state.step === "batch" && !state.isAsked;
  const asked = isLost && sender?.account === recipient ? sender.provider : null;
  useEffect(() => {
    if (asked !== null) void run.followBatch(asked);
  }, [asked]);
  if (state.step !== "idle") {
    const provider = sender?.account === recipient ? sender.provider : null;
    return (
      <Card title={s.title} class="claim">
        <ClaimSteps
          run={run}
          facts={connection.facts}
          wallet={provider}
          onDone={() => {
            run.reset();
            onAgain();
          }}
        />
      </Card>
    );
  }
  return (
    <Card title={s.title} class="claim">
      {standing.kind === "limit" ? <LimitNotice limit={standing.limit} pays={standing.pays} /> : null}
      <Way run={run} rewards={rewards} standing={standing} quote={quote} />
      <Obstacle standing={standing} connection={connection} onAgain={onAgain} />
      {standing.kind === "ready" && sender !== null ? (
        <Buttons rewards={rewards} run={run} provider={sender.provider} />
      ) : null}
      {standing.kind === "limit" && standing.part?.kind === "ready" && sender !== null ? (
        <PartButton amount={standing.limit.left} run={run} provider={sender.provider} />
      ) : null}
      <Cycle rewards={rewards} standing={standing} />
    </Card>
  );
}

/** One run for as long as the page shows this recipient; taken up again after a reload. */
function useRun(connection: Connection, { recipient }: Rewards): ClaimRun {
  const run = useMemo(() => {
    const saved = savedClaim(localStorage, connection.facts, recipient);
    return new ClaimRun({ client: connection.client, recipient, saved });
  }, [connection, recipient]);
  useEffect(() => {
    // Loaded while the agent that serves the page is there: it may be gone when a claim has to be checked.
    void loadCheck().catch(() => {});
    if (connection.chain !== null) void run.resume();
    return () => run.stop();
  }, [run]);
  return run;
}

/** What a claim that needs no signatures would cost: known before anybody clicks. Undefined while it is asked. */
function useQuote(rewards: Rewards, { client }: Connection): Ready | null | undefined {
  const [quote, setQuote] = useState<Ready | null | undefined>(undefined);
  const how = rewards.chain !== null && "value" in rewards.chain ? rewards.chain.value.balance.how : "nothing";
  useEffect(() => {
    let isWanted = true;
    const tell = (ready: Ready | null) => isWanted && setQuote(ready);
    // The last one stays while the next is asked for.
    setQuote((last) => (how === "proof" || how === "recorded" ? (last ?? undefined) : null));
    const part = partOf(rewards) ?? undefined;
    const recorded = async (amount?: bigint) => paymentOf(await client.contract(), rewards.recipient, null, amount);
    const asked = (async () => {
      if (part !== undefined && recordedOf(rewards) >= part) return readyOf(client, await recorded(part));
      if (how === "proof")
        return readyOf(client, await client.claim(rewards.recipient, { way: "proof", amount: part }));
      return how === "recorded" ? readyOf(client, await recorded(part)) : null;
    })();
    // What would be refused is said by the standing; the estimate has nothing to add.
    asked.then(tell, () => tell(null));
    return () => {
      isWanted = false;
    };
  }, [rewards]);
  return quote;
}

/** What the chain could pay without any agent. */
function recordedOf({ chain }: Rewards): bigint {
  if (chain === null || "error" in chain) return 0n;
  const { recorded, paid } = chain.value.balance;
  return recorded - paid;
}

interface WayProps {
  readonly run: ClaimRun;
  readonly rewards: Rewards;
  readonly standing: Standing;
  readonly quote: Ready | null | undefined;
}

function Way({ run, rewards, standing, quote }: WayProps): JSX.Element | null {
  const { chain } = rewards;
  if (chain === null || "error" in chain || standing.kind === "nothing") return null;
  const { how, proof } = chain.value.balance;
  const part = partOf(rewards);
  if (standing.kind === "limit" && part === null) return null;
  if (part !== null) return <PartWay run={run} quote={quote} />;
  const text = how === "proof" ? s.byProof(String(proof?.epoch ?? "")) : how === "bundle" ? s.bySignatures : s.byRecord;
  return (
    <>
      <p>{text}</p>
      {how === "bundle" ? null : quote === undefined ? (
        <Waiting what={s.costWaiting} />
      ) : quote === null ? null : (
        <CostLine cost={quote.cost} />
      )}
    </>
  );
}

/** How a part is paid, where all of it is above what the cycle leaves. */
function PartWay({ run, quote }: Pick<WayProps, "run" | "quote">): JSX.Element {
  const isTogether = useTogether(run, quote?.payment.transactions.length ?? PART_CALLS);
  if (quote === undefined) return <Waiting what={s.costWaiting} />;
  if (quote === null) return <p>{isTogether ? s.partSignedTogether : s.partSigned}</p>;
  return (
    <>
      <p>{quote.payment.transactions.length > 1 ? (isTogether ? s.partTogether : s.partTwo) : s.partOne}</p>
      <CostLine cost={quote.cost} />
    </>
  );
}

interface PartProps {
  /** What the cycle leaves. */
  readonly amount: bigint;
  readonly run: ClaimRun;
  readonly provider: Eip1193Provider;
}

function PartButton({ amount, run, provider }: PartProps): JSX.Element {
  return (
    <div class="buttons">
      <button type="button" class="main large" onClick={() => void run.start({ way: "cheapest", amount }, provider)}>
        {s.part(withUnit(amount))}
      </button>
    </div>
  );
}

interface ButtonsProps {
  readonly rewards: Rewards;
  readonly run: ClaimRun;
  readonly provider: Eip1193Provider;
}

function Buttons({ rewards, run, provider }: ButtonsProps): JSX.Element {
  const pays = payableOf(rewards)?.amount ?? 0n;
  const later = laterOf(rewards);
  return (
    <>
      <div class="buttons">
        <button
          type="button"
          class="main large"
          onClick={() => void run.start({ way: "cheapest", amount: null }, provider)}
        >
          {s.button(withUnit(pays))}
        </button>
        {later > 0n ? (
          <button
            type="button"
            title={s.signedWhy}
            onClick={() => void run.start({ way: "bundle", amount: null }, provider)}
          >
            {s.signed(withUnit(pays + later))}
          </button>
        ) : null}
      </div>
      {later > 0n ? <p class="soft">{s.signedWhy}</p> : null}
    </>
  );
}

interface ObstacleProps {
  readonly standing: Standing;
  readonly connection: Connection;
  readonly onAgain: () => void;
}

/** What stands in the way, and what to do about it. */
function Obstacle({ standing, connection, onAgain }: ObstacleProps): JSX.Element | null {
  const { chainId, rpc } = connection.facts;
  switch (standing.kind) {
    case "ready":
    case "chain-failed":
      return null;
    case "no-chain":
      return <Notice kind="info">{s.noChain}</Notice>;
    case "behind":
      return <Notice kind="warn">{s.behind(String(standing.blocks))}</Notice>;
    case "nothing":
      return <p class="soft">{s.nothing}</p>;
    case "limit": {
      const { part } = standing;
      return part === null ? null : <Obstacle standing={part} connection={connection} onAgain={onAgain} />;
    }
    case "refused":
      return (
        <Notice kind="warn">
          <p>{s.refused}</p>
          <p>{standing.refusal.meaning ?? standing.refusal.error}</p>
        </Notice>
      );
    case "no-wallet":
      return <Notice kind="info">{s.noWallet}</Notice>;
    case "not-yours":
      return <Notice kind="info">{s.notYours(standing.account)}</Notice>;
    case "wrong-chain":
      return (
        <Notice kind="warn">
          <p>{s.wrongChain(String(standing.have), chainId)}</p>
          <button type="button" onClick={() => void switchChain(BigInt(chainId), rpc).catch(() => {})}>
            {s.switch(chainId)}
          </button>
        </Notice>
      );
    case "no-gas": {
      const { balanceWei, maxCostWei } = standing.cost;
      return (
        <Notice kind="warn">
          <p>{s.noGas(etherText(balanceWei), etherText(maxCostWei), s.coin)}</p>
          <button type="button" onClick={onAgain}>
            {t.rewards.balance.refresh}
          </button>
        </Notice>
      );
    }
  }
}

interface LimitProps {
  readonly limit: ClaimLimit;
  readonly pays: bigint;
}

/** What is left of the limit, and when the rest is possible: in one cycle, or a part of it in each. */
function LimitNotice({ limit: { left, limit, resetsAt }, pays }: LimitProps): JSX.Element {
  const when = moment(resetsAt);
  const isNone = left === 0n;
  const then =
    pays - left > limit
      ? (isNone ? s.limitNoneMuch : s.limitPartMuch)(when, withUnit(limit))
      : (isNone ? s.limitNone : s.limitPart)(when);
  return <Notice kind="warn">{`${s.limit(withUnit(left), withUnit(pays))} ${then}`}</Notice>;
}

/** The limit of the cycle, where a claim takes a good part of what is left. */
function Cycle({ rewards: { chain }, standing }: { readonly rewards: Rewards; readonly standing: Standing }) {
  if (chain === null || "error" in chain || standing.kind === "limit" || standing.kind === "nothing") return null;
  const { left, limit, resetsAt } = chain.value.limit;
  return <p class="soft">{s.limitLeft(withUnit(left), withUnit(limit), moment(resetsAt))}</p>;
}
