/**
 * Whether two URLs are one chain provider (P-66). Enters: a URL. Leaves: where it leads, without who asks: user,
 * password and query. One provider listed twice would count as two opinions.
 */

const DEFAULT_PORTS: readonly string[] = ["", "80", "443"];

export function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  const host = hostname.replace(/\.$/, "").replace(/^\[::ffff:7f00:1\]$|^\[::1\]$|^127(\.\d+){3}$/, "localhost");
  const path = decoded(pathname)
    .replace(/\/{2,}/g, "/")
    .replace(/\/$/, "");
  return `${host}${DEFAULT_PORTS.includes(port) ? "" : `:${port}`}${path}`;
}

/** Which two of them are one provider, by their places in the list and the host; null when none are. */
export function sameProvider(urls: readonly string[]): string | null {
  const places = urls.map((url) => (URL.canParse(url) ? placeOf(url) : url));
  const second = places.findIndex((place, i) => places.indexOf(place) < i);
  if (second === -1) return null;
  const first = places.indexOf(places[second] as string);
  const hosts = [first, second].map((i) => new URL(urls[i] as string).host);
  return `providers ${first + 1} (${hosts[0]}) and ${second + 1} (${hosts[1]}) are one: it would count as two (P-66)`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
