/**
 * What must hold at the end of each round in which an aggregator lies. Enters: the cast, what was shown, and the ends
 * of its rounds. Leaves: broken promises in words.
 */
import {
  type Address,
  type Bundle,
  digestOf,
  fromHex,
  hasMoneyQuorum,
  type NodeId,
  Signers,
  stakeSigned,
} from "@quorate/common";
import { DOMAIN } from "../../../packages/aggregator/test/support/cluster.ts";
import { scheme, type Weights } from "../cast.ts";
import type { SubnetCast } from "./cast.ts";
import type { FaceSchedule } from "./faces.ts";
import type { RoundEnd } from "./play.ts";

export function brokenPromises(
  cast: SubnetCast,
  weights: Weights,
  schedule: FaceSchedule,
  rounds: readonly (readonly RoundEnd[])[],
): string[] {
  return rounds.flatMap((ends, round) =>
    ends.flatMap((end) => {
      const shown = schedule.slice(0, round + 1).map((faces) => faces.get(end.id));
      const wasLiedTo = shown.includes("wrong");
      const isDue = weights === "light" || (shown.at(-1) === "true" && !wasLiedTo);
      const broken = [
        ...brokenClaim(cast, end, isDue),
        ...brokenBlame(cast, end, wasLiedTo),
        ...end.bundles.flatMap((bundle) => wrongBundle(cast, cast.recipient(round), bundle)),
      ];
      return broken.map((promise) => `round ${round + 1}, agent ${end.id}: ${promise}`);
    }),
  );
}

/** No honest share is suppressed; and quorum is reached, or lacks the liar alone, and says so. */
function brokenClaim(cast: SubnetCast, { claim }: RoundEnd, isDue: boolean): string[] {
  if (claim === null) return ["P-137: there is no claim"];
  const lost = cast.honest.filter((id) => !claim.signers.includes(id));
  const isReady = claim.status === "ready";
  return [
    ...(lost.length > 0 ? [`P-137: honest ${lost} are suppressed: signed by ${claim.signers}`] : []),
    ...(isDue && !isReady ? [`P-86: ${claim.status}, signed by ${claim.signers}`] : []),
    ...(isReady || `${claim.missing}` === `${cast.parts.liar}`
      ? []
      : [`P-89: ${claim.status}, and missing are ${claim.missing}, not the liar alone`]),
  ];
}

/** The liar is blamed by whom it showed a wrong sum, and by nobody else; nobody else is blamed. */
function brokenBlame(cast: SubnetCast, { blamed }: RoundEnd, wasLiedTo: boolean): string[] {
  const liar = cast.peerOf(cast.parts.liar);
  const others = blamed.filter((peer) => peer !== liar).map((peer) => cast.idOf(peer));
  const isBlamed = blamed.includes(liar);
  return [
    ...(others.length > 0 ? [`P-79: honest ${others} are blamed`] : []),
    ...(isBlamed && !wasLiedTo ? ["P-79: the liar is blamed for what any aggregator may send"] : []),
    ...(wasLiedTo && !isBlamed ? ["P-135: a sum that does not verify is not blamed on who sent it"] : []),
  ];
}

function wrongBundle(cast: SubnetCast, recipient: Address, { message, signers, signature }: Bundle): string[] {
  const amount = BigInt(message.amount);
  const ids: NodeId[] = Signers.fromHex(signers).ids();
  const stake = stakeSigned(Signers.of(ids), cast.views);
  const keys = cast.views.filter(({ id }) => ids.includes(id)).map(({ blsKey }) => blsKey);
  const digest = digestOf(DOMAIN, "RewardClaim", { recipient, amount });
  const right = cast.amountOf(recipient);
  return [
    ...(amount === right ? [] : [`P-70: a bundle of ${amount}, and ${right} is right`]),
    ...(hasMoneyQuorum(stake) ? [] : [`P-86: a bundle of ${stake.signedBps} basis points`]),
    ...(scheme.verifyAggregate(keys, digest, fromHex(signature)) ? [] : ["P-109: a bundle that does not verify"]),
  ];
}
