/**
 * µs of the caller's thread per call of each system's own client, against what one would write by hand to put the same
 * event on the same wire: an id, the time, JSON.stringify, and for Snowplow the base64 that its wire asks for. Each client in
 * a process of its own; everything waits in the queue until the last call, and is then sent to a server.
 */
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createATrack } from "oncewire/a-track";
import { createRudderStack } from "oncewire/rudderstack";
import { SelfDescribing, SelfDescribingJson, Snowplow, Subject } from "oncewire/snowplow";
import { sampleEvent } from "./sample-event.mjs";
import { snowplowByHand } from "./snowplow-by-hand.mjs";

let kept;
const perRound = 500;
const rounds = 41;
/** Until the engine has compiled what is called, a call costs several times as much; a service is past that in a moment. */
const warmUpRounds = 30;
const calls = (rounds + warmUpRounds) * perRound;

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
  const client = createRudderStack({ writeKey: "bench", dataPlaneUrl: address, maxQueueSize: calls });
  return {
    client,
    call: (event) => client.track(event),
    byHand: (event) =>
      JSON.stringify({ ...event, type: "track", messageId: randomUUID(), originalTimestamp: new Date().toISOString() }),
  };
}

const schema = "iglu:com.example/order_completed/jsonschema/1-0-0";
const contextSchema = "iglu:com.example/request/jsonschema/1-0-0";

function openSnowplow(address) {
  const emitterConfig = { bufferCapacity: calls };
  const tracker = Snowplow.createTracker({ namespace: "bench", endpoint: address, appId: "bench", emitterConfig });
  const call = ({ userId, properties, context }) =>
    tracker.track(
      new SelfDescribing({
        eventJson: new SelfDescribingJson(schema, properties),
        context: [new SelfDescribingJson(contextSchema, context)],
        eventSubject: new Subject().setUserId(userId),
      }),
    );
  const byHand = ({ userId, properties, context }) =>
    snowplowByHand({ schema, data: properties }, { schema: contextSchema, data: context }, { uid: userId });
  return { client: tracker, call, byHand };
}

function openATrack(address) {
  const client = createATrack({ publicKey: "bench", baseUrl: address });
  return {
    client,
    call: ({ userId, event, properties, context }) =>
      client.track({ uuid: userId, event, attributes: properties, context }),
    byHand: ({ userId, event, properties, context }) =>
      JSON.stringify({
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
  for (let round = 0; round < rounds + warmUpRounds; round += 1) {
    times.floor.push(microsecondsPerEvent(events, (event) => keep(byHand(event))));
    times.ours.push(microsecondsPerEvent(events, (event) => (accepted += call(event).accepted ? 1 : 0)));
  }
  const { delivered } = await client.close({ timeoutMs: 60_000 });
  server.send("stop");
  if (accepted !== calls || delivered !== accepted)
    throw new Error(`expected all events of ${name}, got ${accepted} accepted and ${delivered} delivered`);
  const [ours, floor] = [times.ours, times.floor].map((each) => median(each.slice(warmUpRounds)));
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
