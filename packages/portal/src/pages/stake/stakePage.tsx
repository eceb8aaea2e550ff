/** Page "stake". */
import type { JSX } from "preact";
import { t } from "../../strings/index.ts";

export default function StakePage(): JSX.Element {
  return <h1>{t.app.pages.stake}</h1>;
}
