/**
 * The ways of lying, one name each. A liar runs the production core as well and, with most ways, signs its right
 * share: a liar that stays welcome does more harm than a silent one. Enters: what the liar's agent hears and does.
 * Leaves: other effects than the core's.
 */
import type { Random } from "../random.ts";
import {
  conspirer,
  dripper,
  falseSummer,
  inventor,
  omitter,
  partialDropper,
  subsetter,
  twoSums,
} from "./aggregators.ts";
import type { AnyBehaviourName, Behaviour } from "./behaviour.ts";
import { amountsFlooder, asker } from "./floods.ts";
import { canceller, equivocator, forger, impostor } from "./forgers.ts";
import type { Liar } from "./liar.ts";
import { catchUpLiar, refuser, withholder } from "./misers.ts";
import { falseRoot, hider, hoarder, lateSender, overlapper, twoRoots } from "./reporters.ts";
import { flooder, garbler, replayer } from "./spammers.ts";

const MAKERS = {
  /** Wrong signatures under the own index, before the right one. */
  forger,
  /** Wrong signatures under others' indices, before and after they have sent theirs. */
  impostor,
  /** Two errors that cancel in a plain sum: one in the own share, one in an honest node's. */
  canceller,
  /** Valid signatures over several amounts. */
  equivocator,
  /** Old messages again, and good signatures under other indices. */
  replayer,
  /** Requests and shares that are valid and that nobody wants, as many as it can. */
  flooder,
  /** Valid requests for everybody, as many as an origin may make. */
  asker,
  /** Valid shares over thousands of other amounts. */
  "amounts-flooder": amountsFlooder,
  /** Bytes that are no message, until it is banned. */
  garbler,
  /** Forwards nothing and answers catch-up with nothing. */
  withholder,
  /** Answers catch-up with forgeries. */
  "catch-up-liar": catchUpLiar,
  /** Takes part in everything and never signs. */
  refuser,
  /** Valid partials without one honest node, and passes on none with it. */
  omitter,
  /** Valid partials of ever other subsets, never of all. */
  subsetter,
  /** Partials with the right signers and a wrong signature. */
  "false-summer": falseSummer,
  /** Another valid partial to every other peer. */
  "two-sums": twoSums,
  /** Adds up nothing for others and passes on nothing. */
  "partial-dropper": partialDropper,
  /** Partials of subnets it knows nothing of. */
  inventor,
  /** Valid partials to every peer, each with one signer more than the one before. */
  dripper,
  /** All of these omit the same honest node, everywhere, and give their shares to each other alone. */
  conspirer,
  /** Reports with another root, as its only ones. */
  "false-root": falseRoot,
  /** The right report to some peers, one with another root to others. */
  "two-roots": twoRoots,
  /** Keeps its shares of reports. */
  hoarder,
  /** Gives them to one peer, after the record. */
  "late-sender": lateSender,
  /** Keeps them, and shows itself on chain in sets that overlap with those others are about to show. */
  overlapper,
  /** Records as soon as it can, without some nodes whose shares it has. */
  hider,
} as const satisfies Record<AnyBehaviourName, (liar: Liar, random: Random) => Behaviour>;

export function makeBehaviour(name: AnyBehaviourName, liar: Liar, random: Random): Behaviour {
  return MAKERS[name](liar, random);
}
