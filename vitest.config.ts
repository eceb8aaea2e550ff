import { join } from "node:path";
import { defineConfig } from "vitest/config";

// Compiled packages are kept for all test workers and the processes that they start: each would compile them anew.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules/.cache/quorate-compile");

export default defineConfig({
  test: {
    // All cores: by default one is left free, and of two that is half.
    maxWorkers: "100%",
    // For what hangs. A machine that others load takes ten times as long as a free one, and a hook may compile the
    // contracts.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    setupFiles: ["test/harness/propertySeed.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/*/{src,test}/**/*.test.ts", "test/**/*.test.ts"],
          exclude: ["**/node_modules/**", "test/e2e/**"],
        },
      },
      {
        extends: true,
        // Dozens of processes each: one file after the other, and `pnpm test` starts them when everything else is
        // done, so that two cores are enough.
        test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], fileParallelism: false },
      },
    ],
  },
});
