/**
 * What a page that broke, or that could not be loaded, leaves: the reason, and a way to try again. Enters: a page.
 * Leaves: the page, or why it is not there. The other pages stay within reach.
 */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useErrorBoundary } from "preact/hooks";
import { useHashLocation } from "wouter-preact/use-hash-location";
import { t } from "../strings/index.ts";
import { Failure, Notice } from "./parts.tsx";

export function Guarded({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const [location] = useHashLocation();
  const [error, reset] = useErrorBoundary() as [unknown, () => void];
  useEffect(() => {
    if (error !== undefined) reset();
  }, [location]);
  if (error === undefined) return <>{children}</>;
  return (
    <>
      <Notice kind="bad">{t.app.broken}</Notice>
      <Failure error={error} onAgain={() => window.location.reload()} />
    </>
  );
}
