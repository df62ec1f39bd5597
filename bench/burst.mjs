/** A million events in one turn while the destination refuses connections: time per event, and memory. */
import { createTracker, rudderStack } from "oncewire";
import { sampleEvent } from "./sample-event.mjs";

const count = 1_000_000;
const tenth = count / 10;
const capMiB = 64;
const event = sampleEvent(1);
const tracker = createTracker({
  destinations: [rudderStack({ writeKey: "bench", dataPlaneUrl: "http://127.0.0.1:9" })],
  maxQueueBytes: capMiB * 1024 * 1024,
});
// Warm, so that the first tenth is not the compiler's.
for (let index = 0; index < 20_000; index += 1) tracker.track(event);
globalThis.gc();
const residentBefore = process.memoryUsage().rss;
let residentMost = 0;
const tenths = [];
for (let part = 0; part < 10; part += 1) {
  const startMs = performance.now();
  for (let index = 0; index < tenth; index += 1) tracker.track(event);
  tenths.push(((performance.now() - startMs) * 1_000) / tenth);
  residentMost = Math.max(residentMost, process.memoryUsage().rss);
}
const { accepted, delivered, rejected, dropped, pending } = tracker.stats();
process.send(
  {
    firstUs: tenths[0],
    lastUs: tenths[9],
    residentMiB: (residentMost - residentBefore) / 1024 / 1024,
    capMiB,
    balanced: accepted === count + 20_000 && accepted === delivered + rejected + dropped + pending,
  },
  () => process.exit(0),
);
