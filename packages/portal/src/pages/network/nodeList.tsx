/** All nodes: only the rows in sight are there, so that thousands scroll like ten. Filtered, sorted, each a link. */
import type { NodeState } from "@quorate/common";
import type { NodeAnswer } from "@quorate/common/http";
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { percent, shortHex } from "../../parts/format.ts";
import { Amount, Mark } from "../../parts/parts.tsx";
import { useVirtual } from "../../parts/useVirtual.ts";
import { t } from "../../strings/index.ts";
import type { Compared } from "../../truth/compare.ts";
import type { NodesSaid } from "../../truth/nodesSaid.ts";
import {
  filterNodes,
  type NodeFilter,
  type NodeSort,
  SORTS,
  type SortKey,
  STATES,
  sortNodes,
  uptimeOf,
} from "./nodeRows.ts";

const words = t.network.list;
const ROW_PX = 44;
const HEIGHT_MAX_PX = 484;

export function NodeList({ said }: { readonly said: Compared<NodesSaid> }): JSX.Element {
  const [filter, setFilter] = useState<NodeFilter>({ state: "all", text: "" });
  const [sort, setSort] = useState<NodeSort>({ by: "id", isDescending: false });
  const all = said.value.nodes;
  const rows = useMemo(() => sortNodes(filterNodes(all, filter), sort), [all, filter, sort]);
  return (
    <>
      <div class="filters">
        <label>
          {words.state}
          <select
            value={filter.state}
            onChange={({ currentTarget }) => setFilter({ ...filter, state: currentTarget.value as NodeState | "all" })}
          >
            <option value="all">{words.all}</option>
            {STATES.map((state) => (
              <option key={state} value={state}>
                {t.network.states[state]}
              </option>
            ))}
          </select>
        </label>
        <label>
          {words.search}
          <input
            type="search"
            value={filter.text}
            onInput={({ currentTarget }) => setFilter({ ...filter, text: currentTarget.value })}
          />
        </label>
        <p role="status" class="soft">
          {words.found(String(rows.length), String(all.length))} <Mark belief={said.belief} />
        </p>
      </div>
      {rows.length === 0 ? <p>{words.nothing}</p> : <Rows rows={rows} sort={sort} onSort={setSort} />}
      {said.against.map(({ url }) => (
        <p key={url} class="notice warn">
          {t.network.agents.nodesDiffer(url)}
        </p>
      ))}
    </>
  );
}

interface RowsProps {
  readonly rows: readonly NodeAnswer[];
  readonly sort: NodeSort;
  readonly onSort: (sort: NodeSort) => void;
}

function Rows({ rows, sort, onSort }: RowsProps): JSX.Element {
  const scroller = useRef<HTMLElement>(null);
  const { rows: shown, before: above, after: below } = useVirtual(rows.length, ROW_PX, scroller);
  const height = Math.min(HEIGHT_MAX_PX, (rows.length + 1) * ROW_PX);
  return (
    <section
      ref={scroller}
      class="rows-scroller"
      style={{ height: `${height}px` }}
      aria-label={words.title}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys.
      tabIndex={0}
    >
      <table class="rows" aria-rowcount={rows.length + 1}>
        <Head sort={sort} onSort={onSort} />
        <tbody>
          <Space px={above} />
          {shown.map((index) => (
            <Row key={(rows[index] as NodeAnswer).id} node={rows[index] as NodeAnswer} index={index} />
          ))}
          <Space px={below} />
        </tbody>
      </table>
    </section>
  );
}

/** As high as the rows that are not there. */
function Space({ px }: { readonly px: number }): JSX.Element | null {
  return px <= 0 ? null : <tr style={{ height: `${px}px` }} />;
}

function Head({ sort, onSort }: Omit<RowsProps, "rows">): JSX.Element {
  const press = (by: SortKey) => onSort({ by, isDescending: sort.by === by ? !sort.isDescending : by === "stake" });
  return (
    <thead>
      <tr aria-rowindex={1}>
        {SORTS.map((by) => {
          const order = sort.by !== by ? "none" : sort.isDescending ? "descending" : "ascending";
          return (
            <th key={by} scope="col" aria-sort={order} class={by}>
              <button type="button" class="plain" onClick={() => press(by)}>
                {words.columns[by]}
                <span aria-hidden="true">{order === "none" ? "" : order === "ascending" ? " ↑" : " ↓"}</span>
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

interface RowProps {
  readonly node: NodeAnswer;
  readonly index: number;
}

function Row({ node, index }: RowProps): JSX.Element {
  const { present, missed, presentBps } = uptimeOf(node.uptime);
  return (
    <tr aria-rowindex={index + 2} style={{ height: `${ROW_PX}px` }}>
      <td>
        <Link href={`/nodes/${node.id}`}>#{node.id}</Link>
      </td>
      <td>
        <span class={`state-name ${node.state}`}>{t.network.states[node.state]}</span>
        {node.silent ? <span class="soft"> {words.silent}</span> : null}
      </td>
      <td>
        <Amount atomic={node.stake} />
      </td>
      <td>
        {presentBps === null ? words.notJudged : words.present(present, present + missed)}
        {presentBps === null ? null : <span class="soft"> {percent(presentBps)}</span>}
      </td>
      <td>
        <code title={node.operator}>{shortHex(node.operator)}</code>
      </td>
    </tr>
  );
}
