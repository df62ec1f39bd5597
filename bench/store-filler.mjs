/**
 * Fills a data folder for bench/store.mjs, in a process of its own: writes requests to the accept log, a slice at a time,
 * and lets the loading thread carry each slice into the store and the profiles. What that costs is measured by slice.
 */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { encodeRecord } from "../packages/collector/dist/log/accept-log.js";
import { openDataDirectory } from "../packages/collector/dist/log/data-directory.js";
import { loadingSetup } from "../packages/collector/dist/loading/loading-setup.js";
import { openWires } from "../packages/collector/dist/loading/receivers.js";
import { startLoading } from "../packages/collector/dist/loading/start-loading.js";
import { resolveOptions } from "../packages/collector/dist/options.js";
import { systemRuntime } from "../packages/collector/dist/runtime.js";
import { batchOf, eventsPerBatch, spreadOver } from "./store-events.mjs";

const [dataDirectory, eventsText, sliceText] = process.argv.slice(2);
const [events, sliceEvents] = [Number(eventsText), Number(sliceText)];
spreadOver(events);
const loadTimeoutMs = 600_000;
const floorRounds = 300;

const options = resolveOptions({ dataDirectory, keys: { bench: "bench" }, sync: "none" });
const log = await openDataDirectory(options);
const cursor = await log.cursor("store");
const counted = { stored: 0, duplicates: 0 };
const loading = await startLoading({
  setup: loadingSetup({ options, wires: openWires(options), log }),
  readLog: (from) => log.readPacked(from),
  runtime: systemRuntime,
  onLoaded(loaded) {
    counted.stored += loaded.stored;
    counted.duplicates += loaded.duplicates;
  },
  onSealed: (position) => void cursor.advance(position),
  onReport: (report) => process.send({ kind: "report", report }),
});

const slices = [];
for (let first = 0; first < events; first += sliceEvents) {
  await append(first, Math.min(first + sliceEvents, events));
  const [cpuBefore, beganMs] = [cpuUs(), performance.now()];
  loading.advance(log.durable);
  await loading.reached(log.durable, loadTimeoutMs);
  await loading.seal();
  const slice = {
    to: Math.min(first + sliceEvents, events),
    cpuUs: cpuUs() - cpuBefore,
    ms: performance.now() - beganMs,
    floorUs: floorUs(),
    residentBytes: process.memoryUsage.rss(),
  };
  slices.push(slice);
  process.send({ kind: "slice", slice });
}
await loading.close();
await log.close();
process.send({ kind: "filled", slices, counted });
process.disconnect();

async function append(from, to) {
  const appending = [];
  for (let first = from; first < to; first += eventsPerBatch) {
    const { body, receivedAtMs } = batchOf(first, Math.min(eventsPerBatch, to - first));
    const head = {
      method: "POST",
      path: "/v1/batch",
      query: "",
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
    };
    const requestId = `00000000-0000-4000-8000-${String(first).padStart(12, "0")}`;
    const arrival = { route: "/v1/batch", project: "bench", receivedAtMs, remoteAddress: "127.0.0.1", requestId };
    appending.push(
      log.append(encodeRecord({ protocol: "rudderstack", arrival, head }, [gzipSync(body, { level: 1 })])),
    );
    if (appending.length === 64) await Promise.all(appending.splice(0));
  }
  await Promise.all(appending);
}

/** CPU per event of the least that can be done with it: its body parsed, and it written once as JSON. */
function floorUs() {
  const { body } = batchOf(0, eventsPerBatch);
  const before = process.cpuUsage();
  for (let round = 0; round < floorRounds; round += 1) {
    for (const event of JSON.parse(body).batch) JSON.stringify(event);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / floorRounds / eventsPerBatch;
}

/** Of this process with all its threads, and of its engine, running or ended. Linux alone tells of other processes. */
function cpuUs() {
  const { user, system } = process.cpuUsage();
  const own = stat("self");
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(stat)
    .filter((one) => one?.parent === process.pid);
  return user + system + own.endedTicksUs + children.reduce((sum, one) => sum + one.ticksUs, 0);
}

function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [parent, user, system, endedUser, endedSystem] = [1, 11, 12, 13, 14].map((at) => Number(fields[at]));
    // A tick is a hundredth of a second on every Linux that Node runs on.
    return { parent, ticksUs: (user + system) * 10_000, endedTicksUs: (endedUser + endedSystem) * 10_000 };
  } catch {
    return undefined;
  }
}
