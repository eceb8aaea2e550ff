/** The page as static files under any path: what an agent serves and what a web server may serve. */
import { defineConfig } from "vite";
import { ensTables } from "./scripts/ensTables.ts";

const FRAME =
  /vite\/preload-helper|node_modules\/(?:preact|@preact|wouter|mipd|@noble\/hashes)|packages\/common\/src\/(?:errors|errorCodes\w*|hex|amount)\.ts/;
const CLIENT = /node_modules\/(?:ethers|zod)\/|packages\/client\/|packages\/common\/src\/(?:abi|chain|http)\//;

export default defineConfig({
  base: "./",
  plugins: [ensTables()],
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
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What is shown while the rest is loaded.
            { name: "frame", test: FRAME, priority: 2 },
            // One piece: many small ones compress worse, and every page needs nearly all of it.
            { name: "client", test: CLIENT, priority: 1 },
          ],
        },
      },
    },
  },
});
