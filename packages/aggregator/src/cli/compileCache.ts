/**
 * Where compiled code is kept between starts. In: the environment. Out: a directory that nobody else can write to.
 * Node's own default lies in the temporary directory of all users. What is found there is run unchecked, beside a
 * node's keys, so another user must not be able to put it there first.
 */
import { join } from "node:path";

/** What the directory is called below a place for caches. */
const NAME = "quorate";

/**
 * Null where there is no such place: then nothing is kept, and each start compiles. `NODE_COMPILE_CACHE` needs no
 * answer, because Node has obeyed it already.
 */
export function compileCacheDirectory(env: Readonly<Record<string, string | undefined>>): string | null {
  // Of a systemd unit with CacheDirectory=, which names several with colons between.
  const own = env["CACHE_DIRECTORY"]?.split(":")[0];
  if (own !== undefined && own !== "") return join(own, "compiled");
  const shared = env["XDG_CACHE_HOME"] ?? (env["HOME"] === undefined ? undefined : join(env["HOME"], ".cache"));
  return shared === undefined || shared === "" ? null : join(shared, NAME, "compiled");
}
