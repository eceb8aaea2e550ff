/** What docs/operating.md names is there. Its commands are run by test/e2e/life.test.ts. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { createMetrics } from "../../src/adapters/metrics/metrics.ts";
import { parseConfig } from "../../src/config.ts";
import { testAgent } from "../support/httpServer.ts";
import { readText } from "./prometheus.ts";

const FILE = fileURLToPath(new URL("../../../../docs/operating.md", import.meta.url));
const page = readText(FILE);
const yamlBlocks = [...page.matchAll(/^```yaml(.*)\n([\s\S]*?)^```$/gm)].map(([, name = "", text = ""]) => ({
  name: name.trim(),
  text,
}));
const whole = yamlBlocks.find(({ name }) => name === "agent.yaml")?.text ?? "";

describe("docs/operating.md", () => {
  it("its agent.yaml is a whole configuration, and so it is with each of the pieces shown later", () => {
    const pieces = yamlBlocks.filter(({ name, text }) => name === "" && !text.includes("scrape_configs"));
    expect(pieces.length).toBeGreaterThan(2);
    for (const { text } of [{ text: "" }, ...pieces]) {
      const [base, piece] = [parse(whole), parse(text) ?? {}];
      // A piece may show a part of a section that is there already.
      const sections = Object.keys(piece).map((name) => [name, { ...base[name], ...piece[name] }] as const);
      const yaml = stringify({ ...base, ...Object.fromEntries(sections) });
      expect(() => parseConfig({ file: { path: "agent.yaml", text: yaml }, env: {}, flags: {} }), text).not.toThrow();
    }
  });

  it("every metric it names is on the page that an agent serves", async () => {
    const served = await createMetrics(() => testAgent().api.status()).metrics();
    const named = [...page.matchAll(/`((?:quorate|nodejs)_[a-z0-9_]+)/g)].map(([, name = ""]) => name);
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => !served.includes(`\n# TYPE ${name} `))).toEqual([]);
  });

  it("every file and section it links to is there", () => {
    const links = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const sections = new Set(
      [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
        title
          .toLowerCase()
          .replace(/[^\w -]/g, "")
          .replace(/ /g, "-"),
      ),
    );
    const dead = links.filter((link) => {
      const [file = "", section] = link.split("#");
      if (/^https?:/.test(link)) return false;
      return file === "" ? !sections.has(section ?? "") : !existsSync(join(dirname(FILE), file));
    });
    expect(dead).toEqual([]);
  });
});
