/**
 * The frame: pages by the address's hash, so that any server of files will do, the wallet, the colours. Each page is
 * loaded when it is first looked at.
 */
import type { JSX } from "preact";
import { lazy, Suspense } from "preact/compat";
import { Link, Route, Router, Switch } from "wouter-preact";
import { useHashLocation } from "wouter-preact/use-hash-location";
import { facts, loadFacts } from "./network/connection.ts";
import { PausedNotice } from "./network/pausedNotice.tsx";
import { Guarded } from "./parts/guarded.tsx";
import { Failure, Notice, Waiting } from "./parts/parts.tsx";
import { setTheme, type Theme, theme } from "./parts/theme.ts";
import { t } from "./strings/index.ts";
import { WalletButton } from "./wallet/walletButton.tsx";

const RewardsPage = lazy(() => import("./pages/rewards/rewardsPage.tsx"));
const StakesPage = lazy(() => import("./pages/stakes/stakesPage.tsx"));
const StakePage = lazy(() => import("./pages/stake/stakePage.tsx"));
const RunPage = lazy(() => import("./pages/run/runPage.tsx"));
const NetworkPage = lazy(() => import("./pages/network/networkPage.tsx"));
const NodePage = lazy(() => import("./pages/node/nodePage.tsx"));

/** Of the menu: where it leads, its name, and which addresses are of it. */
const PAGES = [
  ["/", t.app.pages.rewards, /^\/(?:of\/.*)?$/],
  ["/stakes", t.app.pages.stakes, /^\/stakes$/],
  ["/stake", t.app.pages.stake, /^\/stake(?:\/.*)?$/],
  ["/run", t.app.pages.run, /^\/run$/],
  ["/network", t.app.pages.network, /^\/(?:network|nodes\/.*)$/],
] as const;

export function App(): JSX.Element {
  return (
    <Router hook={useHashLocation}>
      <button type="button" class="skip" onClick={() => document.getElementById("content")?.focus()}>
        {t.app.skip}
      </button>
      <header class="top">
        <Link href="/" class="brand">
          <img src="./icon.svg" alt="" width="28" height="28" />
          {t.app.name}
        </Link>
        <Pages />
        <WalletButton />
      </header>
      <main id="content" tabIndex={-1}>
        <Content />
      </main>
      <footer class="bottom">
        <p>{t.app.tagline}</p>
        <ThemeChoice />
      </footer>
    </Router>
  );
}

function Pages(): JSX.Element {
  const [location] = useHashLocation();
  return (
    <nav aria-label={t.app.menu}>
      {PAGES.map(([path, name, isOf]) => (
        <Link key={path} href={path} aria-current={currentOf(location, path, isOf)}>
          {name}
        </Link>
      ))}
    </nav>
  );
}

/** "page" is the page itself; "true" is a page under it, such as one pool or one node. */
function currentOf(location: string, path: string, isOf: RegExp): "page" | "true" | undefined {
  if (location === path) return "page";
  return isOf.test(location) ? "true" : undefined;
}

function Content(): JSX.Element {
  const state = facts.value;
  if (state.step === "reading") return <Waiting what={t.facts.reading} />;
  if (state.step === "failed") {
    return (
      <>
        <Notice kind="bad">{t.facts.failed}</Notice>
        <Failure error={state.error} onAgain={() => void loadFacts()} />
      </>
    );
  }
  return (
    <>
      <PausedNotice />
      <Guarded>
        <Suspense fallback={<Waiting />}>
          <Switch>
            <Route path="/" component={RewardsPage} />
            <Route path="/of/:address" component={RewardsPage} />
            <Route path="/stakes" component={StakesPage} />
            <Route path="/stake" component={StakePage} />
            <Route path="/stake/:pool" component={StakePage} />
            <Route path="/run" component={RunPage} />
            <Route path="/network" component={NetworkPage} />
            <Route path="/nodes/:id" component={NodePage} />
            <Route>
              <Notice kind="warn">{t.app.notFound}</Notice>
            </Route>
          </Switch>
        </Suspense>
      </Guarded>
    </>
  );
}

function ThemeChoice(): JSX.Element {
  const themes: readonly Theme[] = ["system", "light", "dark"];
  return (
    <label class="theme">
      {t.app.theme.label}{" "}
      <select value={theme.value} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
        {themes.map((name) => (
          <option key={name} value={name}>
            {t.app.theme[name]}
          </option>
        ))}
      </select>
    </label>
  );
}
