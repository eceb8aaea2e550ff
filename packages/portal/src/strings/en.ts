/**
 * Everything the page says, in English. A translation is a file of the same shape. Amounts, dates and numbers come as
 * text that was formatted for the reader's locale already.
 */

import { network } from "./network.ts";
import { rewards } from "./rewards.ts";
import { run } from "./run.ts";
import { sending } from "./sending.ts";
import { stake } from "./stake.ts";
import { stakes } from "./stakes.ts";

export const en = {
  sending,
  stakes,
  stake,
  run,
  app: {
    name: "Quorate",
    tagline: "Service-node rewards, agreed by 95% of the stake",
    skip: "Skip to the content",
    menu: "Pages",
    theme: { light: "Light", dark: "Dark", system: "As the system", label: "Colours" },
    pages: {
      rewards: "My rewards",
      stakes: "My stakes",
      stake: "Stake",
      run: "Run a node",
      network: "Network",
    },
    broken: "This page could not be shown. Nothing was sent because of it.",
    notFound: "There is no such page.",
    paused: (until: string) => [
      `The network is paused until ${until}.`,
      "Until then no rewards are paid, no node is registered and no stake is completed. Nothing is lost: the pause " +
        "ends by itself, and all of it works again.",
      "Leaving, exiting, and taking principal or a contribution back work as always.",
    ],
    pausedByOwner: "It is the owner's pause: only the owner may end it sooner, or make it longer.",
    pausedByGuardian: (windowEnds: string, left: number) =>
      "It is the guardian's pause: the guardian or the owner may end it sooner. The guardian can pause until " +
      `${windowEnds} at the latest, and may begin ${left === 1 ? "one more pause" : `${left} more pauses`} until ` +
      "then; only the owner may make it longer than that.",
    loading: "Loading…",
    again: "Try again",
    more: (shown: number, all: number) => `Show more (${shown} of ${all} are shown)`,
    copy: "Copy",
    copied: "Copied",
    close: "Close",
    details: "Details",
  },
  facts: {
    reading: "Asking which network this is…",
    failed: "The page cannot tell which network it is of.",
  },
  wallet: {
    connect: "Connect a wallet",
    choose: "Choose a wallet",
    none: "This browser has no wallet that announces itself (EIP-6963). You can still paste an address.",
    disconnect: "Disconnect",
    wrongChain: (have: string, need: string) => `The wallet is on chain ${have}; this network is on chain ${need}.`,
    switch: (need: string) => `Switch to chain ${need}`,
    refused: "You declined in the wallet. Nothing was sent.",
  },
  marks: {
    verified: "Checked by this page against the chain",
    agreed: (count: number) => `${count} agents say the same`,
    keys: (count: number) => `Checked against a node set that ${count} agents agree on`,
    one: "One agent says so; this page could not verify it",
    disagree: "Agents disagree",
  },
  rewards,
  network,
  units: { token: "SESH" },
} as const;

export type Strings = typeof en;
