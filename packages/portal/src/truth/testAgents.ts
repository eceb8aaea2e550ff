/** For tests: HTTP servers that say what the test has them say, in the form of an agent's answers. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export const CONTRACT = `0x${"c0".repeat(20)}` as const;
export const CHAIN_ID = "31337";

const status = (peerId: string) => ({
  version: "0",
  peerId,
  addresses: [],
  network: { chainId: CHAIN_ID, contract: CONTRACT },
  nodeId: 1,
  nodeState: "active",
  head: null,
  chain: { healthy: true, providers: [], clockOffsetSeconds: null },
  genesis: 0,
  epochSeconds: 20,
  closedEpoch: 1,
  nodes: { pending: 0, active: 1, decommissioned: 0, exited: 0 },
  activeStake: "1",
  decommissionedStake: "0",
  silentStake: "0",
  totalOwed: "0",
  acceptedReports: 0,
  payableEpoch: null,
  uptime: "",
  silentReports: null,
  submitter: null,
  connectedPeers: 0,
  meshPeers: 0,
  rounds: 0,
  sharesAccepted: 0,
  sharesRejected: 0,
  disagreements: 0,
  unsigned: [],
});

export interface TestAgent {
  readonly url: string;
  /** Answers of this path; each is given once, the last for good. */
  readonly says: Record<string, unknown[]>;
  asked: number;
  close(): Promise<unknown>;
}

/** @param more merged into the answer of `/v1/status` */
export async function startTestAgent(peerId: string, more: Record<string, unknown> = {}): Promise<TestAgent> {
  const says: Record<string, unknown[]> = { "/v1/status": [{ ...status(peerId), ...more }] };
  const server = createServer((request, response) => {
    agent.asked += 1;
    const answers = says[new URL(request.url ?? "/", "http://here").pathname] ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    const notFound = { error: { code: "CLAIM_NOT_FOUND", message: "none", values: {}, remedy: "" } };
    response.end(JSON.stringify(answer ?? notFound));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const agent: TestAgent = {
    url,
    says,
    asked: 0,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
  return agent;
}
