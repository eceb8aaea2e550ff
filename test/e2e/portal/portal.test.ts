/**
 * The page in a real browser, before real agents and a real chain: every `*.story.ts` beside this file, each of its
 * steps a test.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingBrowser } from "../../harness/browser.ts";
import { type PortalFixture, type PortalStory, startPortal } from "./fixture.ts";

if (missingBrowser !== null) process.stderr.write(`The page is not tried here: this machine lacks ${missingBrowser}\n`);

const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".story.ts"));
const stories = await Promise.all(
  names.sort().map(async (name) => ((await import(join(import.meta.dirname, name))) as { story: PortalStory }).story),
);

it("there are stories to tell", () => expect(stories.length).toBeGreaterThan(0));

describe.skipIf(missingBrowser !== null)("the page of a network", () => {
  let portal: PortalFixture;
  beforeAll(async () => {
    portal = await startPortal();
  });
  afterAll(() => portal?.close());

  describe.each(stories)("$page", ({ steps }) => {
    it.each(steps)("$name", ({ run }) => run(portal));
  });
});
