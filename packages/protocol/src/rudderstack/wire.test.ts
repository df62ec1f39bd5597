import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../event.js";
import { createRudderStackEncoder } from "./encoder.js";
import type { TraitsPlace } from "./encode.js";
import type { RudderStackEvent } from "./event.js";

/**
 * What our encoder sends, beside what the official SDKs were recorded to send for the same arguments. Fields that differ
 * at every run are left out; every other difference is listed here with its reason.
 */
interface Recorded {
  readonly name: string;
  readonly seq: number;
  readonly call: {
    readonly method?: string;
    readonly args?: readonly JsonValue[];
    readonly kwargs?: Readonly<Record<string, string>>;
  };
  readonly request: { readonly method: string; readonly body: { readonly batch?: readonly JsonObject[] } };
}

interface Sdk {
  readonly file: string;
  /** The place that this SDK's clients are given for identify's traits. */
  readonly identifyTraits: TraitsPlace;
  readonly eventOf: (call: Recorded["call"]) => JsonObject;
  /** Where our message says the same in another way, for all cases of this SDK. */
  readonly differences: readonly Difference[];
  /** Cases that are refused or sent otherwise on purpose. */
  readonly exceptions: Readonly<Record<string, string>>;
}

interface Difference {
  readonly reason: string;
  readonly of: (theirs: Record<string, JsonValue>) => void;
}

const pythonParameters: Readonly<Record<string, readonly string[]>> = {
  identify: ["userId", "traits", "context", "timestamp", "anonymousId", "integrations", "messageId"],
  track: ["userId", "event", "properties", "context", "timestamp", "anonymousId", "integrations", "messageId"],
  page: [
    "userId",
    "category",
    "name",
    "properties",
    "context",
    "timestamp",
    "anonymousId",
    "integrations",
    "messageId",
  ],
  screen: [
    "userId",
    "category",
    "name",
    "properties",
    "context",
    "timestamp",
    "anonymousId",
    "integrations",
    "messageId",
  ],
  group: ["userId", "groupId", "traits", "context", "timestamp", "anonymousId", "integrations", "messageId"],
  alias: ["previousId", "userId", "context", "timestamp", "integrations", "messageId"],
};

/** A Python literal as the recording has it: texts without quotes in them, dicts, numbers and datetimes. */
function pythonValue(literal: string): JsonValue {
  const json = literal
    .replaceAll(/datetime\.datetime\(([\d, ]+), tzinfo=(.+)\)$/g, (_all, fields: string, zone: string) => {
      const [year = "", ...rest] = fields.split(", ").map((field) => field.padStart(2, "0"));
      const [month, day, hours, minutes, seconds, micros] = rest;
      const fraction = micros === undefined ? "" : `.${micros.padStart(6, "0")}`;
      const offset = zone.includes("seconds=19800") ? "+05:30" : "+00:00";
      return `'${year}-${month}-${day}T${hours}:${minutes}:${seconds}${fraction}${offset}'`;
    })
    .replaceAll("'", '"')
    .replaceAll(/\bTrue\b/g, "true")
    .replaceAll(/\bFalse\b/g, "false")
    .replaceAll(/\bNone\b/g, "null");
  return JSON.parse(json);
}

function pythonEvent({ method = "", args = [], kwargs = {} }: Recorded["call"]): JsonObject {
  const names = pythonParameters[method] ?? [];
  const positional = args.map((value, index) => [names[index], pythonValue(value as string)]);
  const named = Object.entries(kwargs).map(([name, value]) => [
    name.replaceAll(/_(\w)/g, (_all, letter: string) => letter.toUpperCase()),
    pythonValue(value),
  ]);
  return { ...Object.fromEntries([...positional, ...named]), type: method };
}

function nodeEvent({ method = "", args = [] }: Recorded["call"]): JsonObject {
  return { ...(args[0] as JsonObject), type: method };
}

const noNulls: Difference = {
  reason: "a field that is not known is left out, not sent as null or empty",
  of: (theirs) => {
    for (const [name, value] of Object.entries(theirs)) if (value === null || value === "") delete theirs[name];
  },
};

const defaultIntegrations: Difference = {
  reason: "all destinations are asked for by name, as the Python SDK does; none or {} means the same",
  of: (theirs) => {
    if (Object.keys((theirs["integrations"] as object | undefined) ?? {}).length === 0) {
      theirs["integrations"] = { All: true };
    }
  },
};

const noEmptyObjects: Difference = {
  reason: "properties and traits that are not given are left out",
  of: (theirs) => {
    const context = { ...(theirs["context"] as JsonObject) };
    if (JSON.stringify(context["traits"]) === "{}") delete context["traits"];
    theirs["context"] = context;
    for (const name of ["properties", "traits"]) if (JSON.stringify(theirs[name]) === "{}") delete theirs[name];
  },
};

const serverChannel: Difference = {
  reason: "Segment has no channel; RudderStack's own SDKs send it",
  of: (theirs) => {
    theirs["channel"] = "server";
  },
};

const categoryOnce: Difference = {
  reason: "Segment copies a page's category into its properties",
  of: (theirs) => {
    if (theirs["type"] !== "page" && theirs["type"] !== "screen") return;
    const { category, ...properties } = (theirs["properties"] ?? {}) as Record<string, JsonValue>;
    if (category === theirs["category"]) theirs["properties"] = properties;
  },
};

