/** A signing round as it goes: stake as a bar, nodes as dots, and who is missing with the reason in plain words. */
import { whyNotSigned } from "@quorate/client";
import type { ClaimView } from "@quorate/common";
import type { JSX } from "preact";
import { percent } from "../../parts/format.ts";
import { t } from "../../strings/index.ts";
import { dotsOf } from "./dots.ts";

const s = t.rewards.signing;
/** Reasons shown at once. The others are counted. */
const REASONS_SHOWN = 12;

export function Signing({ url, claim }: { readonly url: string; readonly claim: ClaimView }): JSX.Element {
  const { signedBps, signers, missing, epoch } = claim;
  const dots = dotsOf(claim);
  const text = s.bar(percent(signedBps));
  return (
    <div class="signing">
      <p aria-live="polite">
        <strong>{s.title(String(epoch))}</strong> <span class="soft">{s.asked(url)}</span>
      </p>
      <div
        class="bar"
        role="progressbar"
        aria-label={text}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(signedBps / 100)}
        aria-valuetext={text}
      >
        <div class={`fill ${signedBps >= 9_500 ? "enough" : ""}`} style={{ width: `${signedBps / 100}%` }} />
        <div class="needed" aria-hidden="true" />
      </div>
      <p>{text}</p>
      <div
        class={`dots ${dots.length > 200 ? "many" : ""}`}
        role="img"
        aria-label={s.nodes(signers.length, dots.length)}
      >
        {dots.map(({ id, hasSigned }) => (
          <i key={id} class={hasSigned ? "lit" : ""} />
        ))}
      </div>
      <p class="soft">{s.nodes(signers.length, dots.length)}</p>
      {missing.length === 0 ? null : <Missing claim={claim} />}
    </div>
  );
}

function Missing({ claim }: { readonly claim: ClaimView }): JSX.Element {
  const lines = whyNotSigned(claim);
  return (
    <details class="missing">
      <summary>{s.missing(claim.missing.length)}</summary>
      <ul class="reasons">
        {lines.slice(0, REASONS_SHOWN).map((line) => (
          <li key={line}>{line}</li>
        ))}
        {lines.length > REASONS_SHOWN ? <li>{s.more(lines.length - REASONS_SHOWN)}</li> : null}
      </ul>
    </details>
  );
}
