/** The page as static files under any path: what an agent serves and what a web server may serve. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    outDir: "dist",
    // Data URLs would need an exception in the Content-Security-Policy.
    assetsInlineLimit: 0,
    // What counts is what travels: each file is compressed.
    chunkSizeWarningLimit: 1_000,
    // Imports of chunks work without it in every browser of the target, and its inline code would break the policy.
    modulePreload: { polyfill: false },
  },
});
