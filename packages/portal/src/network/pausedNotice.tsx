/**
 * Says on every page that the network is paused, until when, and who may end it (P-155): before anybody asks for what
 * would be refused.
 */
import type { Pause, QuorateClient } from "@quorate/client";
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
  const [pause, again] = useLoaded(
    async () => (known === null || known.chain === null ? null : readPause(known.client)),
    [known, location],
  );
  useEffect(() => {
    const timer = setInterval(() => document.hidden || again(), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  // A chain that cannot be asked is said by the page itself.
  if (pause.step === "failed" || pause.value === undefined || pause.value === null) return null;
  const [title, ...more] = t.app.paused(moment(pause.value.until));
  return (
    <Notice kind="warn">
      <p>
        <strong>{title}</strong>
      </p>
      {more.map((line) => (
        <p key={line}>{line}</p>
      ))}
      <p>{whoEnds(pause.value)}</p>
    </Notice>
  );
}

async function readPause(client: QuorateClient): Promise<Pause | null> {
  // The frame is shown before the client is loaded.
  const { pauseOf } = await import("./openClient.ts");
  return pauseOf(await client.contract());
}

function whoEnds({ by, windowEndsAt, pausesLeft }: Pause): string {
  if (by === "owner" || windowEndsAt === null) return t.app.pausedByOwner;
  return t.app.pausedByGuardian(moment(windowEndsAt), pausesLeft ?? 0);
}
