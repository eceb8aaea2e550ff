import { describe, expect, it } from "vitest";
import { wrap } from "./wrap.ts";

describe("lines that fit a terminal", () => {
  it("breaks between words, goes on under the text, and keeps short lines", () => {
    expect(wrap("Label     one two three four\nshort", 10, 20)).toBe("Label     one two\n          three four\nshort");
  });

  it("does not count colours, and leaves a word alone that is longer than a line", () => {
    expect(wrap("\x1b[1mab\x1b[22m \x1b[2mcd\x1b[22m", 2, 5)).toBe("\x1b[1mab\x1b[22m \x1b[2mcd\x1b[22m");
    expect(wrap("a 0123456789 b", 1, 6)).toBe("a\n 0123456789\n b");
  });
});
