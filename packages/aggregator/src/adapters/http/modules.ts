/**
 * What the HTTP interface is given: by node.ts to the server, and by the server to its routes.
 */
import type { AgentApi, Logger } from "../../driver/ports.ts";

export interface HttpServerModules {
  readonly api: AgentApi;
  readonly logger: Logger;
  /** Served at `/metrics`; without it that path is not found. */
  readonly metrics?: MetricsSource;
}

/** A page in Prometheus' text format. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}
