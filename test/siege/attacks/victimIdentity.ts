/**
 * A node is registered under a victim's identity key, with a junk identity signature; the contract allows it. It
 * costs a stake, and nothing is sent. It is in the network of all attacks; here it gets its chance. One honest agent
 * is away for half a minute, as agents are: claims lack quorum, and whoever has not signed is asked why. The victim
 * answers for the node it is; it must not be blamed for the node it is not, and claims complete as soon as everybody
 * is back.
 */
import type { Attack } from "../attack.ts";

const OUTAGE_MS = 30_000;

export const victimIdentity: Attack = {
  name: "victim-identity",
  about: "a node is registered under a victim's identity key, with a junk signature",
  cutOff: false,
  outageMs: OUTAGE_MS,
  does: [],
  run: async () => {},
};
