/** The page: facts first, then whatever its address names. */
import "./withoutEval.ts";
import { render } from "preact";
import { App } from "./app.tsx";
import { loadFacts } from "./network/connection.ts";
import { applyTheme } from "./parts/theme.ts";
import "./styles.css";

applyTheme();
void loadFacts();
render(<App />, document.getElementById("app") as HTMLElement);
