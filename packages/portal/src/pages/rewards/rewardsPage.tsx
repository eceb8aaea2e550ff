/** Page "rewards". */
import type { JSX } from "preact";
import { t } from "../../strings/index.ts";

export default function RewardsPage(): JSX.Element {
  return <h1>{t.app.pages.rewards}</h1>;
}
