/**
 * What an attack is, and what it has to work with. An attack is one file in `attacks/` and one line in `attacks.ts`;
 * its header says what the enemy does, what it costs him and what must hold. It runs in a process of its own
 * (attacker.ts), with the lowest priority that is useful.
 */
import type { Address, Hex, NodeId, SigningDomain } from "@quorate/common";
import type {
  HostileLink,
  HostilePeer,
  HostilePeerOptions,
} from "../../packages/aggregator/test/support/hostilePeer.ts";
import type { Random } from "../sim/random.ts";

/** An agent as its enemies see it. */
export interface Target {
  readonly id: NodeId;
  /** A multiaddr with /p2p/. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  /** Base URL of its HTTP interface, and of its health and metrics. */
  readonly http: string;
  readonly health: string;
}

/** What the enemy's one registered node has; its secrets are hex. */
export interface EnemyKeys {
  readonly nodeId: NodeId;
  readonly blsSecret: Hex;
  readonly identitySecret: Hex;
}

/** What the attacker's process is told at its start. */
export interface AttackOrder {
  readonly attack: string;
  readonly seed: number;
  readonly domain: { readonly chainId: string; readonly verifyingContract: Address };
  readonly keys: EnemyKeys;
  /** Who is owed something and is asked for by no honest staker of the siege. */
  readonly recipients: readonly Address[];
  readonly targets: readonly Target[];
}

/** What it says at its end. */
export interface AttackerReport {
  /** What was done, by name: sockets opened, messages sent. */
  readonly counts: Readonly<Record<string, number>>;
  /** Milliseconds of processor time that the attack cost the enemy, from its beginning. */
  readonly cpuMs: number;
  /**
   * Agents to which the node's own identity had a connection; how many of them ended it for good; how soon, at the
   * median.
   */
  readonly attacked: number;
  readonly cutOff: number;
  readonly cutOffAfterMs: number | null;
  /** What went wrong in the attack itself: an attack that does nothing holds nobody up. */
  readonly error: string | null;
}

/** The hostile node's connections, one an agent, made again when they are lost. */
export interface Links {
  /**
   * Sends by the link to each target at once; without a link to one, nothing. What a closing link makes of it is no
   * error of the attack.
   */
  each(targets: readonly Target[], send: (link: HostileLink, target: Target) => unknown): Promise<void>;
}

export interface Enemy {
  readonly order: AttackOrder;
  readonly domain: SigningDomain;
  readonly random: Random;
  /** Ends the attack. */
  readonly signal: AbortSignal;
  /** The agents now; another list after one was restarted. */
  targets(): readonly Target[];
  /** The one that gets all of a flood: every claim needs its share. */
  victim(): Target;
  count(name: string, by?: number): void;
  /** The most of `value` so far. */
  most(name: string, value: number): void;
  /** The registered node as a peer. */
  peer(options?: Pick<HostilePeerOptions, "onMessage" | "readsGossip" | "announce">): Promise<HostilePeer>;
  /** Links of that peer, tried again while the attack lasts; what is lost and refused is counted as cut off. */
  links(peer: HostilePeer): Links;
  /** The last closed epoch, by an agent's public status. */
  closedEpoch(): Promise<number>;
  /** Calls again and again, at most once in `everyMs`, until the attack ends; one call at a time. */
  every(everyMs: number, act: () => unknown): Promise<void>;
}

export interface Attack {
  readonly name: string;
  /** What the enemy does, in a line of the report. */
  readonly about: string;
  /** Whether the registered node can be known by what it does, so that it must lose its connections. */
  readonly cutOff: boolean;
  /** Honest stakers ask the victim's agent alone: the attack is on those who ask it. Default: all agents in turn. */
  readonly throughVictim?: boolean;
  /** An honest agent is restarted while the attack lasts, and must find peers. */
  readonly restart?: boolean;
  /** An honest agent is away for so long before claims are counted; claims are asked for meanwhile. */
  readonly outageMs?: number;
  /** The most that a count of the attacker may reach: what the attack wants to bring about. */
  readonly bounds?: Readonly<Record<string, number>>;
  /** Counts that must not be 0: an attack that did nothing proves nothing. */
  readonly does: readonly string[];
  /** What takes long and harms nobody yet: signatures. Before the baseline. */
  prepare?(enemy: Enemy): Promise<void>;
  run(enemy: Enemy): Promise<void>;
}

/** All enemies come from here: honest stakers and operators are on 127.0.0.1. Linux answers on all of 127.0.0.0/8. */
export const ENEMY_ADDRESS = "127.0.0.66";
