/** Page "node". */
import type { JSX } from "preact";
import { t } from "../../strings/index.ts";

export default function NodePage(): JSX.Element {
  return <h1>{t.app.pages.network}</h1>;
}
