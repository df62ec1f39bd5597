import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WireRequest } from "../http.js";
import { arrivalAt } from "../skim.fixture.js";
import { decode } from "./decode.js";
import { accepted } from "./replies.js";
import { skim } from "./skim.js";

const encoder = new TextEncoder();

function requestOf(body: string): WireRequest {
  return { method: "POST", path: "/v1/batch", query: "", headers: {}, body: encoder.encode(body) };
}

function countOf(body: string, route = "batch"): number | null {
  return skim(requestOf(body), arrivalAt(route))?.count ?? null;
}

/** Values that make an event good, bad, or hard to tell. */
const ids = fc.constantFrom(
  '"u-1"',
  '"é"',
  '""',
  '" "',
  '"\\u200b"',
  '"\\u0041"',
  "null",
  "7",
  "12345678901234567890",
  "{}",
  "[]",
  '"\u200b"',
);
const keys = fc.constantFrom(
  "userId",
  "anonymousId",
  "user\\u0049d",
  "type",
  "properties",
  "batch",
  "__proto__",
  "context",
);
const members = fc.tuple(keys, fc.oneof(ids, ids, fc.json({ maxDepth: 2 })));
const objects = fc
  .array(members, { maxLength: 5 })
  .map((all) => `{${all.map(([key, value]) => `"${key}":${value}`).join(",")}}`);
const goodEvents = objects.map((text) => (text === "{}" ? '{"userId":"a"}' : text.replace("{", '{"anonymousId":"a",')));
const plainEvents = fc.json({ maxDepth: 3 }).map((json) => `{"properties":${json},"userId":"a"}`);
const events = fc.oneof(
  { weight: 20, arbitrary: plainEvents },
  { weight: 5, arbitrary: goodEvents },
  objects,
  fc.json({ maxDepth: 1 }),
);
const lists = fc.array(events, { maxLength: 4 }).map((all) => `[${all.join(" ,\n")}]`);
const batches = fc
  .array(
    fc.tuple(
      fc.constantFrom("batch", "batch", "sentAt", "b\\u0061tch"),
      fc.oneof(lists, lists, fc.json({ maxDepth: 1 })),
    ),
    {
      minLength: 1,
      maxLength: 2,
    },
  )
  .map((all) => `{${all.map(([key, value]) => `"${key}":${value}`).join(",")}}`);

describe("a look in passing at a request of RudderStack's", () => {
  it.each([
    ["batch", batches],
    ["import", batches],
    ["track", fc.oneof(events, objects)],
    ["alias", fc.oneof(events, objects)],
  ])("says of %s what decoding says, or nothing", (route, bodies) => {
    let seen = 0;
    fc.assert(
      fc.property(bodies, (body) => {
        const skimmed = skim(requestOf(body), arrivalAt(route));
        if (skimmed === null) return;
        seen += 1;
        const { count, bad, reply } = decode(requestOf(body), arrivalAt(route));
        expect({ body, count, bad, reply }).toEqual({ body, count: skimmed.count, bad: [], reply: skimmed.reply });
      }),
      { numRuns: 5_000 },
    );
    expect(seen).toBeGreaterThan(500);
  });

  it("counts the events of a batch, wherever the list is", () => {
    const event = '{"type":"track","properties":{"a":[1,2,{"b":"\\n\\ud83d\\ude00"}]},"userId":"é1"}';
    const body = ` {"sentAt":"2026", "batch" : [${event}, ${event}\n], "context":{"batch":[1]}}\n`;
    expect(skim(requestOf(body), arrivalAt("batch"))).toEqual({ count: 2, reply: accepted });
    expect(countOf(event, "identify")).toBe(1);
    expect(countOf(`{"batch":[${event},${event}],"batch":[${event}]}`)).toBe(1);
  });

  it.each([
    ["an empty list", '{"batch":[]}'],
    ["no list", '{"batch":{"userId":"a"}}'],
    ["two lists of which the last is empty", '{"batch":[{"userId":"a"}],"batch":[]}'],
    ["an event of nobody", '{"batch":[{"userId":"a"},{"event":"x"}]}'],
    ["an id that comes twice, at last as none", '{"batch":[{"userId":"a","userId":null}]}'],
    ["an id of characters that cannot be seen", '{"batch":[{"userId":"\u200b"}]}'],
    ["a key that could be any", '{"batch":[{"userId":"a","x\\u0079":1}]}'],
    ["what is behind the end", '{"batch":[{"userId":"a"}]}x'],
    ["a byte order mark", '\ufeff{"batch":[{"userId":"a"}]}'],
    ["an event that is as long as one with too many keys", `{"batch":[{"userId":"a","x":"${"x".repeat(50_000)}"}]}`],
  ])("leaves %s to decoding", (_, body) => {
    expect(countOf(body)).toBeNull();
  });

  it("leaves an event with too many keys to decoding, which finds it bad", () => {
    const body = `{"batch":[{"userId":"a",${Array.from({ length: 10_000 }, (_, at) => `"${at}":0`).join(",")}}]}`;
    expect(countOf(body)).toBeNull();
    expect(decode(requestOf(body), arrivalAt("batch")).bad).toHaveLength(1);
  });

  it("leaves a pixel to decoding", () => {
    expect(countOf("", "pixel-track")).toBeNull();
  });
});
