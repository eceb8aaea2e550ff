/**
 * Who takes part where an aggregator lies: a set of a few nodes in subnets, and the ledger that all of them read.
 * Enters: who is in which part, and whose stake counts. Leaves: fresh agents of the honest nodes, and the liar's sums.
 * Ids that would fill other subnets are registered and have exited, so that they count for nothing.
 */
import {
  type Address,
  digestOf,
  encodeGossip,
  type NodeId,
  type NodeView,
  type PartialAggregate,
  Signers,
  type Subnet,
  signIdentity,
  subnetBits,
  subnetOf,
  toHex,
} from "@quorate/common";
import { createAgent } from "../../../packages/aggregator/src/core/agent.ts";
import type { Agent, Input, PeerKey } from "../../../packages/aggregator/src/core/io.ts";
import type { ChainEvent } from "../../../packages/aggregator/src/core/ledger/events.ts";
import { nodeOf as registeredNode } from "../../../packages/aggregator/src/core/ledger/nodes.ts";
import {
  DOMAIN,
  headAfter,
  NOTHING_RESTORED,
  pool,
  started,
} from "../../../packages/aggregator/test/support/cluster.ts";
import {
  makeNode,
  rememberingDigestOf,
  rememberingVerifyIdentity,
  type SimNode,
  STAKE_ATOMIC,
} from "../../sim/nodes.ts";
import { SharedFold } from "../../sim/sharedFold.ts";
import { LIGHT_PART, scheme, type Weights } from "../cast.ts";
import { type Face, honestOf, type Parts } from "./faces.ts";

/** All sets have subnets. */
const FLOOD_NONE = 1;
/** Far enough that no claim fails before the liar's time is over. */
const CLAIM_DEADLINE_MS = 60_000;

const verifyIdentity = rememberingVerifyIdentity();
const rememberedDigestOf = rememberingDigestOf();
const everyone = new Map<NodeId, SimNode>();
const identitySignatures = new Map<string, Uint8Array>();

function nodeOf(id: NodeId): SimNode {
  const known = everyone.get(id) ?? makeNode(scheme, DOMAIN, id, true, { blockNumber: 1, timestamp: 1_699_999_990 });
  everyone.set(id, known);
  return known;
}

/** Deterministic (RFC 8032), so that each is made once. */
function signedBy({ id, identitySecret }: SimNode, digest: Uint8Array): Uint8Array {
  const key = `${id} ${toHex(digest)}`;
  const known = identitySignatures.get(key) ?? signIdentity(identitySecret, digest);
  identitySignatures.set(key, known);
  return known;
}

export class SubnetCast {
  readonly parts: Parts;
  readonly honest: readonly NodeId[];
  /** The set as a bundle's signers are counted. */
  readonly views: readonly NodeView[];
  readonly #bits: number;
  readonly #events: readonly ChainEvent[];
  readonly #fold = new SharedFold(registeredNode(DOMAIN, verifyIdentity));
  readonly #amounts = new Map<Address, bigint>();
  readonly #shown = new Map<string, Uint8Array>();

  constructor(parts: Parts, weights: Weights) {
    this.parts = parts;
    this.honest = honestOf(parts);
    const set = [...this.honest, parts.liar];
    this.#bits = subnetBits(set.length, FLOOD_NONE);
    const stakeOf = (id: NodeId): bigint =>
      id === parts.liar && weights === "light" ? STAKE_ATOMIC / LIGHT_PART : STAKE_ATOMIC;
    this.views = set.map((id) => {
      return { id, blsKey: nodeOf(id).blsKey, state: "active", silent: false, stake: stakeOf(id) };
    });
    const ids = Array.from({ length: Math.max(...set) }, (_, i) => i + 1);
    const registrations = ids.map((id): ChainEvent => {
      const { registered } = nodeOf(id);
      const contributors = registered.contributors.map((contributor) => ({ ...contributor, stake: stakeOf(id) }));
      return { ...registered, contributors };
    });
    const gone = ids.filter((id) => !set.includes(id));
    const exits = gone.map((id, i): ChainEvent => {
      return { type: "node-exited", id, blockNumber: 2, logIndex: 2 + i, timestamp: started.timestamp };
    });
    this.#events = [...registrations, pool, started, ...exits];
    const witness = this.agent(parts.victim);
    for (const id of this.honest) {
      const recipient = this.recipientOf(id);
      this.#amounts.set(recipient, witness.owed(recipient)?.amount ?? 0n);
    }
  }

  /** A fresh agent that has read the epoch's close and is connected to everybody. */
  agent(id: NodeId): Agent {
    const self = nodeOf(id);
    const agent = createAgent(
      { domain: DOMAIN, blsKey: self.blsKey, claimDeadlineMs: CLAIM_DEADLINE_MS, submits: null, floodMax: FLOOD_NONE },
      {
        ...{ scheme, verifyIdentity, fold: this.#fold, digestOf: rememberedDigestOf },
        signIdentity: (digest) => signedBy(self, digest),
      },
      NOTHING_RESTORED,
    );
    for (const input of this.#boot(id)) agent.handle(input, 0);
    return agent;
  }

  /** The recipient of a round's claim. */
  recipient(round: number): Address {
    return this.recipientOf(this.honest[round] as NodeId);
  }

  recipientOf(id: NodeId): Address {
    return nodeOf(id).beneficiary;
  }

  amountOf(recipient: Address): bigint {
    return this.#amounts.get(recipient) ?? 0n;
  }

  peerOf(id: NodeId): PeerKey {
    return nodeOf(id).peer;
  }

  idOf(peer: PeerKey): NodeId {
    return [...this.honest, this.parts.liar].find((id) => this.peerOf(id) === peer) ?? 0;
  }

  sign(id: NodeId, digest: Uint8Array): Uint8Array {
    return scheme.sign(nodeOf(id).blsSecret, digest);
  }

  /** The liar's partial of a round as one face has it; null for nothing. */
  shown(round: number, face: Face): PartialAggregate | null {
    if (face === "nothing") return null;
    const { liar, victim, mates } = this.parts;
    const recipient = this.recipient(round);
    const message = { recipient, amount: this.amountOf(recipient) };
    const digest = digestOf(DOMAIN, "RewardClaim", message);
    const ids = face === "without" ? [liar, ...mates] : [liar, victim, ...mates];
    // The wrong sum is the liar's own signature, said to be everyone's.
    const adding = face === "wrong" ? [liar] : ids;
    const signature = scheme.aggregateSignatures(adding.map((id) => this.sign(id, digest)));
    const subnet: Subnet = subnetOf(liar, this.#bits);
    return { kind: "RewardClaim", message, epoch: 0, subnet, signers: Signers.of(ids), signature };
  }

  /** As a direct message. */
  bytes(round: number, face: Face): Uint8Array | null {
    const key = `${round} ${face}`;
    const known = this.#shown.get(key);
    if (known !== undefined) return known;
    const partial = this.shown(round, face);
    if (partial === null) return null;
    const data = encodeGossip({ type: "partial", partial });
    this.#shown.set(key, data);
    return data;
  }

  #boot(id: NodeId): Input[] {
    const connected = [...this.honest, this.parts.liar].filter((peer) => peer !== id).map((peer) => this.peerOf(peer));
    return [
      { type: "started" },
      { type: "chain-health", health: { healthy: true } },
      { type: "chain", events: this.#events, head: headAfter(1) },
      { type: "peers", connected },
    ];
  }
}
