/**
 * What binds a store to one deployment: kept in the file when it is made, compared whenever it is opened. With another
 * chain or contract its ledger would be a wrong one, and its signings would keep nothing from being signed twice.
 */
import type { DatabaseSync } from "node:sqlite";
import { type Address, quorateError } from "@quorate/common";
import { query } from "./sqlite.ts";

export interface Deployment {
  /** EIP-155. */
  readonly chainId: number;
  readonly rewards: Address;
  readonly pool: Address;
  /** The block of the first contract. */
  readonly deployBlock: number;
}

export function keepDeployment(db: DatabaseSync, { chainId, rewards, pool, deployBlock }: Deployment): void {
  db.prepare("INSERT INTO deployment VALUES (1, ?, ?, ?, ?)").run(`${chainId}`, rewards, pool, deployBlock);
}

/** @throws STORE_WRONG_DEPLOYMENT with every value of both */
export function requireDeployment(db: DatabaseSync, path: string, deployment: Deployment): void {
  const sql = "SELECT chain_id AS chainId, rewards, pool, deploy_block AS deployBlock FROM deployment";
  const inFile = describe(query<Deployment>(db, sql)[0]);
  const configured = describe(deployment);
  if (inFile !== configured) throw quorateError("STORE_WRONG_DEPLOYMENT", { path, inFile, configured });
}

function describe(deployment: Deployment | undefined): string {
  if (deployment === undefined) return "none";
  const { chainId, rewards, pool, deployBlock } = deployment;
  return `chain ${chainId}, rewards ${rewards.toLowerCase()}, pool ${pool.toLowerCase()}, from block ${deployBlock}`;
}
