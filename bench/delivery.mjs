/**
 * Delivery, against a sender written by hand: JSON.stringify, join, gzip at the same level, node:http with as many kept
 * connections. The receiving server is a process of its own that unpacks, counts and says ok.
 */
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { createTracker, rudderStack } from "oncewire";
import { sampleEvent } from "./sample-event.mjs";

const perRound = 40_000;
const rounds = 5;
const batchEvents = 100;
const connections = 4;
const gzipAsync = promisify(gzip);
const script = (name) => fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));

export async function deliveryRows() {
  return [await throughputRow(), await spoolRow(), ...(await burstRows()), await stallRow()];
}

async function throughputRow() {
  const server = await start("counting-server");
  const events = Array.from({ length: perRound }, (_, index) => sampleEvent(index));
  const rates = { ours: [], floor: [] };
  for (let round = 0; round < rounds; round += 1) {
    rates.floor.push(await perSecond(() => deliverByHand(events, server.port)));
    rates.ours.push(await perSecond(() => deliverWithTracker(events, server.port)));
  }
  await stop(server.child);
  const [ours, floor] = [median(rates.ours), median(rates.floor)];
  return {
    name: `delivered, memory mode: median of ${rounds} rounds of ${perRound} events`,
    ours: ours.toFixed(0),
    floor: floor.toFixed(0),
    unit: "events/s",
    ratio: ours / floor,
    wanted: "≥ 0.7",
  };
}

async function perSecond(deliver) {
  const startMs = performance.now();
  await deliver();
  return (perRound * 1_000) / (performance.now() - startMs);
}

async function deliverWithTracker(events, port) {
  const tracker = createTracker({
    destinations: [rudderStack({ writeKey: "bench", dataPlaneUrl: `http://127.0.0.1:${port}` })],
    maxBatchEvents: batchEvents,
    maxInFlight: connections,
  });
  for (const event of events) tracker.track(event);
  const { delivered } = await tracker.close({ timeoutMs: 60_000 });
  if (delivered !== events.length)
    throw new Error(`expected ${events.length} events to be delivered, got ${delivered}`);
}

async function deliverByHand(events, port) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const texts = events.map((event) =>
    JSON.stringify({ ...event, messageId: randomUUID(), originalTimestamp: new Date().toISOString() }),
  );
  const batches = [];
  for (let at = 0; at < texts.length; at += batchEvents) batches.push(texts.slice(at, at + batchEvents));
  const sender = async () => {
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
      await post(port, agent, await gzipAsync(`{"batch":[${batch.join(",")}]}`, { level: 3 }));
    }
  };
  await Promise.all(Array.from({ length: connections }, sender));
  agent.destroy();
}

function post(port, agent, body) {
  const headers = { "content-encoding": "gzip", "content-length": body.byteLength };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { port, host: "127.0.0.1", method: "POST", path: "/v1/batch", agent, headers },
      (response) => {
        response.resume();
        response.on("end", resolve);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function spoolRow() {
  const directory = mkdtempSync(join(tmpdir(), "oncewire-bench-"));
  const { ours, floor } = await answerOf("track-spool", [directory]);
  rmSync(directory, { recursive: true, force: true });
  const name = "track(), with a spool on disk: median of 15 rounds of 5000 events";
  return {
    name,
    ours: ours.toFixed(2),
    floor: floor.toFixed(2),
    unit: "µs/event",
    ratio: ours / floor,
    wanted: "≤ 2.5",
  };
}

async function burstRows() {
  const { firstUs, lastUs, residentMiB, capMiB, balanced } = await answerOf("burst", []);
  if (!balanced) throw new Error("expected accepted = delivered + rejected + dropped + pending after the burst");
  return [
    {
      name: "burst of 1,000,000 events with nobody answering: last tenth against first tenth",
      ours: lastUs.toFixed(2),
      floor: firstUs.toFixed(2),
      unit: "µs/event",
      ratio: lastUs / firstUs,
      wanted: "≤ 1.5",
    },
    {
      name: "the same burst: resident memory gained, against the queue's bound + 32 MiB",
      ours: residentMiB.toFixed(0),
      floor: String(capMiB + 32),
      unit: "MiB",
      ratio: residentMiB / (capMiB + 32),
      wanted: "≤ 1",
    },
  ];
}

async function stallRow() {
  const { tracking, silent } = await answerOf("stall", []);
  return {
    name: "event-loop delay, p99, of a small server that tracks 20 events in each request, against none",
    ours: tracking.toFixed(2),
    floor: silent.toFixed(2),
    unit: "ms",
    ratio: tracking / silent,
    wanted: "at most 2 ms more",
  };
}

/** Runs a script in a process of its own, so that what it measures is its own memory and its own loop. */
function answerOf(name, args) {
  return new Promise((resolve, reject) => {
    const child = fork(script(name), args, { execArgv: ["--expose-gc"] });
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code} and no answer`)));
  });
}

async function start(name) {
  const child = fork(script(name));
  const port = await new Promise((resolve) => child.once("message", resolve));
  return { child, port };
}

function stop(child) {
  return new Promise((resolve) => {
    child.once("exit", resolve);
    child.send("stop");
  });
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
