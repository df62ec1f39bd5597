/** What Snowplow's own trackers send, against the bundled schemas. */
import { readFileSync } from "node:fs";
import type { WireRequest } from "@oncewire/protocol";
import { bundledSchemas, createSnowplowReceiver } from "@oncewire/protocol/snowplow";
import { describe, expect, it } from "vitest";
import { createSchemaCheck } from "./schema-check.js";

interface Capture {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: string | null;
    readonly headers: readonly (readonly [string, string])[];
    readonly body: string | null;
  } | null;
}

const files = ["python-1.1.0", "python-0.1.0", "node-4.8.0"];
const fixtures = new URL("../../../protocol/fixtures/snowplow/", import.meta.url);

function readCaptures(file: string): readonly Capture[] {
  const lines = readFileSync(new URL(`${file}.jsonl`, fixtures), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as Capture);
}

function requestOf({ method, path, query, headers, body }: NonNullable<Capture["request"]>): WireRequest {
  const named = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
  return { method, path, query: query ?? "", headers: named, body: new TextEncoder().encode(body ?? "") };
}

const receiver = createSnowplowReceiver({ checkData: createSchemaCheck(bundledSchemas, "keep") });
const arrival = {
  route: "tracker",
  project: "default",
  receivedAtMs: 1_795_186_000_000,
  remoteAddress: "192.0.2.7",
  requestId: "4c0f1d6c-0c65-4a0f-9c31-6d1ad1f4ad10",
};

/** Calls that the trackers let pass and that a pipeline refuses, and what is wrong with them. */
const known: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "python-1.1.0": {
    "track_screen_view.nothing": "the data itself must NOT have fewer than 1 properties",
    "track_form_change.null_element": "/elementId must be string",
  },
  "python-0.1.0": {},
  "node-4.8.0": { "screen_view.empty": "the data itself must NOT have fewer than 1 properties" },
};

describe("the bundled schemas", () => {
  it.each(files)("let every event of %s pass but those that are known to be wrong", (file) => {
    const wrong = readCaptures(file).flatMap(({ name, request }) => {
      if (request === null) return [];
      const { bad } = receiver.decode(requestOf(request), arrival);
      const call = name.replace(/\.(?:post|get)\..*$/, "");
      return bad
        .filter(({ code }) => code === "schema-violation")
        .map(({ message }) => [call, message.replace(/^.*another form: (.*)\.$/, "$1")]);
    });
    expect(Object.fromEntries(wrong)).toEqual(known[file]);
  });
});
