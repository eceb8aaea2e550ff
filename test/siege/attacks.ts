/** Every attack of the siege, in the order in which they run. */
import { quorateError } from "@quorate/common";
import type { Attack } from "./attack.ts";
import { badSignatures } from "./attacks/badSignatures.ts";
import { silentSockets } from "./attacks/silentSockets.ts";

export const ATTACKS: readonly Attack[] = [silentSockets, badSignatures];

/** @throws QuorateError `FLAG_INVALID` */
export function attackNamed(name: string): Attack {
  const attack = ATTACKS.find((each) => each.name === name);
  if (attack !== undefined) return attack;
  const allowed = ATTACKS.map((each) => each.name).join(", ");
  throw quorateError("FLAG_INVALID", { flag: "--attack", value: name, allowed });
}
