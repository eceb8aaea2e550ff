/** What agents disagree about, with who says what; and who did not answer. Nothing where all is well. */
import { ERROR_CODES } from "@quorate/common";
import type { ComponentChildren, JSX } from "preact";
import { Notice } from "../parts/parts.tsx";
import { t } from "../strings/index.ts";
import type { Compared, Said } from "./compare.ts";

const s = t.rewards.said;

interface Props<A> {
  readonly compared: Compared<A>;
  readonly show: (value: A) => ComponentChildren;
  /** Of which moment an answer is, in words. */
  readonly momentOf?: (value: A) => string;
}

export function WhoSays<A>({ compared, show, momentOf }: Props<A>): JSX.Element | null {
  const { against, silent, by, value } = compared;
  return (
    <>
      {against.length === 0 ? null : (
        <Notice kind="warn">
          <h3>{s.title}</h3>
          <p>{s.differ}</p>
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  <th>{s.agent}</th>
                  <th>{s.says}</th>
                </tr>
              </thead>
              <tbody>
                {by.map((url) => (
                  <Row key={url} said={{ url, value }} show={show} note={s.chosen} />
                ))}
                {against.map((one) => (
                  <Row key={one.url} said={one} show={show} note={momentOf?.(one.value)} />
                ))}
              </tbody>
            </table>
          </div>
        </Notice>
      )}
      {silent.length === 0 ? null : (
        <details class="silent">
          <summary>{s.silent(silent.length)}</summary>
          <ul>
            {silent.map(({ url, error }) => (
              <li key={url}>
                {url}: {ERROR_CODES[error.code].summary} <code>{error.code}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

interface RowProps<A> {
  readonly said: Said<A>;
  readonly show: (value: A) => ComponentChildren;
  readonly note: string | undefined;
}

function Row<A>({ said, show, note }: RowProps<A>): JSX.Element {
  return (
    <tr>
      <td>{said.url}</td>
      <td>
        {show(said.value)} {note === undefined ? null : <span class="soft">{note}</span>}
      </td>
    </tr>
  );
}
