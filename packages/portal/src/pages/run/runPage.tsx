/** Page "run". */
import type { JSX } from "preact";
import { t } from "../../strings/index.ts";

export default function RunPage(): JSX.Element {
  return <h1>{t.app.pages.run}</h1>;
}
