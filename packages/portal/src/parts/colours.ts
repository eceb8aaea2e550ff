/**
 * The page's colours for what is drawn on a canvas. Enters: names of CSS variables, where they hold. Leaves: colours as
 * the theme of this moment has them: the variables themselves hold both themes (`light-dark()`).
 */
export function coloursAt<N extends string>(place: Element, names: readonly N[]): Record<N, string> {
  const probe = document.createElement("span");
  probe.hidden = true;
  place.append(probe);
  const found = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(found) as Record<N, string>;
}
