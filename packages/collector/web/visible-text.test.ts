import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { visibleLines, visibleText } from "./visible-text.js";

describe("visibleText", () => {
  it.each([
    ["a direction override", "a\u202Eb", "a⟨U+202E⟩b"],
    ["a direction isolate", "\u2066x", "⟨U+2066⟩x"],
    ["a null", "\u0000", "⟨U+0000⟩"],
    ["a line break", "a\r\nb", "a⟨U+000D⟩⟨U+000A⟩b"],
    ["a C1 control", "\u0085", "⟨U+0085⟩"],
    ["a zero-width space", "pay\u200Bpal", "pay⟨U+200B⟩pal"],
    ["a byte order mark", "\uFEFF", "⟨U+FEFF⟩"],
    ["a tag character", "\u{E0041}", "⟨U+E0041⟩"],
    ["a lone surrogate", "a\uD800b", "a⟨U+D800⟩b"],
    ["a line separator", "\u2028", "⟨U+2028⟩"],
  ])("shows %s", (_name, text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });

  it.each(["Ada Lovelace", "żółw", "naïve 日本語 עברית", "👩‍👧‍👦 🏳️‍🌈", "क्‍ष", "tab? no: space", ""])(
    "leaves %j as it is",
    (text) => {
      expect(visibleText(text)).toBe(text);
    },
  );

  it("leaves nothing in a text that is unseen, and nothing else changes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = visibleText(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\u200B\u200E\u200F]/u);
        expect(visibleText(shown)).toBe(shown);
      }),
    );
  });

  it("keeps the line breaks of several lines", () => {
    expect(visibleLines("a\n\u202Eb\n")).toBe("a\n⟨U+202E⟩b\n");
  });
});
