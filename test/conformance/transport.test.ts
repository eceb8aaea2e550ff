/** The simulation's network and the network of production keep the same promises (docs/simulation.md). */
import { afterAll } from "vitest";
import { stopAll } from "../../packages/aggregator/test/support/testNetwork.ts";
import { simulatedTransport } from "./simulatedTransport.ts";
import { tcpTransport } from "./tcpTransport.ts";
import { transportSuite } from "./transportSuite.ts";

afterAll(stopAll);

transportSuite("the simulated network", simulatedTransport);
transportSuite("libp2p over TCP", tcpTransport);
