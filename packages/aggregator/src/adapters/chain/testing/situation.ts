/** A scripted chain, its providers and their followers, anew for each test and stopped after it. */
import { afterEach, beforeEach } from "vitest";
import { Followed } from "./followed.ts";
import { ScriptedChain, type ScriptedProvider, startScripted } from "./scriptedChain.ts";

export type Trio = [ScriptedProvider, ScriptedProvider, ScriptedProvider];

export class Situation {
  /** 50 blocks, with deposits in three of them. */
  chain = new ScriptedChain(50);
  readonly #running: (() => unknown)[] = [];

  constructor() {
    beforeEach(() => {
      this.chain = new ScriptedChain(50);
      this.chain.deposit(10, 20, 30);
    });
    afterEach(async () => {
      for (const stop of this.#running.splice(0).reverse()) await stop();
    });
  }

  /** Runs after the test. */
  stopAfter(stop: () => unknown): void {
    this.#running.push(stop);
  }

  async providers(count: number): Promise<ScriptedProvider[]> {
    const all = await Promise.all(Array.from({ length: count }, () => startScripted(this.chain)));
    this.stopAfter(() => Promise.all(all.map((provider) => provider.stop())));
    return all;
  }

  async trio(): Promise<Trio> {
    return (await this.providers(3)) as Trio;
  }

  async follow(
    sources: readonly ScriptedProvider[],
    options: ConstructorParameters<typeof Followed>[1] = {},
    more: { readonly wallSeconds?: () => number; readonly registered?: () => number } = {},
  ): Promise<Followed> {
    const followed = new Followed(sources, options, more.wallSeconds);
    this.stopAfter(() => followed.follower.stop());
    return followed.start(null, more.registered);
  }
}
