/** Every attack of the siege, in the order in which they run. */
import { quorateError } from "@quorate/common";
import type { Attack } from "./attack.ts";
import { amountFlood } from "./attacks/amountFlood.ts";
import { badShares } from "./attacks/badShares.ts";
import { badSignatures } from "./attacks/badSignatures.ts";
import { bigFrames } from "./attacks/bigFrames.ts";
import { foreignRecords } from "./attacks/foreignRecords.ts";
import { frameFloods } from "./attacks/frameFloods.ts";
import { httpClaims } from "./attacks/httpClaims.ts";
import { httpIdle, httpNeverReads, httpSlow } from "./attacks/httpSockets.ts";
import { ignoredFlood } from "./attacks/ignoredFlood.ts";
import { inquiryFlood } from "./attacks/inquiryFlood.ts";
import { manyConnections } from "./attacks/manyConnections.ts";
import { metricsFlood } from "./attacks/metricsFlood.ts";
import { pruneFlood } from "./attacks/pruneFlood.ts";
import { replays } from "./attacks/replays.ts";
import { requestFlood } from "./attacks/requestFlood.ts";
import { selectionLines } from "./attacks/selectionLines.ts";
import { silentSockets } from "./attacks/silentSockets.ts";
import { stalledHandshakes } from "./attacks/stalledHandshakes.ts";
import { streamFloods } from "./attacks/streamFloods.ts";
import { unreadStream } from "./attacks/unreadStream.ts";
import { victimIdentity } from "./attacks/victimIdentity.ts";

export const ATTACKS: readonly Attack[] = [
  silentSockets,
  stalledHandshakes,
  manyConnections,
  selectionLines,
  streamFloods,
  frameFloods,
  requestFlood,
  inquiryFlood,
  badSignatures,
  badShares,
  amountFlood,
  ignoredFlood,
  pruneFlood,
  bigFrames,
  unreadStream,
  replays,
  foreignRecords,
  httpIdle,
  httpSlow,
  httpNeverReads,
  httpClaims,
  metricsFlood,
  victimIdentity,
];

/** @throws QuorateError `FLAG_INVALID` */
export function attackNamed(name: string): Attack {
  const attack = ATTACKS.find((each) => each.name === name);
  if (attack !== undefined) return attack;
  const allowed = ATTACKS.map((each) => each.name).join(", ");
  throw quorateError("FLAG_INVALID", { flag: "--attack", value: name, allowed });
}
