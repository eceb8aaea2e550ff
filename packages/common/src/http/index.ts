/**
 * The HTTP interface of an agent: every request and answer as a schema, and its paths. Server and clients read the
 * same.
 */
export * from "./limits.ts";
export * from "./openapi.ts";
export * from "./routes.ts";
export * from "./schemas.ts";
