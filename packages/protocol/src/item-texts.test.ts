import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "./event.js";
import { itemTexts } from "./item-texts.js";
import type { ItemText } from "./item-texts.js";
import { parseJson } from "./parse-json.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Texts of the items of `{"batch": […]}` as they are found, and of their properties. */
function textsIn(text: string): readonly ItemText[] | null {
  const parsed = parseJson(bytes(text), { depth: 3, member: "properties" });
  if (parsed.kind === "invalid") throw new Error(parsed.message);
  const { batch } = parsed.value as { readonly batch: readonly JsonObject[] };
  return itemTexts(bytes(text), parsed, { items: batch, member: "properties" });
}

const itemsIn = (text: string): readonly string[] | null => textsIn(text)?.map(({ item }) => item) ?? null;
const membersIn = (items: string): readonly (string | null)[] | undefined =>
  textsIn(`{"batch":[${items}]}`)?.map(({ member }) => member);

const spaces = fc.constantFrom("", "", "", " ", "\n", "\t  ");
/** With no numbers but those that any double holds. */
const exact = fc.object({ values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null)] });
const properties = fc.record({ properties: fc.oneof(exact, fc.jsonValue()), other: exact }, { requiredKeys: [] });
const item = fc.oneof(
  fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()),
  fc.dictionary(fc.string(), fc.string()),
  properties,
  fc.tuple(exact, properties).map(([some, more]) => ({ ...some, ...more })),
);

describe("itemTexts", () => {
  it("gives each item and its member as they came, or nothing", () => {
    let [items, members] = [0, 0];
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), spaces, fc.jsonValue(), (all, space, other) => {
        const written = all.map((one) => JSON.stringify(one, null, space));
        const rest = typeof other === "object" && other !== null ? null : other;
        const texts = textsIn(
          `{"sentAt":${JSON.stringify(rest)},${space}"batch":[${written.join(`${space},`)}${space}]}`,
        );
        if (texts === null) return;
        items += 1;
        expect(texts.map((one) => one.item)).toEqual(written.map((one) => new TextDecoder().decode(bytes(one))));
        for (const [at, { member }] of texts.entries()) {
          if (member === null) continue;
          members += 1;
          const value: unknown = (JSON.parse(written[at] ?? "") as { readonly properties?: JsonValue }).properties;
          expect(JSON.parse(member)).toEqual(value);
          // The same characters, though keys that are numbers may be elsewhere.
          expect(member).toHaveLength(JSON.stringify(value).length);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(items).toBeGreaterThan(300);
    expect(members).toBeGreaterThan(50);
  });

  it.each([
    ["another list of objects", '{"x":[{"a":1}],"batch":[{"b":2}]}'],
    ["an object in an object", '{"x":{"y":{}},"batch":[{"b":2}]}'],
    ["the list twice", '{"batch":[{"a":1}],"batch":[{"b":2}]}'],
    ["an item that is no object", '{"batch":[{"a":1},2]}'],
    ["a number that a double cannot hold", '{"batch":[{"a":157963456373623802}]}'],
    ["half a surrogate pair", '{"batch":[{"a":"\\ud800"}]}'],
  ])("gives nothing where there is %s", (_, text) => {
    expect(textsIn(text)).toBeNull();
  });

  it("finds its way by characters and by bytes", () => {
    const items = ['{"a":"é\\"}{"}', '{"properties":[{"c":{"d":"😀"}}]}', "{}"];
    expect(itemsIn(`{"batch":[${items.join(",")}],"ü":1}`)).toEqual(items);
    expect(membersIn(items.join())).toEqual([null, '[{"c":{"d":"😀"}}]', null]);
    const plain = ['{"a":"}{\\\\"}', '{"properties":[{"c":[{}]}]}'];
    expect(itemsIn(`{"batch":[${plain.join(",")}]}`)).toEqual(plain);
    expect(membersIn(plain.join())).toEqual([null, '[{"c":[{}]}]']);
  });

  it.each([
    ["it is in the item itself", '{"a":{"properties":{"b":1}},"properties":{"c":2}}', '{"c":2}'],
    ["it is in something else alone", '{"a":{"properties":{"b":1}}}', null],
    ["a text before has its name", '{"a":"properties","b":{"c":1}}', null],
    ["its name only begins like it", '{"propertiesOf":{},"xproperties":{}}', null],
    ["it is no object and no list", '{"properties":"a"}', null],
    ["it is there twice", '{"properties":{"a":1},"properties":{"b":2}}', null],
    ["it was an object first", '{"properties":{},"properties":1}', null],
    ["another is there twice", '{"a":1,"properties":{"b":2},"a":3}', null],
    ["it holds a key twice", '{"properties":{"a":1,"a":2}}', null],
    ["what it holds holds a key twice", '{"properties":{"a":[{"b":{"c":1,"c":2}}]}}', null],
    ["it holds a key __proto__", '{"properties":{"__proto__":{"a":1}}}', '{"__proto__":{"a":1}}'],
  ])("gives a member by what it says where %s", (_, text, member) => {
    expect(membersIn(`{"properties":{"first":[]}},${text},{"properties":[]}`)).toEqual(['{"first":[]}', member, "[]"]);
  });

  it.each(["5.0", "1.50", "-0", "0.0000001", '"\\/"', '"\\u00e9"', " 1", "1\n"])(
    "gives no member where a value is written as %j, which JSON.stringify writes otherwise",
    (value) => {
      expect(membersIn(`{"properties":{"a":${value}}}`)).toEqual([null]);
      expect(membersIn(`{"properties":[true,${value},{}]}`)).toEqual([null]);
    },
  );

  it.each(["5", "100", "0", "-5", "10.05", "0.5", "0.000001", "1.5", '"\\n\\"\\\\"', '"5.0 e"', "true", "null"])(
    "gives a member where a value is written as %j",
    (value) => {
      expect(membersIn(`{"properties":{"a":${value}}}`)).toEqual([`{"a":${value}}`]);
    },
  );

  it("gives no member that may be another's, whose name is in disguise", () => {
    expect(membersIn('{"properties":{"a":1},"\\u0070roperties":{"b":2}}')).toEqual([null]);
  });

  it("finds what is alone, without the space around it", () => {
    const text = ' {"properties" : { "a": 1 } }\n';
    const parsed = parseJson(bytes(text), { depth: 1, member: "properties" });
    if (parsed.kind === "invalid") throw new Error(parsed.message);
    const texts = itemTexts(bytes(text), parsed, { items: [parsed.value as JsonObject], member: "properties" });
    expect(texts).toEqual([{ item: '{"properties" : { "a": 1 } }', member: null }]);
  });
});
