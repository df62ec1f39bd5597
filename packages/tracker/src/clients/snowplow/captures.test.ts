/** What the Python tracker was recorded to send, said again by the client, call by call. */
import { afterEach, describe, expect, it } from "vitest";
import {
  Emitter,
  PagePing,
  PageView,
  ScreenView,
  SelfDescribing,
  SelfDescribingJson,
  StructuredEvent,
  Subject,
  Tracker,
  type TrackableEvent,
} from "../snowplow.js";
import {
  isFields,
  payloadsRecorded,
  readCases,
  saidIn,
  type Args,
  type Call,
  type RecordedCase,
} from "./captures.fixture.js";
import { startRecordingCollector, type RecordingCollector } from "./recording-collector.fixture.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Values of the recording that JSON has no form for, and names of arguments, in our words. */
function told(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(told);
  if (!isFields(value)) return value;
  const { $float, $tuple, $sdj, $subject, $event } = value;
  if (typeof $float === "string") return Number($float.replace("inf", "Infinity"));
  if ($tuple !== undefined) return told($tuple);
  if (isFields($sdj)) return new SelfDescribingJson(String($sdj["schema"]), data($sdj["data"]));
  if (Array.isArray($subject)) return subjectOf($subject as Setters);
  if (isFields($event)) return eventOf($event as unknown as RecordedEvent);
  return args(value);
}

/** Data of a caller's own, whose names stay. */
function data(value: unknown): unknown {
  if (!isFields(value) || "$float" in value || "$tuple" in value) return told(value);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, data(field)]));
}

function camel(name: string): string {
  return name.replace(/_$/, "").replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Arguments whose fields are a caller's own. */
const ownData = new Set(["filters", "dict_"]);

function args(given: Args): Args {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [camel(name), ownData.has(name) ? data(value) : told(value)]),
  );
}

type Setters = readonly (readonly [setter: string, args: readonly unknown[]])[];

function subjectOf(setters: Setters): Subject {
  const subject = new Subject();
  for (const [setter, given] of setters) {
    (Reflect.get(subject, camel(setter)) as (...values: readonly unknown[]) => unknown).apply(subject, [...given]);
  }
  return subject;
}

interface RecordedEvent {
  readonly class: string;
  readonly args: Args;
}

function eventOf({ class: name, args: given }: RecordedEvent): TrackableEvent {
  const { trueTimestamp, ...rest } = args(given) as Record<string, never>;
  // Texts count as no time there.
  const time = typeof trueTimestamp === "string" ? {} : { trueTimestamp: Number(trueTimestamp ?? Number.NaN) };
  const common = { ...rest, ...(Number.isNaN(time.trueTimestamp) ? {} : time) } as Record<string, never>;
  switch (name) {
    case "PageView":
      return new PageView(common as never);
    case "PagePing":
      return new PagePing(common as never);
    case "ScreenView":
      return new ScreenView({ ...common, screenType: common["type"] } as never);
    case "StructuredEvent":
      return new StructuredEvent(common as never);
    case "SelfDescribing":
      return new SelfDescribing(common as never);
    default:
      return { type: "raw", payload: data(given["dict_"]) as never };
  }
}

function open({ name, setup }: RecordedCase, { host }: RecordingCollector): Tracker {
  const { namespace, app_id, subject, encode_base64 } = { ...setup.tracker };
  const methods = name === "emitters.two_post_get" ? ["post", "get"] : [setup.emitter?.["method"] ?? "post"];
  const emitters = methods.map((method) => {
    const emitter = new Emitter(host, {
      protocol: "http",
      method: method as "get" | "post",
      batchSize: Number(setup.emitter?.["batch_size"] ?? 10),
      bufferCapacity: setup.emitter?.["buffer_capacity"] as number | undefined,
    });
    closers.push(() => emitter.close({ timeoutMs: 0 }));
    return emitter;
  });
  return new Tracker({
    namespace: String(namespace),
    appId: app_id as string | undefined,
    emitters,
    encodeBase64: encode_base64 as boolean | undefined,
    ...(subject === undefined ? {} : { subject: told(subject) as Subject }),
  });
}

/** Makes one call; `held` are the events that were kept to be tracked again. */
function make(tracker: Tracker, { method, args: given }: Call, held: Map<unknown, TrackableEvent>): void {
  const { event } = given;
  if (method === "$hold") {
    held.set(given["as"], told(event) as TrackableEvent);
  } else if (method === "$set") {
    Reflect.set(held.get(given["on"]) ?? {}, camel(String(given["attr"])), told(given["value"]));
  } else if (method === "track") {
    tracker.track((isFields(event) && held.get(event["$held"])) || (told(event) as TrackableEvent));
  } else {
    (Reflect.get(tracker, camel(method)) as (fields: unknown) => unknown).call(tracker, args(given));
  }
}

/** Cases in which something else is sent, or nothing, and why. */
const different: readonly (readonly [name: RegExp, reason: string])[] = [
  [/^page_ping\.float_offsets/, "refused: a pipeline loses the event"],
  [/^struct\.value_(bool|nan)/, "refused: a pipeline loses the event"],
  [/^struct\.label_list/, "refused: Python's repr of a list is no label"],
  [/^event\.raw_dict/, "refused: a pipeline loses the whole POST"],
  [/^track_form_change\.null_element/, "refused: the schema demands an elementId"],
  [/^track_screen_view\.nothing/, "refused: the schema demands a name or an id"],
  [/^track_mobile_screen_view\.generated_id/, "the id is a new one"],
  [/full_no_tstamp/, "items have the time of their order, not a true timestamp of their own"],
  [/^subject\.event_default_platform/, "an event's subject brings no platform along"],
  [/^reuse\./, "a field that is set to null is none; there it keeps what it was"],
  [/^batch\.buffer_capacity/, "the capacity is for what is not delivered yet, and a call does not wait for delivery"],
  [/^subject\.none_after_set_subject/, "every event has a platform"],
];

/** Cases that are about other things than what is sent (answers, addresses, sessions), and what JSON cannot be read from. */
const elsewhere = /^(retry|endpoint|tracker\.json_encoder|emitters\.async|self_describing\.nan_data)/;

describe("what snowplow-python-tracker 1.1.0 was recorded to send", () => {
  const cases = readCases("python-1.1.0").filter(({ name, requests }) => requests.length > 0 && !elsewhere.test(name));

  it.each(cases.map((each) => ({ name: each.name, recorded: each })))(
    "is sent by the client: $name",
    async ({ name, recorded }) => {
      const collector = await startRecordingCollector();
      closers.push(() => collector[Symbol.asyncDispose]());
      const { call } = recorded;
      const calls = Array.isArray(call.args["calls"]) ? (call.args["calls"] as readonly Call[]) : [call];
      const isDifferent = different.some(([pattern]) => pattern.test(name));
      try {
        const tracker = open(recorded, collector);
        const held = new Map<unknown, TrackableEvent>();
        for (const each of calls) make(tracker, each, held);
        await tracker.flush();
      } catch (error) {
        expect([isDifferent, error]).toMatchObject([true, { code: "E_EVENT" }]);
        return;
      }
      const sent = collector.payloads.map(saidIn);
      const expected = payloadsRecorded(recorded).map(saidIn);
      if (isDifferent) return expect(sent).not.toEqual(expected);
      expect(sent).toEqual(expected);
      const routes = (requests: readonly { readonly method: string; readonly path: string }[]): Set<string> =>
        new Set(requests.map(({ method, path }) => `${method} ${path}`));
      expect(routes(collector.requests)).toEqual(routes(recorded.requests));
    },
  );
});
