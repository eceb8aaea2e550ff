/**
 * How gossipsub scores its peers. In: the topic and this agent's own view of a peer's conduct. Out: parameters.
 * Every connected peer is a registered, staked identity, so scores have one task: to stop whoever sends what does not
 * verify. They must never punish silence (claims come in bursts, with hours of nothing in between) nor slowness, nor
 * many nodes on one host. The parts P1 to P7 are those of the gossipsub v1.1 specification.
 */
import type { PeerScoreParams, PeerScoreThresholds, TopicScoreParams } from "@libp2p/gossipsub/score";

/**
 * 5 invalid messages in a minute or so: no gossip with it; 7: nothing of ours published to it; 10: all it sends is
 * dropped.
 */
export const SCORE_THRESHOLDS: PeerScoreThresholds = {
  gossipThreshold: -100,
  publishThreshold: -200,
  graylistThreshold: -400,
  // Peer exchange of gossipsub is off: addresses come from signed records alone.
  acceptPXThreshold: Number.MAX_SAFE_INTEGER,
  // Grafts better peers when half of the mesh brings nothing new; well below the cap of 20.
  opportunisticGraftThreshold: 1,
};

function topicScore(): TopicScoreParams {
  return {
    topicWeight: 1,
    // P1: up to 10 points, one each 6 minutes in the mesh (milliseconds / quantum, capped): loyalty breaks ties, no
    // more.
    timeInMeshWeight: 1,
    timeInMeshQuantum: 360_000,
    timeInMeshCap: 10,
    // P2: up to 10 points for being first with 100 messages; halves in about 70 s, so that it speaks of the present.
    firstMessageDeliveriesWeight: 0.1,
    firstMessageDeliveriesDecay: 0.99,
    firstMessageDeliveriesCap: 100,
    // P3 and P3b off: they demand a steady rate of messages, which a network that rests between claims does not have.
    meshMessageDeliveriesWeight: 0,
    meshMessageDeliveriesDecay: 0.5,
    meshMessageDeliveriesCap: 1,
    meshMessageDeliveriesThreshold: 1,
    meshMessageDeliveriesWindow: 10,
    meshMessageDeliveriesActivation: 1_000,
    meshFailurePenaltyWeight: 0,
    meshFailurePenaltyDecay: 0.5,
    // P4: −4 × count². Messages are checked before they are forwarded (P-83), so an honest peer sends none that is
    // rejected. The count halves in about 70 s (0.99 a second): a steady one each 10 s ends on the graylist.
    invalidMessageDeliveriesWeight: -4,
    invalidMessageDeliveriesDecay: 0.99,
  };
}

/** @param conductPoints the points of `Conduct` for a peer id's text, 0 or more. */
export function scoreParams(topic: string, conductPoints: (peerId: string) => number): PeerScoreParams {
  return {
    topics: { [topic]: topicScore() },
    // Good behaviour must not buy room for bad: 20 points are two invalid messages.
    topicScoreCap: 20,
    // P5: −20 a point of conduct, so 5 points end gossip with a peer and 10 (its ban) end everything.
    appSpecificScore: (peerId) => -conductPoints(peerId),
    appSpecificWeight: 20,
    // P6 off: it assumes that identities are free. Here each costs a stake, honest operators run many nodes behind one
    // address, and a devnet runs all of them on one.
    IPColocationFactorWeight: 0,
    IPColocationFactorThreshold: 1,
    IPColocationFactorWhitelist: new Set(),
    // P7: −10 × (count − 6)² for broken IWANT promises and grafts during a backoff. A host that stalls for a second
    // breaks a few; the count halves in about 7 s, so only a peer that keeps at it gets below the thresholds.
    behaviourPenaltyWeight: -10,
    behaviourPenaltyThreshold: 6,
    behaviourPenaltyDecay: 0.9,
    // Milliseconds between decays; the factors above are chosen for it.
    decayInterval: 1_000,
    decayToZero: 0.01,
    // A retained score is dropped when the peer returns (the router starts anew); what must outlast that is in
    // `Conduct`.
    retainScore: 60_000,
  };
}
