/** Small pieces that every page is made of. Enters: values. Leaves: markup that is read well aloud too. */
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "../strings/index.ts";
import { failureWords } from "./failureWords.ts";
import { shortHex, tokens } from "./format.ts";

/** Exact tokens. */
export function Amount({ atomic }: { readonly atomic: bigint }): JSX.Element {
  return (
    <span class="amount">
      {tokens(atomic)} <span class="unit">{t.units.token}</span>
    </span>
  );
}

interface CardProps {
  readonly title?: string;
  readonly children: ComponentChildren;
  readonly class?: string;
}

export function Card({ title, children, class: more }: CardProps): JSX.Element {
  return (
    <section class={`card ${more ?? ""}`}>
      {title === undefined ? null : <h2>{title}</h2>}
      {children}
    </section>
  );
}

export function Stat({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <div class="stat">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/**
 * How far something can be believed: by the chain; by signatures, checked with keys that several agents told alike
 * (P-149); by several agents; by one.
 */
export type Belief =
  | { readonly by: "chain" }
  | { readonly by: "keys"; readonly count: number }
  | { readonly by: "agents"; readonly count: number };

export function Mark({ belief }: { readonly belief: Belief }): JSX.Element {
  const sure = belief.by === "chain" || belief.count > 1;
  const text = markText(belief);
  return (
    <span class={`mark ${sure ? "sure" : "unsure"}`} title={text}>
      <span aria-hidden="true">{belief.by === "chain" ? "✓" : sure ? "≈" : "?"}</span>
      <span class="quiet-text">{text}</span>
    </span>
  );
}

function markText(belief: Belief): string {
  if (belief.by === "chain") return t.marks.verified;
  if (belief.by === "keys") return t.marks.keys(belief.count);
  return belief.count > 1 ? t.marks.agreed(belief.count) : t.marks.one;
}

export function Notice({
  kind,
  children,
}: {
  readonly kind: "info" | "warn" | "bad" | "good";
  readonly children: ComponentChildren;
}) {
  return (
    <div class={`notice ${kind}`} role={kind === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** What went wrong, with which values, and what to do about it: each once. */
export function Failure({ error, onAgain }: { readonly error: unknown; readonly onAgain?: () => void }): JSX.Element {
  const { what, values, remedy, code } = failureWords(error);
  return (
    <Notice kind="bad">
      <p>{what}</p>
      {values.length === 0 ? null : (
        <ul class="values">
          {values.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      {remedy === null ? null : <p>{remedy}</p>}
      {code === null ? null : <p class="code">{code}</p>}
      {onAgain === undefined ? null : (
        <button type="button" onClick={onAgain}>
          {t.app.again}
        </button>
      )}
    </Notice>
  );
}

/** An address or hash: short to look at, whole to copy and for whoever hears it. */
export function Hash({ text }: { readonly text: string }): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(text).then(() => setCopied(true));
  };
  return (
    <span class="hash">
      <code title={text}>{shortHex(text)}</code>
      <button type="button" class="plain" onClick={copy} aria-label={`${t.app.copy} ${text}`}>
        {isCopied ? t.app.copied : t.app.copy}
      </button>
    </span>
  );
}

/** Stands where something is about to be. */
export function Waiting({ what }: { readonly what?: string }): JSX.Element {
  return (
    <p class="waiting" role="status">
      {what ?? t.app.loading}
    </p>
  );
}
