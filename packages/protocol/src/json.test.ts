import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holdsLoneSurrogate, writeJson, writePlain } from "./json.js";

const limits = { maxBytes: 100_000, maxDepth: 50 };

function throwingGetter(): object {
  return Object.defineProperty({}, "a", {
    enumerable: true,
    get() {
      throw new Error("no");
    },
  });
}

function holdingItself(): object {
  const object: Record<string, unknown> = {};
  object["self"] = object;
  return object;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

class Point {
  readonly a = 1;
  readonly #hidden = 2;
  sum(): number {
    return this.a + this.#hidden;
  }
}

const shared = { a: 1 };

/** A row of docs/values.md each: what the page calls the value, and the value where it stands. */
const values: Readonly<Record<string, () => unknown>> = {
  "`undefined` in an object": () => undefined,
  "`undefined` in a list": () => [undefined],
  "a function or a symbol in an object": () => Symbol("s"),
  "a function or a symbol in a list": () => [() => 1],
  "`NaN`, `Infinity`, `-Infinity`": () => Number.NEGATIVE_INFINITY,
  "`-0`": () => -0,
  "a BigInt": () => 157963456373623802n,
  "a BigInt past 2^4096": () => 2n ** 5000n,
  "a Date": () => new Date("2026-11-20T14:28:12.741Z"),
  "an invalid Date": () => new Date(Number.NaN),
  "a Map with texts for keys": () => new Map([["a", 1]]),
  "a Map with other keys": () => new Map([[1, "a"]]),
  "a Set": () => new Set([1, 2]),
  "a typed array": () => Float64Array.of(1, 2),
  "a typed array of BigInts": () => BigInt64Array.of(1n),
  "an ArrayBuffer or a DataView": () => new DataView(Uint8Array.of(1, 2).buffer),
  "a Buffer, by its `toJSON`": () => Buffer.of(1, 2),
  "a RegExp": () => /a+/g,
  "an Error, without its stack": () => Object.assign(new Error("m"), { code: 7 }),
  "a boxed number, text, boolean": () => new Object(5),
  "an instance of a class: its own fields": () => new Point(),
  "an object with `toJSON`: its answer": () => ({ toJSON: () => "x" }),
  "an object whose `toJSON` throws": () => ({ toJSON: () => throwing() }),
  "a revoked proxy": revoked,
  "a getter that throws": throwingGetter,
  "an object that holds itself": holdingItself,
  "an object that stands in two places": () => [shared, shared],
  "half a surrogate pair": () => "\ud800",
  "a key `__proto__`": () => JSON.parse('{"__proto__":1}'),
  // oxlint-disable-next-line no-sparse-arrays
  "a hole in a list": () => [, 1],
};

function throwing(): never {
  throw new Error("no");
}

const page = readFileSync(new URL("../../../docs/values.md", import.meta.url), "utf8");
const rows = page
  .split("\n")
  .map((line) => line.split(" | ").map((cell) => cell.replaceAll(/^\| |\|$/g, "").trim()))
  .filter((cells) => cells.length === 3 && cells[0] !== "value" && !cells[0]?.startsWith("-"))
  .map(([name = "", sent = "", code = ""]) => ({
    name,
    sent: sent === "nothing" ? undefined : sent.replaceAll("`", ""),
    code,
  }));

/** How the page shows a value that stands in a list or is a field that throws. */
function shown(name: string, json: unknown): string | undefined {
  const value = (json as { readonly field?: unknown }).field;
  if (name.endsWith("in a list")) return JSON.stringify((value as readonly unknown[])[0]);
  if (name === "a getter that throws") return JSON.stringify((value as { readonly a: unknown }).a);
  return JSON.stringify(value);
}

describe("writeJson", () => {
  it("covers the rows of docs/values.md, no more and no less", () => {
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(values));
  });

  it.each(rows.map((row) => [row.name, row] as const))("sends %s as the page says", (name, row) => {
    const written = writeJson({ before: 1, field: values[name]?.(), after: 2 }, limits);
    if (written.kind === "too-large") throw new Error("too large");
    const json: { readonly before: number; readonly after: number } = JSON.parse(written.text);
    expect(shown(name, json)).toBe(row.sent);
    expect([json.before, json.after]).toEqual([1, 2]);
    expect(written.replaced.map(({ code }) => code)).toEqual(row.code === "" ? [] : [row.code]);
  });

  it("names the path of what it replaced", () => {
    const written = writeJson({ items: [{ price: 1n }] }, limits, "properties");
    expect(written).toMatchObject({ replaced: [{ path: "properties.items.0.price", code: "bigint" }] });
  });

  it("replaces what is nested too deep, and ends a nesting without end", () => {
    let deep: unknown = "end";
    for (let level = 0; level < 1_000_000; level += 1) deep = { in: deep };
    const written = writeJson({ deep, beside: 1 }, { maxBytes: 1000, maxDepth: 3 });
    expect(written).toMatchObject({ text: '{"deep":{"in":{"in":"[too deep]"}},"beside":1}' });
    expect(written).toMatchObject({ replaced: [{ code: "too-deep" }] });
  });

  it("gives up a value that cannot fit, however it grows", () => {
    let twice: unknown = { a: 1 };
    for (let level = 0; level < 40; level += 1) twice = [twice, twice];
    const endless = { toJSON: () => ({ next: endless, more: "x".repeat(10) }) };
    for (const value of [
      "x".repeat(100_001),
      twice,
      new Uint8Array(1e6),
      Object.assign([], { length: 4e9 }),
      new Map([["a", "x".repeat(1e6)]]),
    ]) {
      expect(writeJson({ value }, limits).kind).toBe("too-large");
    }
    expect(writeJson(endless, limits).kind).toBe("written");
  });

  it("names the one value that cannot fit by itself", () => {
    const keys = Object.fromEntries(Array.from({ length: limits.maxBytes }, (_, index) => [`k${index}`, undefined]));
    for (const value of ["x".repeat(limits.maxBytes + 1), Array(limits.maxBytes + 1).fill(1), keys]) {
      expect(writeJson({ a: [1, { value }] }, limits, "properties")).toMatchObject({
        culprit: { path: "properties.a.1.value" },
      });
    }
    const halves = ["x".repeat(limits.maxBytes / 2), "x".repeat(limits.maxBytes / 2)];
    expect(writeJson(halves, limits)).toMatchObject({ kind: "too-large", culprit: null });
  });

  it("looks at no value of an object whose keys alone cannot fit", () => {
    const looks: string[] = [];
    const keys = Array.from({ length: limits.maxBytes }, (_, index) => `k${index}`);
    const object = Object.fromEntries(keys.map((key) => [key, 1]));
    const watched = new Proxy(object, {
      get: (target, key) => {
        looks.push(String(key));
        return Reflect.get(target, key);
      },
    });
    Object.setPrototypeOf(object, Object.create(null));
    expect(writeJson({ watched }, limits).kind).toBe("too-large");
    expect(looks.filter((key) => key.startsWith("k"))).toEqual([]);
  });

  it("leaves Object.prototype as it is", () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const hostile: unknown = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    writeJson({ hostile, other: 1n }, limits);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("takes the same value both ways to the same text", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const plain = writePlain(value, limits);
        // A function beside the value forces the careful way.
        const careful = writeJson({ value, way: () => 1 }, limits);
        expect(plain).not.toBeNull();
        if (plain === null || holdsLoneSurrogate(plain)) return;
        expect(careful).toMatchObject({ text: `{"value":${plain}}` });
      }),
      { numRuns: 500 },
    );
  });

  it("never throws, and writes valid JSON of well-formed texts for any value", () => {
    const hostile = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withUnicodeString: true,
    });
    const traps = fc.constantFrom(revoked, throwingGetter, holdingItself, throwing, () => Symbol("s"));
    fc.assert(
      fc.property(hostile, traps, (value, trap) => {
        const written = writeJson(
          { value, trap: trap === throwing ? { toJSON: throwing } : trap(), end: "ok" },
          limits,
        );
        if (written.kind === "too-large") return;
        const json: { readonly end: string } = JSON.parse(written.text);
        expect(json.end).toBe("ok");
        expect(holdsLoneSurrogate(written.text.replaceAll("\\\\", ""))).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it("writes the value of the call, not a later one", () => {
    const value = { list: [1, { a: 1 }] };
    const written = writeJson(value, limits);
    (value.list[1] as { a: number }).a = 2;
    expect(written).toMatchObject({ text: '{"list":[1,{"a":1}]}' });
  });
});
