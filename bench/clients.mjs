/**
 * µs of the caller's thread per call of each system's own client, against the least code that puts the same event on the
 * same wire by hand: an id, the times, JSON.stringify, and for Snowplow the base64 that its wire asks for. Each client in
 * a process of its own; nothing is sent while the clock runs, and between rounds the queue is emptied into a server.
 */
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createATrack } from "oncewire/a-track";
import { createRudderStack } from "oncewire/rudderstack";
import { SelfDescribing, SelfDescribingJson, Snowplow, Subject } from "oncewire/snowplow";
import { sampleEvent } from "./sample-event.mjs";

let kept;
const perRound = 1_000;
const rounds = 61;

const clients = {
  RudderStack: openRudderStack,
  Snowplow: openSnowplow,
  "A-Track": openATrack,
};

export async function clientRows() {
  const rows = [];
  for (const name of Object.keys(clients)) rows.push(await rowOf(name));
  return rows;
}

function rowOf(name) {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [name]);
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`the measurement of ${name} ended with ${code} and no answer`)));
  });
}

function openRudderStack(address) {
  const client = createRudderStack({ writeKey: "bench", dataPlaneUrl: address });
  return {
    client,
    call: (event) => client.track(event),
    byHand: ({ userId, event, properties, context }) => ({
      type: "track",
      userId,
      event,
      properties,
      context,
      messageId: randomUUID(),
      originalTimestamp: new Date().toISOString(),
    }),
  };
}

const schema = "iglu:com.example/order_completed/jsonschema/1-0-0";
const contextSchema = "iglu:com.example/request/jsonschema/1-0-0";

function openSnowplow(address) {
  const tracker = Snowplow.createTracker({ namespace: "bench", endpoint: address, appId: "bench" });
  const call = ({ userId, properties, context }) =>
    tracker.track(
      new SelfDescribing({
        eventJson: new SelfDescribingJson(schema, properties),
        context: [new SelfDescribingJson(contextSchema, context)],
        eventSubject: new Subject().setUserId(userId),
      }),
    );
  return { client: tracker, call, byHand: snowplowByHand };
}

function snowplowByHand({ userId, properties, context }) {
  const described = {
    schema: "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0",
    data: { schema, data: properties },
  };
  const entities = {
    schema: "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1",
    data: [{ schema: contextSchema, data: context }],
  };
  return {
    e: "ue",
    eid: randomUUID(),
    dtm: String(Date.now()),
    tv: "bench",
    tna: "bench",
    aid: "bench",
    p: "srv",
    uid: userId,
    ue_px: base64Of(described),
    cx: base64Of(entities),
  };
}

function base64Of(value) {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function openATrack(address) {
  const client = createATrack({ publicKey: "bench", baseUrl: address });
  return {
    client,
    call: ({ userId, event, properties, context }) =>
      client.track({ uuid: userId, event, attributes: properties, context }),
    byHand: ({ userId, event, properties, context }) => ({
      sdkVersion: "bench",
      uuid: userId,
      event,
      attributes: properties,
      timestamp: new Date().toISOString(),
      context,
      id: randomUUID(),
    }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.send(await measure(process.argv[2]));

async function measure(name) {
  const server = fork(fileURLToPath(new URL("./counting-server.mjs", import.meta.url)));
  const port = await new Promise((resolve) => server.once("message", resolve));
  const { client, call, byHand } = clients[name](`http://127.0.0.1:${port}`);
  const events = Array.from({ length: perRound }, (_, index) => sampleEvent(index));
  const times = { ours: [], floor: [] };
  let accepted = 0;
  for (let round = 0; round < rounds; round += 1) {
    times.floor.push(microsecondsPerEvent(events, (event) => keep(JSON.stringify(byHand(event)))));
    times.ours.push(microsecondsPerEvent(events, (event) => (accepted += call(event).accepted ? 1 : 0)));
    await client.flush();
  }
  await client.close();
  server.send("stop");
  if (accepted !== rounds * perRound) throw new Error(`expected every call of ${name} to be accepted, got ${accepted}`);
  const [ours, floor] = [median(times.ours), median(times.floor)];
  return {
    name: `${name}: one call of its client, median of ${rounds} rounds of ${perRound}`,
    ours: ours.toFixed(2),
    floor: floor.toFixed(2),
    unit: "µs/event",
    ratio: ours / floor,
    wanted: "≤ 1.5",
  };
}

function keep(text) {
  kept = text;
  return kept;
}

function microsecondsPerEvent(events, action) {
  const startMs = performance.now();
  for (const event of events) action(event);
  return ((performance.now() - startMs) * 1_000) / events.length;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
