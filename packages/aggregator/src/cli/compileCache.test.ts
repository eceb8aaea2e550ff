import { describe, expect, it } from "vitest";
import { compileCacheDirectory } from "./compileCache.ts";

describe("compileCacheDirectory", () => {
  it("is the unit's own, else the user's; never one that other users share", () => {
    const HOME = "/users/ann";
    expect(compileCacheDirectory({ HOME, CACHE_DIRECTORY: "/var/cache/quorate:/var/cache/other" })).toBe(
      "/var/cache/quorate/compiled",
    );
    expect(compileCacheDirectory({ HOME, XDG_CACHE_HOME: "/data/cache" })).toBe("/data/cache/quorate/compiled");
    expect(compileCacheDirectory({ HOME })).toBe("/users/ann/.cache/quorate/compiled");
  });

  it("is none where there is no such place", () => {
    expect(compileCacheDirectory({})).toBeNull();
    expect(compileCacheDirectory({ CACHE_DIRECTORY: "", XDG_CACHE_HOME: "" })).toBeNull();
  });
});
