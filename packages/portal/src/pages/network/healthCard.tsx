/** Whether payments can go on, and how much may fail before they cannot. */
import type { JSX } from "preact";
import { StackedBar } from "../../charts/stackedBar.tsx";
import { moment, percent } from "../../parts/format.ts";
import { Amount, Mark, Notice } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import type { NodesSaid } from "../../truth/nodesSaid.ts";
import type { AgentSaid } from "./agents.ts";
import { outOfReach } from "./agents.ts";
import type { Figures } from "./figures.ts";
import { bpsOf, healthOf, nodesThatMayFail } from "./health.ts";
import { byState } from "./nodeRows.ts";

const words = t.network.health;

interface HealthProps {
  readonly figures: Figures;
  readonly nodes: NodesSaid | null;
  readonly agents: readonly AgentSaid[];
}

export function HealthBody({ figures, nodes, agents }: HealthProps): JSX.Element {
  const { activeStake, pausedUntil, belief, block, timestamp } = figures;
  if (activeStake === 0n) return <Notice kind="warn">{words.none}</Notice>;
  const health = healthOf(figures);
  const missing = new Set(outOfReach(agents));
  const active = nodes?.nodes.filter(({ state }) => state === "active") ?? [];
  const failed = active.filter(({ id }) => missing.has(id)).reduce((sum, { stake }) => sum + stake, 0n);
  const left = failed > health.mayFail ? 0n : health.mayFail - failed;
  const others = active.filter(({ id }) => !missing.has(id)).map(({ stake }) => stake);
  return (
    <>
      {pausedUntil === null ? null : <Notice kind="bad">{words.paused(moment(pausedUntil))}</Notice>}
      {health.isShort ? <Notice kind="bad">{words.short}</Notice> : null}
      <p class="sentence">
        <MayFail stake={left} count={nodes === null ? null : nodesThatMayFail(others, left)} />{" "}
        <Mark belief={missing.size > 0 ? { by: "agents", count: agents.length } : belief} />
      </p>
      <p>
        {health.by === "floor" ? words.byFloor : words.byActive}{" "}
        {agents.length === 0 ? null : missing.size > 0 ? words.outOfReach(missing.size) : words.allInReach}
      </p>
      <Stakes figures={figures} nodes={nodes} />
      <p class="soft">
        {belief.by === "chain" ? t.network.readAt(String(block), moment(timestamp)) : t.network.noChain}
      </p>
    </>
  );
}

function MayFail({ stake, count }: { readonly stake: bigint; readonly count: number | null }): JSX.Element {
  const [before, after] =
    count === null
      ? [words.stakeOnly, words.stakeOnlyEnd]
      : count === 0
        ? [words.noNode, words.noNodeEnd]
        : words.mayFail(words.someNode(count));
  return (
    <>
      {before}
      <Amount atomic={stake} />
      {after}
    </>
  );
}

function Stakes({ figures, nodes }: { readonly figures: Figures; readonly nodes: NodesSaid | null }): JSX.Element {
  const { activeStake, decommissionedStake, silentStake } = figures;
  const counted = nodes === null ? null : byState(nodes.nodes);
  const pending = counted?.pending.stake ?? 0n;
  const all = activeStake + decommissionedStake + silentStake + pending;
  const part = (stake: bigint, count: number | undefined) => (
    <>
      <Amount atomic={stake} /> · {percent(bpsOf(stake, all))}
      {count === undefined ? null : <> · {t.network.stakes.nodes(String(count))}</>}
    </>
  );
  const silent = nodes?.nodes.filter((node) => node.state === "decommissioned" && node.silent).length;
  const differs =
    counted !== null &&
    (counted.active.stake !== activeStake || counted.decommissioned.stake !== decommissionedStake + silentStake);
  const inFloor = counted === null ? undefined : counted.decommissioned.count - (silent ?? 0);
  const silentPart = { name: t.network.stakes.silent, bps: bpsOf(silentStake, all), look: "none" } as const;
  return (
    <>
      <h3>{t.network.stakes.title}</h3>
      <StackedBar
        label={t.network.stakes.label}
        parts={[
          {
            name: t.network.stakes.counts,
            bps: bpsOf(activeStake, all),
            look: "good",
            children: part(activeStake, counted?.active.count),
          },
          {
            name: t.network.stakes.floor,
            bps: bpsOf(decommissionedStake, all),
            look: "warn",
            children: part(decommissionedStake, inFloor),
          },
          { ...silentPart, children: part(silentStake, silent) },
          {
            name: t.network.states.pending,
            bps: bpsOf(pending, all),
            look: "soft",
            children: part(pending, counted?.pending.count),
          },
        ]}
      />
      {differs ? <Notice kind="warn">{t.network.stakes.differs}</Notice> : null}
    </>
  );
}
