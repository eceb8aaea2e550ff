/**
 * `pnpm bench <what> [--json]`: measurements against the peers' figures. In: a name and flags. Out: a table for
 * people, or with `--json` one line on standard output; progress goes to standard error. What is measured is each
 * bench's own file. Exit status 1 when a bench that has a target of its own misses it.
 */
import { quorateError } from "@quorate/common";
import { orUsage, readWords, SWITCH, TEXT, wholeNumber } from "../harness/flags.ts";
import { AGENT_CLAIMS, AGENT_NODES, benchAgent, printAgent } from "./agent.ts";
import { benchFollower, FOLLOWER_DAYS, printFollower } from "./follower.ts";
import { benchGas, GAS_NODES, printGas } from "./gas.ts";
import { benchGossip, GOSSIP_AGENTS, GOSSIP_ROUNDS, printGossip } from "./gossip.ts";
import { benchLedger, LEDGER_EVENTS, LEDGER_NODES, printLedger } from "./ledger.ts";
import { benchLoad, LOAD_CLAIMS, LOAD_MINUTES, LOAD_NODES, printLoad } from "./load.ts";
import { benchPortal, PORTAL_NODES, printPortal } from "./portal.ts";
import { benchStart, printStart, START_NODES, START_PART_MAX } from "./start.ts";
import { benchVerify, printVerify, VERIFY_ROUNDS } from "./verify.ts";

const HELP = `usage: pnpm bench gas [--nodes ${GAS_NODES}] [--json]
       pnpm bench verify [--rounds ${VERIFY_ROUNDS}] [--json]
       pnpm bench gossip [--nodes ${GOSSIP_AGENTS}] [--rounds ${GOSSIP_ROUNDS}] [--subnets] [--json]
       pnpm bench agent [--nodes ${AGENT_NODES}] [--claims ${AGENT_CLAIMS}] [--json]
       pnpm bench load [--nodes ${LOAD_NODES}] [--claims ${LOAD_CLAIMS}] [--minutes ${LOAD_MINUTES}] [--json]
       pnpm bench ledger [--nodes ${LEDGER_NODES}] [--events ${LEDGER_EVENTS}] [--json]
       pnpm bench follower [--days ${FOLLOWER_DAYS}] [--json]
       pnpm bench start [--nodes ${START_NODES}] [--json]
       pnpm bench portal [--nodes ${PORTAL_NODES}] [--json]

  gas      gas of each contract call, beside the peers' figures
  verify   2,000 BLS shares checked together, against one by one
  gossip   one claim among agents in one process, against checking shares one by one in the gossip validator
  agent    claims per second, latency and memory of a network of agent processes
  load     very many claims at once: how each ends, how late the agents' event loops are, memory over time
  ledger   folding, closing, storing and loading the ledger of a full network, and of a tenth of it
  follower what an agent asks of its chain providers, to catch up and an hour at rest
  start    an agent's start and its memory at rest, from its sources and from the built command
  portal   the page in Chromium: its first load, when it can be used, script in a frame with a full network's nodes

  --nodes N    nodes in the set, 20 to 4000; start: agents, 5 to 60
  --rounds N   rounds measured, 1 to 100
  --claims N   claims under the load, 1 to 10000
  --minutes N  load: claims again and again for so long, 0 to 1440
  --events N   events folded, 10000 to 10000000
  --days N     days of chain to catch up with, 1 to 365
  --subnets    gossip: also among agents that add their shares up in subnets, as above 128 nodes
  --json       one line, one object, on standard output
`;
/** Below, 20 non-signers are the whole set. */
const NODES_RANGE = { min: 20, max: 4_000 };
/** One alone, and as many at once as the harness starts; at most what two cores and 6 GB hold. */
const START_RANGE = { min: 5, max: 60 };
const ROUNDS_RANGE = { min: 1, max: 100 };
const CLAIMS_RANGE = { min: 1, max: 10_000 };
const MINUTES_RANGE = { min: 0, max: 1_440 };
const EVENTS_RANGE = { min: 10_000, max: 10_000_000 };
const DAYS_RANGE = { min: 1, max: 365 };

const BENCHES = ["gas", "verify", "gossip", "agent", "load", "ledger", "follower", "start", "portal"] as const;

const FLAGS = {
  nodes: TEXT,
  rounds: TEXT,
  claims: TEXT,
  minutes: TEXT,
  events: TEXT,
  days: TEXT,
  subnets: SWITCH,
  json: SWITCH,
  help: SWITCH,
};

async function main(argv: readonly string[]): Promise<number> {
  const { values, words } = readWords(argv, FLAGS);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const what = BENCHES.find((name) => name === words[0]);
  if (words.length !== 1 || what === undefined) {
    throw quorateError("FLAG_INVALID", { value: words.join(" "), allowed: BENCHES });
  }
  const given = (
    flag: "nodes" | "rounds" | "claims" | "minutes" | "events" | "days",
    range: { readonly min: number; readonly max: number },
  ) => {
    const text = values[flag];
    return text === undefined ? undefined : wholeNumber(`--${flag}`, text, range);
  };
  const nodes = given("nodes", what === "start" ? START_RANGE : NODES_RANGE);
  const rounds = given("rounds", ROUNDS_RANGE);
  const claims = given("claims", CLAIMS_RANGE);
  const minutes = given("minutes", MINUTES_RANGE) ?? LOAD_MINUTES;
  const events = given("events", EVENTS_RANGE);
  const days = given("days", DAYS_RANGE);
  const print = <T>(result: T, table: (result: T) => string): void => {
    process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : table(result));
  };
  switch (what) {
    case "gas":
      print(await benchGas({ nodes: nodes ?? GAS_NODES }), printGas);
      return 0;
    case "verify":
      print(await benchVerify({ rounds: rounds ?? VERIFY_ROUNDS }), printVerify);
      return 0;
    case "gossip": {
      const agents = nodes ?? GOSSIP_AGENTS;
      const result = await benchGossip({ agents, rounds: rounds ?? GOSSIP_ROUNDS, subnets: values.subnets === true });
      print(result, printGossip);
      return result.gossip.ok ? 0 : 1;
    }
    case "agent": {
      const result = await benchAgent({ nodes: nodes ?? AGENT_NODES, claims: claims ?? AGENT_CLAIMS });
      print(result, printAgent);
      return result.agent.failed === 0 ? 0 : 1;
    }
    case "load": {
      const result = await benchLoad({ nodes: nodes ?? LOAD_NODES, claims: claims ?? LOAD_CLAIMS, minutes });
      print(result, printLoad);
      return result.load.ok ? 0 : 1;
    }
    case "ledger":
      print(await benchLedger({ nodes: nodes ?? LEDGER_NODES, events: events ?? LEDGER_EVENTS }), printLedger);
      return 0;
    case "follower":
      print(await benchFollower({ days: days ?? FOLLOWER_DAYS }), printFollower);
      return 0;
    case "start": {
      const result = await benchStart({ nodes: nodes ?? START_NODES });
      print(result, printStart);
      return result.start.part <= START_PART_MAX ? 0 : 1;
    }
    case "portal": {
      const result = await benchPortal({ nodes: nodes ?? PORTAL_NODES });
      print(result, printPortal);
      return result.portal.ok ? 0 : 1;
    }
  }
}

process.exitCode = await orUsage(HELP, () => main(process.argv.slice(2)));
