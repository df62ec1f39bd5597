import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WireRequest } from "../http.js";
import { arrivalAt } from "../skim.fixture.js";
import { decode } from "./decode.js";
import { skim } from "./skim.js";

const encoder = new TextEncoder();

function requestOf(body: string): WireRequest {
  return {
    method: "POST",
    path: "/event",
    query: "",
    headers: { "idempotency-key": "k-1" },
    body: encoder.encode(body),
  };
}

/** Values that make a field good, bad, or hard to tell. */
const values = fc.constantFrom(
  '"u-1"',
  '"é"',
  '""',
  '" "',
  '"\\u0041"',
  "null",
  "true",
  "7",
  "12345678901234567890",
  "{}",
  '{"a":[1]}',
  "[]",
  '"merge"',
  '"2026-11-20T10:00:00.000Z"',
  '"2026-11-20"',
  '"nonsense"',
  "1763632800000",
);
const keys = fc.constantFrom(
  "uuid",
  "event",
  "timestamp",
  "isNewUser",
  "mode",
  "attributes",
  "profile",
  "context",
  "properties",
  "sdkVersion",
  "e\\u0076ent",
  "__proto__",
);
const members = fc.tuple(keys, fc.oneof({ weight: 4, arbitrary: values }, fc.json({ maxDepth: 2 })));
const bodies = fc.tuple(fc.array(members, { maxLength: 4 }), fc.boolean()).map(([all, isNamed]) => {
  const named: (readonly [string, string])[] = isNamed
    ? [
        ["uuid", '"u-1"'],
        ["event", '"Seen"'],
      ]
    : [];
  return `{${[...named, ...all].map(([key, value]) => `"${key}":${value}`).join(" ,\n")}}`;
});

describe("a look in passing at an event of A-Track's", () => {
  it("says what decoding says, or nothing", () => {
    let seen = 0;
    fc.assert(
      fc.property(bodies, (body) => {
        const skimmed = skim(requestOf(body), arrivalAt("event"));
        if (skimmed === null) return;
        seen += 1;
        const { count, bad, reply } = decode(requestOf(body), arrivalAt("event"));
        expect({ body, count, bad, reply }).toEqual({ body, count: skimmed.count, bad: [], reply: skimmed.reply });
      }),
      { numRuns: 20_000 },
    );
    expect(seen).toBeGreaterThan(2_000);
  });

  it.each([
    '{"sdkVersion":"1","uuid":"u","event":"Seen","properties":{"a":[1,{"b":null}]}}',
    '{"uuid":"é1","event":"x","timestamp":"2026-11-20T10:00:00.000Z","isNewUser":false,"context":{},"profile":null}',
    ' {"event":"Seen" , "uuid":"u"}\n',
  ])("sees that %s is good", (body) => {
    expect(skim(requestOf(body), arrivalAt("event"))).toEqual({
      count: 1,
      reply: decode(requestOf(body), arrivalAt("event")).reply,
    });
  });

  it.each([
    ["nobody's event", '{"event":"Seen"}'],
    ["an event without a name", '{"uuid":"u"}'],
    ["a user who is none in the end", '{"uuid":"u","event":"Seen","uuid":""}'],
    ["a time that is none", '{"uuid":"u","event":"Seen","timestamp":"soon"}'],
    ["a time in milliseconds", '{"uuid":"u","event":"Seen","timestamp":1763632800000}'],
    ["a context that is a list", '{"uuid":"u","event":"Seen","context":[]}'],
    ["a mode", '{"uuid":"u","event":"Seen","mode":"merge"}'],
    ["a key that could be any", '{"uuid":"u","event":"Seen","mod\\u0065":7}'],
    ["what is behind the end", '{"uuid":"u","event":"Seen"}x'],
    ["a list", "[]"],
    ["a long time", `{"uuid":"u","event":"Seen","timestamp":"${"2".repeat(200_000)}"}`],
  ])("leaves %s to decoding", (_, body) => {
    expect(skim(requestOf(body), arrivalAt("event"))).toBeNull();
  });

  it.each(["init", "attributes"])("leaves %s to decoding: its answer tells of the user", (route) => {
    expect(skim(requestOf('{"uuid":"u","event":"Seen"}'), arrivalAt(route))).toBeNull();
  });
});
