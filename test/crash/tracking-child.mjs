/**
 * Tracks with a spool until it is killed, and writes down what it was told: `t <id> <time>` when an event was tracked,
 * `d <id> <time>` when it was durable. The notes are a file of the operating system's, which outlives the process.
 *
 *     node tracking-child.mjs <endlessly | script> <JSON: spool, url, notes, prefix>
 */
import { openSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createTracker, rudderStack } from "oncewire";
import { checkOf, writeKey } from "./history.mjs";

const [mode, settings] = process.argv.slice(2);
const { spool, url, notes, prefix } = JSON.parse(settings);
const file = openSync(notes, "a");
const note = (line) => writeSync(file, `${line}\n`);

const tracker = createTracker({
  destinations: [rudderStack({ writeKey, dataPlaneUrl: url })],
  spool,
  flushIntervalMs: 20,
  retryBaseMs: 20,
});

let count = 0;

function track() {
  count += 1;
  const id = `${prefix}-${count}`;
  // Noted first: what is noted and not tracked is no loss, as it is not durable.
  note(`t ${id} ${Date.now()}`);
  const { durable } = tracker.track({
    id,
    userId: `user-${count % 7}`,
    event: "Step",
    properties: { check: checkOf(id), pad: "x".repeat((count * 37) % 400) },
  });
  void durable.then((isDurable) => isDurable && note(`d ${id} ${Date.now()}`));
  return durable;
}

if (mode === "script") {
  for (let burst = 0; burst < 8; burst += 1) {
    const durables = Array.from({ length: 5 }, track);
    await Promise.all(durables);
    if (burst % 3 === 2) await tracker.flush();
  }
  await tracker.close();
} else {
  note(`s ${Date.now()}`);
  for (;;) {
    for (let burst = 1 + (count % 4); burst > 0; burst -= 1) void track();
    await sleep(count % 3);
  }
}
