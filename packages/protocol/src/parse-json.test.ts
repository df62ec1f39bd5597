import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "./event.js";
import { isExact } from "./exact-numbers.js";
import { measureJson, parseJson } from "./parse-json.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const value = (text: string): unknown => {
  const parsed = parseJson(bytes(text));
  return parsed.kind === "parsed" ? parsed.value : parsed;
};

describe("parseJson", () => {
  it("keeps a number that a double cannot hold as its text", () => {
    expect(value('{"id":157963456373623802,"low":-12345678901234567890.5,"big":1e400,"small":1e-400}')).toEqual({
      id: "157963456373623802",
      low: "-12345678901234567890.5",
      big: "1e400",
      small: "1e-400",
    });
  });

  it.each(["9007199254740993", "-9007199254740993", "1E400", "0.10000000000000001"])(
    "keeps %s as its text",
    (number) => {
      // Each alone: one that is longer would have all of them looked at.
      expect(value(`{"n":${number}}`)).toEqual({ n: number });
      expect(value(`[true,${number},"e"]`)).toEqual([true, number, "e"]);
    },
  );

  it("leaves every other number and every text alone", () => {
    const text = '{"a":0.30000000000000004,"b":1e21,"c":100000000000000000000,"d":"157963456373623802","e":1.50}';
    expect(value(text)).toEqual(JSON.parse(text));
    expect(value('["\\"157963456373623802","\\\\",157963456373623802]')).toEqual([
      '"157963456373623802',
      "\\",
      "157963456373623802",
    ]);
  });

  it("reads what JSON.stringify wrote as it was", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const text = JSON.stringify(json);
        expect(value(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it("calls an integer exact when a double gives back its digits", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (integer) => {
        expect(isExact(String(integer))).toBe(writtenOut(Number(integer)) === integer);
      }),
      { examples: [[-119_209_289_550_781_250_000_000n], [2n ** 60n], [2n ** 53n + 1n]] },
    );
  });

  it("makes every text and key well formed, and leaves pairs alone", () => {
    expect(value('{"\\ud800k":["\\ud83d\\ude00","x\\udc00"],"ok":1}')).toEqual({ "\ufffdk": ["😀", "x\ufffd"], ok: 1 });
  });

  it("carries a key __proto__ as data", () => {
    const parsed = value('{"__proto__":{"polluted":1}}') as object;
    expect(Object.hasOwn(parsed, "__proto__")).toBe(true);
    expect(Reflect.get(parsed, "polluted")).toBeUndefined();
  });

  it("survives nesting without end and says how deep it is", () => {
    const depth = 200_000;
    const parsed = parseJson(bytes("[".repeat(depth) + "]".repeat(depth)));
    if (parsed.kind === "invalid") throw new Error(parsed.message);
    expect(parsed.scan.depth).toBe(depth);
    expect(measureJson(parsed.value).depth).toBe(depth);
  });

  it.each(["", "{", "NaN", '{"a":NaN}', '"\u0001"', "{}x", "\ufeff{}", "[1,]", "{12345678901234567890:1}", "0123"])(
    "refuses %j",
    (text) => {
      expect(parseJson(bytes(text)).kind).toBe("invalid");
    },
  );

  it("answers for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        expect(["parsed", "invalid"]).toContain(parseJson(any).kind);
      }),
      { numRuns: 1000 },
    );
  });

  it("measures what the scan of the bytes finds", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const parsed = parseJson(bytes(JSON.stringify(json)));
        if (parsed.kind === "invalid") throw new Error(parsed.message);
        const measured = measureJson(parsed.value satisfies JsonValue);
        expect(measured.depth).toBe(parsed.scan.depth);
        expect(measured.keys).toBeLessThanOrEqual(parsed.scan.keys);
      }),
    );
  });
});

/** The integer that a double's shortest form stands for: 1.5e+21 is 1500000000000000000000. */
function writtenOut(double: number): bigint {
  const [mantissa = "", exponent] = String(Math.abs(double)).split("e+");
  const digits = exponent === undefined ? mantissa : mantissa.replace(".", "").padEnd(Number(exponent) + 1, "0");
  return double < 0 ? -BigInt(digits) : BigInt(digits);
}
