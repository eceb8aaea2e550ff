/**
 * Asks whose rewards are to be shown, and says whose they are. The address stands in the page's own, to be passed on.
 */
import type { Address } from "@quorate/common";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { useHashLocation } from "wouter-preact/use-hash-location";
import { type Connection, connection } from "../../network/connection.ts";
import { Failure, Hash, Notice, Waiting } from "../../parts/parts.tsx";
import { t } from "../../strings/index.ts";
import { wallet } from "../../wallet/wallet.ts";
import { type Resolved, readPasted, resolveName } from "./whose.ts";

const s = t.rewards.whose;

type State =
  | { readonly step: "typing" | "resolving" }
  | { readonly step: "failed"; readonly error: unknown }
  | { readonly step: "no"; readonly why: string };

export function WhoseForm(): JSX.Element {
  const [, navigate] = useHashLocation();
  const [text, setText] = useState("");
  const [state, setState] = useState<State>({ step: "typing" });

  async function show(): Promise<void> {
    try {
      const pasted = readPasted(text);
      if (pasted.kind === "address") return navigate(`/of/${pasted.address}`);
      const asked = connection.value;
      if (asked === null || asked.chain === null) return setState({ step: "no", why: s.noChain });
      setState({ step: "resolving" });
      const { chain } = await asked.client.contract();
      const resolved = await resolveName(chain, pasted.name);
      if ("why" in resolved) return setState({ step: "no", why: whyNot(pasted.name, resolved) });
      saidOf.set(resolved.address, s.said(pasted.name, whoIsAsked(asked)));
      navigate(`/of/${resolved.address}`);
    } catch (error) {
      setState({ step: "failed", error });
    }
  }

  return (
    <form
      class="whose-form"
      onSubmit={(event) => {
        event.preventDefault();
        void show();
      }}
    >
      <label>
        <span>{s.label}</span>
        <input
          type="text"
          name="address"
          value={text}
          placeholder={s.hint}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class={wallet.value === null ? "main" : ""} disabled={text.trim() === ""}>
        {s.show}
      </button>
      {state.step === "resolving" ? <Waiting what={s.resolving} /> : null}
      {state.step === "no" ? <Notice kind="warn">{state.why}</Notice> : null}
      {state.step === "failed" ? <Failure error={state.error} /> : null}
    </form>
  );
}

function whyNot(name: string, resolved: Extract<Resolved, { why: string }>): string {
  if (resolved.why === "resolver-failed") return s.resolverFailed(name, resolved.resolver);
  return resolved.why === "unknown" ? s.unknown(name) : s.noRegistry;
}

/** Who said that a name is an address, for as long as the page is open. */
const saidOf = new Map<Address, string>();

function whoIsAsked({ chain, facts }: Connection): string {
  const [url] = facts.rpc;
  return chain === "wallet" || url === undefined ? s.byWallet : s.byProviders(new URL(url).host);
}

export function WhoseLine({ recipient }: { readonly recipient: Address }): JSX.Element {
  const [location] = useHashLocation();
  const [isOpen, setOpen] = useState(false);
  const account = wallet.value?.account;
  const said = saidOf.get(recipient);
  return (
    <div class="whose">
      <p>
        {s.of} <Hash text={recipient} />
        {account === recipient ? <span class="badge">{s.yours}</span> : null}
        {location === "/" ? <Link href={`/of/${recipient}`}>{s.link}</Link> : null}
        {account !== undefined && account !== recipient ? <Link href="/">{s.mine}</Link> : null}
        <button type="button" class="plain" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {s.other}
        </button>
      </p>
      {said === undefined ? null : <p class="soft">{said}</p>}
      {isOpen ? <WhoseForm /> : null}
    </div>
  );
}
