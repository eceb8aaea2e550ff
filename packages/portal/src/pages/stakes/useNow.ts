/** The chain's time as it goes on, without asking for it each second. */
import { useEffect, useState } from "preact/hooks";

/** @param read the chain's time when it was read, in seconds since 1970 */
export function useNow(read: number): number {
  const [now, setNow] = useState(read);
  useEffect(() => {
    const startMs = performance.now();
    setNow(read);
    const timer = setInterval(() => setNow(read + Math.floor((performance.now() - startMs) / 1_000)), 1_000);
    return () => clearInterval(timer);
  }, [read]);
  return now;
}
