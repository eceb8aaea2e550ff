/** Says on every page that the network is paused, and until when: before anybody asks for what would be refused. */
import type { QuorateClient } from "@quorate/client";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useHashLocation } from "wouter-preact/use-hash-location";
import { moment } from "../parts/format.ts";
import { Notice } from "../parts/parts.tsx";
import { useLoaded } from "../parts/useLoaded.ts";
import { t } from "../strings/index.ts";
import { connection } from "./connection.ts";

/** Milliseconds between two looks while the page is looked at. A pause is for hours or days. */
const LOOK_MS = 30_000;

export function PausedNotice(): JSX.Element | null {
  const known = connection.value;
  const [location] = useHashLocation();
  const [until, again] = useLoaded(
    async () => (known === null || known.chain === null ? null : readPause(known.client)),
    [known, location],
  );
  useEffect(() => {
    const timer = setInterval(() => document.hidden || again(), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  // A chain that cannot be asked is said by the page itself.
  if (until.step === "failed" || until.value === undefined || until.value === null) return null;
  const [title, ...more] = t.app.paused(moment(until.value));
  return (
    <Notice kind="warn">
      <p>
        <strong>{title}</strong>
      </p>
      {more.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </Notice>
  );
}

/** Seconds since 1970 at which the pause ends; null where none runs (P-29, P-113). @throws CHAIN_* */
async function readPause(client: QuorateClient): Promise<number | null> {
  const contract = await client.contract();
  const [isPaused, until] = await Promise.all([contract.read("paused"), contract.read("pausedUntil")]);
  return isPaused === true ? Number(until) : null;
}
