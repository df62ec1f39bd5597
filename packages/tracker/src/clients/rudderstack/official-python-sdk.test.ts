/**
 * The calls that were recorded from rudder-sdk-python, made through our client: what goes over the wire is the same, but
 * for the differences that are listed with their reasons.
 */
import type { JsonObject, JsonValue } from "@oncewire/protocol";
import { describe } from "vitest";
import { createRudderStack } from "./client.js";
import { testRecordedCalls } from "./recorded-calls.contract.js";
import {
  commonDifferences,
  impatientRuntime,
  without,
  type Difference,
  type RecordedCall,
} from "./recorded-requests.fixture.js";

/** Cases that cannot be compared, and why. */
const notCompared: Readonly<Record<string, string>> = {
  "clean.values": "values of Python that have no JavaScript counterpart; ours are the table in docs/values.md",
  "clean.nan_inf": "a bug of the original: NaN is no JSON and costs the whole batch; ours sends null",
  "message_id.empty_string": "a bug of the original: an empty id makes the gateway invent another one at every retry",
  "validate.both_empty_str":
    "a bug of the original: the gateway refuses the whole batch; ours refuses the event at the call",
  "validate.empty_event": "ours refuses a track without a name at the call",
  mutation_after_enqueue: "no single call; client.test.ts: sends what the message was at the call",
  "size.33KB_accepted":
    "RudderStack's page says that events over 32 KB are dropped; client.test.ts: rejects an event over maxEventBytes alone",
  "size.batch_over_4MiB":
    "a bug of the original: a request over the gateway's limit; the engine cuts at 4,096,000 bytes",
  queue_full: "no single call; client.test.ts: maxQueueSize",
  "on_error.raises": "a bug of the original: its consumer dies; client.test.ts: may throw or reject, and harms nothing",
  "host.H/": "no single call; client.test.ts: path and a path in dataPlaneUrl are joined",
  "host.H/v1/batch": "no single call, and no address that anyone means",
  "host.H?x=1": "a bug of the original: the path becomes part of the query",
  "module.upload_size_ignored": "a bug of the original; client.test.ts: uploadSize, uploadInterval",
};

/** Cases that lead to more or fewer requests, and why. */
const otherCounts: Readonly<Record<string, readonly [number, string]>> = {
  "sync_mode.status_500": [2, "syncMode retries, as every other call does"],
  "error.400_json_string_body": [1, "a bug of the original: it fails on the body and takes that for a network error"],
  "noretry.408": [2, "408 says that another attempt may pass"],
  "retry.202_is_error": [1, "a bug of the original: every 2xx is success, and a retry would be a duplicate"],
  "retry.204_is_error": [1, "as above"],
  "redirect.307": [1, "redirects are not followed: neither events nor the key go where nobody sent them"],
  "redirect.302": [1, "a bug of the original: it becomes a GET, whose success loses the events"],
};

const differences: readonly Difference[] = [
  ...commonDifferences,
  {
    reason: "the time of the call goes into originalTimestamp, so that the gateway can correct a wrong clock",
    apply: (event, given) => without(event, "originalTimestamp", ...(given.has("timestamp") ? [] : ["timestamp"])),
  },
];

/** The order of positional arguments. */
const positions: Readonly<Record<string, readonly string[]>> = {
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

const camelCase = (name: string): string => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

function messageOf({ method = "", args, kwargs }: RecordedCall): JsonObject {
  const byPosition = args.map((text, index) => [positions[method]?.[index] ?? "", fromPython(text)] as const);
  const byName = Object.entries(kwargs).map(([name, text]) => [camelCase(name), fromPython(text)] as const);
  return Object.fromEntries([...byPosition, ...byName]);
}

/** A Python literal as JSON. */
function fromPython(text: JsonValue): JsonValue {
  const json = (typeof text === "string" ? text : "null")
    .replaceAll(
      /datetime\.datetime\(([\d, ]+), tzinfo=(datetime\.timezone(?:\.utc|\(.*?\)\)))\)/g,
      (_, numbers: string, zone: string) => JSON.stringify(isoTime(numbers, zone)),
    )
    .replaceAll(/'([^']*)'/g, (_, inner: string) => JSON.stringify(inner))
    .replaceAll("True", "true")
    .replaceAll("False", "false");
  return JSON.parse(json);
}

function isoTime(numbers: string, zone: string): string {
  const [year, month, day, hour, minute, second, micros] = numbers.split(", ").map((each) => each.padStart(2, "0"));
  const fraction = micros === undefined ? "" : `.${micros.padStart(6, "0")}`;
  const offset = zone.includes("19800") ? "+05:30" : "+00:00";
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}${offset}`;
}

const base = { writeKey: "WRITEKEY", uploadIntervalMs: 1, runtime: impatientRuntime } as const;

async function send(recorded: RecordedCall, url: string): Promise<void> {
  const options = Object.fromEntries(Object.entries(recorded.client).map(([name, value]) => [camelCase(name), value]));
  const client = createRudderStack({ ...base, ...options, dataPlaneUrl: url });
  client[recorded.method as "track"](messageOf(recorded) as never);
  await client.close();
}

describe("rudder-sdk-python and our client", () => {
  testRecordedCalls({
    recording: "python-2.1.4",
    notCompared,
    otherCounts,
    differences,
    least: 30,
    messageOf,
    send,
  });
});
