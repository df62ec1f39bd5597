/**
 * µs of the caller's thread per `track()`, against the least that could be done: JSON.stringify of the same event with
 * an id and a timestamp. Nothing is sent while the clock runs; between rounds the queue is emptied.
 */
import { randomUUID } from "node:crypto";
import { createTracker, rudderStack } from "oncewire";
import { sampleEvent } from "./sample-event.mjs";

const perRound = 20_000;
const rounds = 15;

export async function trackRows() {
  const events = Array.from({ length: perRound }, (_, index) => sampleEvent(index));
  const tracker = createTracker({ destinations: [discarding()], flushIntervalMs: 60_000 });
  const ours = [];
  const floor = [];
  for (let round = 0; round < rounds; round += 1) {
    floor.push(microsecondsPerEvent(events, stringified));
    ours.push(microsecondsPerEvent(events, (event) => tracker.track(event)));
    await tracker.flush();
  }
  const stats = await tracker.close();
  if (stats.delivered !== rounds * perRound) throw new Error("expected every measured event to be delivered");
  const best = { ours: median(ours), floor: median(floor) };
  return [
    {
      name: `track(), memory mode: median of ${rounds} rounds of ${perRound} events`,
      ours: best.ours.toFixed(2),
      floor: best.floor.toFixed(2),
      unit: "µs/event",
      ratio: best.ours / best.floor,
      wanted: "≤ 1.5",
    },
  ];
}

let kept;

function stringified(event) {
  kept = JSON.stringify({ ...event, messageId: randomUUID(), originalTimestamp: new Date().toISOString() });
  return kept;
}

function microsecondsPerEvent(events, action) {
  const startMs = performance.now();
  for (const event of events) action(event);
  return ((performance.now() - startMs) * 1_000) / events.length;
}

/** RudderStack's wire with a transport that says yes: what is measured is the caller's side. */
function discarding() {
  const destination = rudderStack({ writeKey: "bench", dataPlaneUrl: "http://127.0.0.1:9" });
  const response = { status: 200, headers: {}, body: new Uint8Array() };
  return { ...destination, openTransport: () => ({ send: async () => ({ kind: "answered", response }), abort() {} }) };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
