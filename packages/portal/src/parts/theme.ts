/** Light, dark, or as the system has it; kept in this browser. */
import { computed, signal } from "@preact/signals";

export type Theme = "light" | "dark" | "system";

const KEY = "quorate.theme";
const DARK = matchMedia("(prefers-color-scheme: dark)");

function stored(): Theme {
  const text = localStorage.getItem(KEY);
  return text === "light" || text === "dark" ? text : "system";
}

export const theme = signal<Theme>(stored());

const systemIsDark = signal(DARK.matches);
DARK.addEventListener("change", () => {
  systemIsDark.value = DARK.matches;
});

/** As the page looks now: what is drawn on a canvas is drawn anew when it changes. */
export const isDark = computed(() => (theme.value === "system" ? systemIsDark.value : theme.value === "dark"));

export function applyTheme(): void {
  const { dataset } = document.documentElement;
  if (theme.value === "system") delete dataset["theme"];
  else dataset["theme"] = theme.value;
}

export function setTheme(next: Theme): void {
  theme.value = next;
  localStorage.setItem(KEY, next);
  applyTheme();
}
