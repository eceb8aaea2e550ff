/** Major version of Node that `node:sqlite`, `flushCompileCache` and running TypeScript ask for. */
export const NODE_LEAST = 24;
