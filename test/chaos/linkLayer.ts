/** What both kinds of links between agents of a chaos run have in common. Plain types. */
import type { NodeId } from "@quorate/common";
import type { AgentLaunch } from "../harness/network.ts";
import type { Condition } from "./condition.ts";

export type LinksKind = "netns" | "proxy";

export interface LinkChange {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly condition: Condition;
}

export interface LinkLayer {
  readonly kind: LinksKind;
  readonly canDelay: boolean;
  /** An address of this process that agents reach whatever becomes of their links: for their chain providers. */
  readonly hub: string;
  /** Where and within what an agent is started. */
  launchOf(id: NodeId): AgentLaunch;
  apply(changes: readonly LinkChange[]): Promise<void>;
  /** Connections made through it; null where nobody counts. */
  readonly connections: number | null;
  /** Ends every connection of the node's, with a reset. */
  reset(id: NodeId): Promise<void>;
  close(): Promise<void>;
}
