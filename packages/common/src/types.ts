/**
 * The plain types every package shares. Nothing runs here.
 */

/** `0x` and an even number of lower-case hex digits. */
export type Hex = `0x${string}`;

/** An Ethereum address: 20 bytes as lower-case hex. Made by `parseAddress`; compare with `===`. */
export type Address = Hex;

/** A node's id: a safe integer of at least 1 (P-20). */
export type NodeId = number;

/** The state of a node (P-21). */
export type NodeState = "pending" | "active" | "decommissioned" | "exited";
