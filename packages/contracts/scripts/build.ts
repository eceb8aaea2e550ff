// `pnpm build`: compiles the contracts if they are missing or stale, as everything that needs them does by itself.
import { ensureBuilt } from "../src/artifacts.ts";

await ensureBuilt();