const sdks: readonly Sdk[] = [
  {
    file: "python-2.1.4",
    identifyTraits: "context",
    eventOf: pythonEvent,
    differences: [noNulls, defaultIntegrations, noEmptyObjects],
    exceptions: {
      "clean.values": "values of Python's own types",
      "clean.nan_inf": "NaN is sent as null: it would spoil the whole batch",
      "validate.both_empty_str": "an event of nobody is refused at the call: the gateway refuses its whole batch",
      "validate.empty_event": "a track without a name is refused",
    },
  },
  {
    file: "node-3.0.13",
    identifyTraits: "both",
    eventOf: nodeEvent,
    differences: [noNulls, defaultIntegrations, noEmptyObjects],
    exceptions: {
      "values.lone_surrogate": "half a surrogate pair is sent as U+FFFD: the gateway could not read it back",
      "validate.props_str": "properties that are no object are refused",
      "validate.messageId_num": "a numeric messageId is sent as text: the gateway replaces any that is not",
      "size.33KB_sent": "more than 32 KiB is refused alone, as the documents promise",
    },
  },
  {
    file: "segment-node-3.1.0",
    identifyTraits: "root",
    eventOf: nodeEvent,
    differences: [noNulls, defaultIntegrations, categoryOnce, noEmptyObjects, serverChannel],
    exceptions: {
      "validate.empty_user": "an event of nobody is refused at the call",
      "track.extra_fields_dropped": "unknown root fields are sent, as RudderStack's Node SDK does",
      "size.40KB": "more than 32 KiB is refused alone",
    },
  },
];

const stamp = { id: "generated", nowMs: Date.parse("2026-11-20T14:28:12.741Z") };

function ourMessage(event: JsonObject, identifyTraits: TraitsPlace = "context"): JsonObject {
  const encoder = createRudderStackEncoder({ writeKey: "WRITEKEY", identifyTraits });
  const encoded = encoder.encode(event as unknown as RudderStackEvent, stamp);
  if (!encoded.ok) throw new Error(encoded.problems[0].message);
  const body: { readonly batch: readonly [JsonObject] } = JSON.parse(
    new TextDecoder().decode(encoder.frame([encoded.value], stamp.nowMs).body),
  );
  return body.batch[0];
}

/** A message without what is new at every run, and without what names the SDK. */
function stable(message: JsonObject, given: JsonObject): Record<string, JsonValue> {
  const { timestamp, messageId, context } = message;
  const varying = new Set(["_metadata", "sentAt", "originalTimestamp", "timestamp", "messageId", "context"]);
  const { library: _library, ...contextRest } = (context ?? {}) as JsonObject;
  return {
    ...Object.fromEntries(Object.entries(message).filter(([name]) => !varying.has(name))),
    context: contextRest,
    ...(given["timestamp"] ? { timestamp: timestamp ?? null } : {}),
    ...(given["messageId"] ? { messageId: messageId ?? null } : {}),
  };
}

describe.each(sdks)("the wire of $file", ({ file, identifyTraits, eventOf, differences, exceptions }) => {
  const text = readFileSync(new URL(`../../fixtures/rudderstack/${file}.jsonl`, import.meta.url), "utf8");
  const recorded = text
    .trim()
    .split("\n")
    .slice(1)
    .map((line): Recorded => JSON.parse(line))
    .filter(({ call, request, seq }) => call.method !== undefined && request.method === "POST" && seq === 1);
  const same = recorded.filter(({ name }) => exceptions[name] === undefined);

  it.each(same.map((one) => [one.name, one] as const))("is ours: %s", (_name, { call, request }) => {
    const given = eventOf(call);
    const theirs = stable(request.body.batch?.[0] ?? {}, given);
    for (const difference of differences) difference.of(theirs);
    expect(stable(ourMessage(given, identifyTraits), given)).toEqual(theirs);
  });

  it("has no exception that is no case", () => {
    const names = new Set(recorded.map(({ name }) => name));
    expect(Object.keys(exceptions).filter((name) => !names.has(name))).toEqual([]);
    expect(same.length).toBeGreaterThan(15);
  });
});

describe("a message of ours", () => {
  const event: RudderStackEvent = { type: "track", userId: "u1", event: "Ev", context: { library: { name: "mine" } } };

  it("has the fields of both official SDKs", () => {
    expect(ourMessage(event as unknown as JsonObject)).toEqual({
      type: "track",
      channel: "server",
      messageId: "generated",
      userId: "u1",
      event: "Ev",
      context: { library: { name: "oncewire", version: "0.1.0" } },
      integrations: { All: true },
      originalTimestamp: "2026-11-20T14:28:12.741Z",
      sentAt: "2026-11-20T14:28:12.741Z",
    });
  });

  it("is posted with the key in its header and nowhere else", () => {
    const encoder = createRudderStackEncoder({ writeKey: "WRITEKEY" });
    const encoded = encoder.encode(event, stamp);
    if (!encoded.ok) throw new Error("refused");
    const request = encoder.frame([encoded.value], stamp.nowMs);
    expect(request).toMatchObject({
      method: "POST",
      path: "/v1/batch",
      query: "",
      headers: { "content-type": "application/json", authorization: "Basic V1JJVEVLRVk6" },
    });
    expect(Buffer.from(request.body).toString()).not.toContain("WRITEKEY");
    expect(JSON.parse(Buffer.from(request.body).toString()).sentAt).toBe("2026-11-20T14:28:12.741Z");
  });
});
