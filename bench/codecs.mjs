/**
 * The codecs alone. Encoding: translate + validate + encode of a canonical event against JSON.stringify of the same event
 * with an id and a timestamp (Snowplow: of its documents, in base64, and of the payload around them). Decoding: a body of 100 events (A-Track has no batch: one), validated, into canonical events,
 * against JSON.parse of the same text (Snowplow: of the body and of the JSON inside its values).
 */
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createATrackEncoder, createATrackReceiver } from "@oncewire/protocol/a-track";
import { createRudderStackEncoder, createRudderStackReceiver } from "@oncewire/protocol/rudderstack";
import { createSnowplowEncoder, createSnowplowReceiver } from "@oncewire/protocol/snowplow";
import { sampleEvent } from "./sample-event.mjs";
import { snowplowByHand } from "./snowplow-by-hand.mjs";

const rounds = 41;
const eventsPerRound = 2_000;
const nowMs = 1_790_000_000_000;

const wires = [
  {
    name: "RudderStack",
    encoder: createRudderStackEncoder({ writeKey: "bench" }),
    receiver: createRudderStackReceiver(),
    write: stringifyEvent,
    parse: (text) => JSON.parse(text),
  },
  {
    name: "Snowplow",
    encoder: createSnowplowEncoder({ appId: "bench", namespace: "bench" }),
    receiver: createSnowplowReceiver(),
    write: writeSnowplow,
    parse: parseSnowplow,
  },
  {
    name: "A-Track",
    encoder: createATrackEncoder({ publicKey: "bench" }),
    receiver: createATrackReceiver(),
    write: stringifyEvent,
    parse: (text) => JSON.parse(text),
  },
];

/** Each wire in a process of its own, as in a service that speaks one: what one makes slow must not count for another. */
export async function codecRows() {
  const rows = [];
  for (const { name } of wires) rows.push(...(await rowsOf(name)));
  return rows;
}

function rowsOf(name) {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [name]);
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`the measurement of ${name} ended with ${code} and no answer`)));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wire = wires.find(({ name }) => name === process.argv[2]);
  const events = Array.from({ length: eventsPerRound }, (_, index) => canonical(index));
  process.send([encodeRow(wire, events), decodeRow(wire, events)]);
}

function canonical(index) {
  const { userId, event, properties, context } = sampleEvent(index);
  return {
    id: randomUUID(),
    kind: "track",
    name: event,
    userId,
    anonymousId: null,
    previousId: null,
    groupId: null,
    sessionId: null,
    occurredAt: new Date(nowMs).toISOString(),
    properties,
    entities: [],
    context,
  };
}

function stringifyEvent(event) {
  return JSON.stringify({ ...event, id: randomUUID(), occurredAt: new Date().toISOString() });
}

/** What the encoder says of the same event: its kind, name and properties, its context, and the pairs that it has keys for. */
function writeSnowplow({ kind, name, properties, userId, context }) {
  const event = { schema: "iglu:com.example/event/jsonschema/1-0-0", data: { kind, name, properties } };
  const entity = { schema: "iglu:com.example/context/jsonschema/1-0-0", data: context };
  const { ip, userAgent: ua, locale: lang, page } = context;
  return snowplowByHand(event, entity, { uid: userId, ip, ua, lang, url: page.url, refr: page.referrer });
}

function encodeRow({ name, encoder, write }, events) {
  const ours = () => {
    for (const event of events) encodeOne(encoder, event);
  };
  let written = "";
  const floor = () => {
    for (const event of events) written = write(event);
    if (!written.endsWith("}")) throw new Error(`expected the floor of ${name} to write JSON`);
  };
  return compare({ name: `${name}: encode one event`, ours, floor, per: events.length, wanted: "≤ 1.5" });
}

function encodeOne(encoder, event) {
  const translated = encoder.translate(event);
  if (!translated.ok) throw new Error(translated.problems[0].message);
  const encoded = encoder.encode(translated.value, { id: event.id, nowMs });
  if (!encoded.ok) throw new Error(encoded.problems[0].message);
  return encoded.value;
}

function decodeRow({ name, encoder, receiver, parse }, events) {
  const batch = events.slice(0, Math.min(100, encoder.limits.maxBatchEvents)).map((event) => encodeOne(encoder, event));
  const request = encoder.frame(batch, nowMs);
  const route = receiver.routes.find(({ path }) => path === request.path) ?? receiver.routes.at(-1);
  const arrival = {
    route: route.name,
    project: "bench",
    receivedAtMs: nowMs,
    remoteAddress: "127.0.0.1",
    requestId: randomUUID(),
  };
  const repeats = Math.ceil(eventsPerRound / batch.length);
  const ours = () => {
    for (let index = 0; index < repeats; index += 1) {
      const { events: decoded, bad } = receiver.decode(request, arrival);
      if (decoded.length !== batch.length || bad.length > 0)
        throw new Error(`expected ${batch.length} events of ${name}`);
    }
  };
  const floor = () => {
    for (let index = 0; index < repeats; index += 1) parse(Buffer.from(request.body).toString());
  };
  const per = repeats * batch.length;
  return compare({
    name: `${name}: decode and validate, ${batch.length} per request`,
    ours,
    floor,
    per,
    wanted: "≤ 1.5",
  });
}

/** The body, and every value in it that is JSON or JSON in base64. */
function parseSnowplow(text) {
  const body = JSON.parse(text);
  for (const event of body.data) {
    for (const key of ["ue_pr", "co"]) if (event[key] !== undefined) JSON.parse(event[key]);
    for (const key of ["ue_px", "cx"])
      if (event[key] !== undefined) JSON.parse(Buffer.from(event[key], "base64url").toString());
  }
  return body;
}

/** Median of alternating rounds. */
function compare({ name, ours, floor, per, wanted }) {
  const times = { ours: [], floor: [] };
  for (let round = 0; round < rounds; round += 1) {
    times.floor.push(timed(floor));
    times.ours.push(timed(ours));
  }
  const [mine, least] = [median(times.ours) / per, median(times.floor) / per];
  return { name, ours: mine.toFixed(2), floor: least.toFixed(2), unit: "µs/event", ratio: mine / least, wanted };
}

function timed(action) {
  const startMs = performance.now();
  action();
  return (performance.now() - startMs) * 1_000;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
