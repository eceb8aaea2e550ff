/** The last epochs as a strip of cells; whoever cannot see it hears the counts. */
import type { JSX } from "preact";
import { t } from "../../strings/index.ts";
import { countUptime } from "./uptime.ts";
import "./uptimeStrip.css";

export function UptimeStrip({ uptime }: { readonly uptime: string }): JSX.Element {
  const { present, missed, open } = countUptime(uptime);
  if (uptime === "") return <span class="soft">{t.stakes.noEpochs}</span>;
  return (
    <span class="uptime" role="img" aria-label={t.stakes.uptime(present, missed, open)}>
      {[...uptime].map((letter, i) => (
        <span key={uptime.length - i} class={`epoch ${letter}`} />
      ))}
    </span>
  );
}
