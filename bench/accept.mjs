/**
 * Events per second that the collector accepts, durably, against a bare node:http server that reads, unpacks, parses and
 * appends the same bodies and promises nothing. Each server has a process of its own; rounds alternate between the two.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { sampleEvent } from "./sample-event.mjs";

const roundMs = 3_000;
const rounds = 3;

export async function acceptRows() {
  const folder = mkdtempSync(join(tmpdir(), "oncewire-bench-"));
  const servers = { ours: await start("collector", folder), floor: await start("bare", folder) };
  try {
    return [
      await measure(servers, { perBatch: 100, connections: 16 }),
      await measure(servers, { perBatch: 1, connections: 64 }),
    ];
  } finally {
    for (const { child } of Object.values(servers)) await stop(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(servers, load) {
  const results = { ours: [], floor: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const name of ["floor", "ours"]) results[name].push(await eventsPerSecond(servers[name], load));
  }
  const ours = Math.max(...results.ours);
  const floor = Math.max(...results.floor);
  const size = load.perBatch === 1 ? "single events" : `batches of ${load.perBatch}, gzip`;
  return {
    name: `durable accept, ${size}, ${load.connections} connections: best of ${rounds} rounds of ${roundMs / 1_000} s`,
    ours: ours.toFixed(0),
    floor: floor.toFixed(0),
    unit: "events/s",
    ratio: ours / floor,
    wanted: "≥ 0.8",
  };
}

async function start(kind, folder) {
  const child = fork(fileURLToPath(new URL(`./${kind}-server.mjs`, import.meta.url)), [join(folder, kind)]);
  const port = await new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`the ${kind} server ended with ${code}`)));
  });
  return { child, port };
}

function stop(child) {
  return new Promise((resolve) => {
    child.once("exit", resolve);
    child.send("stop");
  });
}

async function eventsPerSecond({ port }, { perBatch, connections }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const until = performance.now() + roundMs;
  let events = 0;
  let sent = 0;
  const client = async () => {
    while (performance.now() < until) {
      await post(port, agent, batch(sent++, perBatch));
      events += perBatch;
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: connections }, client));
  const seconds = (performance.now() - began) / 1_000;
  agent.destroy();
  return events / seconds;
}

const prepared = new Map();

/** A few bodies, made once: making them must not be what is measured. Ids repeat; the floor does not mind either. */
function batch(number, perBatch) {
  const key = `${perBatch}-${number % 32}`;
  let body = prepared.get(key);
  if (body === undefined) {
    const events = Array.from({ length: perBatch }, (_, index) => ({
      type: "track",
      messageId: `${key}-${index}`,
      ...sampleEvent(index),
    }));
    const json = JSON.stringify({ batch: events });
    body =
      perBatch === 1
        ? { bytes: Buffer.from(json), headers: {} }
        : { bytes: gzipSync(json), headers: { "content-encoding": "gzip" } };
    prepared.set(key, body);
  }
  return body;
}

const authorization = `Basic ${Buffer.from("bench:").toString("base64")}`;

function post(port, agent, { bytes, headers }) {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        port,
        host: "127.0.0.1",
        method: "POST",
        path: "/v1/batch",
        agent,
        headers: { authorization, "content-type": "application/json", "content-length": bytes.byteLength, ...headers },
      },
      (response) => {
        response.resume();
        response.on("end", () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`answered ${response.statusCode}`)),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(bytes);
  });
}
