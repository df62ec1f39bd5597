/** track() with the spool on, nobody answering; between rounds what was tracked becomes durable. */
import { randomUUID } from "node:crypto";
import { createTracker, rudderStack } from "oncewire";
import { sampleEvent } from "./sample-event.mjs";

const perRound = 5_000;
const events = Array.from({ length: perRound }, (_, index) => sampleEvent(index));
const response = { status: 200, headers: {}, body: new Uint8Array() };
const destination = {
  ...rudderStack({ writeKey: "bench", dataPlaneUrl: "http://127.0.0.1:9" }),
  openTransport: () => ({ send: () => Promise.resolve({ kind: "answered", response }), abort() {} }),
};
const tracker = createTracker({ destinations: [destination], spool: process.argv[2], flushIntervalMs: 60_000 });
const times = { ours: [], floor: [] };
let kept;
await tracker.flush();
for (let round = 0; round < 15; round += 1) {
  times.floor.push(
    timed((event) => {
      kept = JSON.stringify({ ...event, messageId: randomUUID(), originalTimestamp: new Date().toISOString() });
    }),
  );
  times.ours.push(timed((event) => tracker.track(event)));
  await tracker.flush();
}
await tracker.close();
if (kept === undefined) throw new Error("expected the floor to have been measured");
process.send({ ours: median(times.ours), floor: median(times.floor) }, () => process.exit(0));

function timed(action) {
  const startMs = performance.now();
  for (const event of events) action(event);
  return ((performance.now() - startMs) * 1_000) / perRound;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
