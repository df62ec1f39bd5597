/** The event-loop delay of a small HTTP server under a steady load, with and without 20 tracked events per request. */
import { fork } from "node:child_process";
import { createServer, get } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { createTracker, rudderStack } from "oncewire";
import { sampleEvent } from "./sample-event.mjs";

const seconds = 4;
const everyMs = 5;
const counting = fork(fileURLToPath(new URL("./counting-server.mjs", import.meta.url)));
const port = await new Promise((resolve) => counting.once("message", resolve));
const tracker = createTracker({
  destinations: [rudderStack({ writeKey: "bench", dataPlaneUrl: `http://127.0.0.1:${port}` })],
});
let perRequest = 0;
const server = createServer((_request, response) => {
  for (let index = 0; index < perRequest; index += 1) tracker.track(sampleEvent(index));
  response.end("hello");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
await delayWith(20);
const silent = await delayWith(0);
const tracking = await delayWith(20);
await tracker.close();
counting.kill();
process.send({ tracking, silent }, () => process.exit(0));

async function delayWith(events) {
  perRequest = events;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const url = `http://127.0.0.1:${server.address().port}/`;
  const timer = setInterval(() => get(url, (response) => response.resume()), everyMs);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  clearInterval(timer);
  delay.disable();
  return delay.percentile(99) / 1e6;
}
