import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asciiOf, JsonSkim, unclear } from "./json-skim.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function isSkimmed(bytes: Uint8Array): boolean {
  try {
    const json = new JsonSkim(bytes);
    json.skip();
    json.end();
    return true;
  } catch (error) {
    if (error !== unclear) throw error;
    return false;
  }
}

function isParsed(bytes: Uint8Array): boolean {
  try {
    JSON.parse(decoder.decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** What JSON is made of, so that a change of one byte is often JSON still, or nearly. */
const morsels = [
  ...Array.from('{}[]",:\\/ue+-.0123456789 \t\n\rtrfalsn\u0001\u007fé'),
  "\\u00e9",
  "\\ud83d",
  "null",
  "true",
  "1e5",
  '"a":1',
];

const changed = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 }), fc.constantFrom(...morsels)), { maxLength: 4 }),
  )
  .map(([json, changes]) =>
    changes.reduce((text, [where, gone, put]) => {
      const at = where % (text.length + 1);
      return text.slice(0, at) + put + text.slice(at + gone);
    }, json),
  );

describe("skimming JSON", () => {
  it("takes for JSON exactly what JSON.parse takes, down to its depth", () => {
    fc.assert(
      fc.property(changed, (text) => {
        const bytes = encoder.encode(text);
        expect(isSkimmed(bytes)).toBe(isParsed(bytes));
      }),
      { numRuns: 20_000 },
    );
  });

  it("takes no bytes for JSON that JSON.parse refuses", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.nat(), (noise, where) => {
        const json = encoder.encode('{"a":["é",-1.5e+3,true]}');
        const at = where % json.length;
        const bytes = Uint8Array.from([...json.slice(0, at), ...noise, ...json.slice(at)]);
        if (isSkimmed(bytes)) expect(isParsed(bytes)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    "",
    " ",
    "-",
    "01",
    "-01",
    "1.",
    ".5",
    "1e",
    "1e+",
    "+1",
    "0x1",
    "tru",
    "truex",
    "nul",
    "NaN",
    '"',
    '"\\x"',
    '"\\u12g4"',
    '"a\nb"',
    "[",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "{",
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    "{,}",
    "{1:2}",
    "1 2",
    "[1]]",
    '{"a":1}}',
    "\ufeff{}",
    "\u00a01",
    "'a'",
    "[1 2]",
    '{"a" 1}',
    '{"a":1 "b":2}',
    "\u0000",
  ])("gives up at %j", (text) => {
    expect(isSkimmed(encoder.encode(text))).toBe(false);
    expect(isParsed(encoder.encode(text))).toBe(false);
  });

  it("gives up at a depth that no event has, without going down to it", () => {
    expect(isSkimmed(encoder.encode("[".repeat(190) + "]".repeat(190)))).toBe(true);
    expect(isSkimmed(encoder.encode("[".repeat(191) + "]".repeat(191)))).toBe(false);
    expect(isSkimmed(encoder.encode("[".repeat(2_000_000)))).toBe(false);
  });

  it("names the keys of an object one after the other, with their values to be passed", () => {
    const json = new JsonSkim(encoder.encode(' { "a" : 1 , "bc":[ ], "a" :{"x":"y"} } '));
    const found: string[] = [];
    json.beginObject();
    while (json.nextMember()) {
      found.push(["a", "bc", "b"].filter((name) => json.isKey(asciiOf(name))).join());
      json.skip();
    }
    json.end();
    expect(found).toEqual(["a", "bc", "a"]);
  });

  it("does not say whether an escaped key is the one that is looked for", () => {
    const json = new JsonSkim(encoder.encode('{"\\u0061":1}'));
    json.beginObject();
    json.nextMember();
    expect(() => json.isKey(asciiOf("a"))).toThrow(unclear);
  });

  it.each([
    ['"a"', true],
    ['" . "', true],
    ['"é1"', true],
    ['""', false],
    ['" "', false],
    ['"é"', false],
    ['"\\u0061"', false],
    ["1", false],
    ["null", false],
  ])("says of %j whether it is a text that can be seen: %j", (text, isPassed) => {
    const json = new JsonSkim(encoder.encode(text));
    expect(json.skipVisibleText()).toBe(isPassed);
    json.end();
  });

  it.each([
    ['"2026-11-20"', "2026-11-20"],
    ['""', ""],
    ['"a\\u0041"', null],
    ['"é"', null],
    ["7", null],
    [`"${"x".repeat(100)}"`, "x".repeat(100)],
    [`"${"x".repeat(101)}"`, null],
  ])("takes of %s what it says, if that is plain", (json, text) => {
    const take = (): string => new JsonSkim(encoder.encode(json)).takePlainText();
    if (text === null) expect(take).toThrow(unclear);
    else expect(take()).toBe(text);
  });
});
