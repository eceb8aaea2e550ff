/** Page "stakes". */
import type { JSX } from "preact";
import { t } from "../../strings/index.ts";

export default function StakesPage(): JSX.Element {
  return <h1>{t.app.pages.stakes}</h1>;
}
