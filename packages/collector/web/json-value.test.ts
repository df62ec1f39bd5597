import { describe, expect, it } from "vitest";
import { parseJson, prettyJson } from "./json-value.js";
import type { JsonValue } from "./json-value.js";

describe("prettyJson", () => {
  it("indents", () => {
    expect(prettyJson({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}');
  });

  it("does not indent what is nested so deep that indentation would be most of it", () => {
    const text = `${"[".repeat(3_000)}${"]".repeat(3_000)}`;
    const deep: JsonValue = JSON.parse(text);
    expect(prettyJson(deep)).toBe(text);
  });
});

describe("parseJson", () => {
  it("tells text that is no JSON by undefined", () => {
    expect([parseJson("null"), parseJson("{")]).toEqual([null, undefined]);
  });
});
