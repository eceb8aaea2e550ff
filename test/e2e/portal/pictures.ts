/** Pictures of the page for README and docs: written only when they are asked for. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";

/** `docs/pictures/<name>.png`, of what is in sight. UPDATE_PICTURES=1 has it written. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env["UPDATE_PICTURES"] !== "1") return;
  const directory = fileURLToPath(new URL("../../../docs/pictures", import.meta.url));
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}
