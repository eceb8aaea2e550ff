/**
 * Who may hold a connection (P-80). In: the admitted identities, the bootstrap peers, who is banned. Out: yes or no.
 * It never affects quorum or ledger, and it does not close connections; the network does, after each change.
 */
import type { PeerKey } from "../../core/io.ts";

export class Admission {
  readonly #bootstrap: ReadonlySet<PeerKey>;
  readonly #isBanned: (peer: PeerKey) => boolean;
  /** Empty until the registry is known: then only bootstrap peers get in. */
  #identities: ReadonlySet<PeerKey> = new Set();

  constructor(bootstrap: ReadonlySet<PeerKey>, isBanned: (peer: PeerKey) => boolean) {
    this.#bootstrap = bootstrap;
    this.#isBanned = isBanned;
  }

  get identities(): ReadonlySet<PeerKey> {
    return this.#identities;
  }

  admit(identities: ReadonlySet<PeerKey>): void {
    this.#identities = new Set(identities);
  }

  /** A registered identity, as opposed to a bootstrap peer that is only reachable. */
  isNode(peer: PeerKey): boolean {
    return this.#identities.has(peer);
  }

  isKnown(peer: PeerKey): boolean {
    return this.#identities.has(peer) || this.#bootstrap.has(peer);
  }

  isBanned(peer: PeerKey): boolean {
    return this.#isBanned(peer);
  }

  /** Bans spare bootstrap peers nothing: an operator who configured a bad one can remove it. */
  mayConnect(peer: PeerKey): boolean {
    return this.isKnown(peer) && !this.#isBanned(peer);
  }
}
