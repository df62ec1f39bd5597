/**
 * What the collector accepts, durably, against a bare node:http server that reads, unpacks, parses and appends the same
 * bodies and promises nothing. Each server has a process of its own; rounds alternate between them.
 *
 * Rates share the machine's cores between server, loader and the client that drives them, so they say what this machine
 * does. The CPU of the server's main thread is measured beside them: that is what limits it, however many cores there are.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { drive } from "./load-generator.mjs";
import { sampleEvent } from "./sample-event.mjs";
import { mainThreadCpuUs } from "./thread-cpu.mjs";

const roundMs = 2_000;
const rounds = 3;
const warmUpMs = 1_000;
/** Bodies prepared, so that the ids of a round come once. */
const bodiesAtOnce = 6_000;

export async function acceptRows() {
  const folder = mkdtempSync(join(tmpdir(), "oncewire-bench-"));
  try {
    const rows = [];
    for (const load of [
      { perBatch: 100, connections: 16, name: "batches of 100, gzip" },
      { perBatch: 1, connections: 64, name: "single events" },
    ]) {
      rows.push(...(await measure(folder, load)));
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(folder, load) {
  const requests = prepareRequests(load.perBatch);
  const place = (name) => join(folder, `${name}-${load.perBatch}`);
  const servers = {
    floor: await start("bare", [place("bare")]),
    ours: await start("collector", [place("ours")]),
    held: await start("collector", [place("held"), "held"]),
  };
  try {
    await roundOfEach(servers, { ...load, durationMs: warmUpMs, next: requests });
    const results = [];
    for (let round = 0; round < rounds; round += 1) {
      results.push(await roundOfEach(servers, { ...load, durationMs: roundMs, next: requests }));
    }
    return rowsOf(results, load);
  } finally {
    for (const server of Object.values(servers)) await stop(server);
  }
}

async function roundOfEach(servers, load) {
  const results = {};
  for (const [name, server] of Object.entries(servers)) results[name] = await runRound(server, load);
  return results;
}

/** What one round found: requests and the CPU they took, and what the loader did meanwhile and until it was done. */
async function runRound({ child, port, kind }, { connections, durationMs, next }) {
  const before = kind === "bare" ? null : await ask(child, "stats");
  const cpuBefore = mainThreadCpuUs(child.pid);
  const { requests, seconds } = await drive({ port, connections, durationMs, next });
  const cpuUs = (mainThreadCpuUs(child.pid) - cpuBefore) / requests;
  const rate = requests / seconds;
  if (before === null) return { rate, cpuUs };
  const atOnce = loadedOf(await ask(child, "stats")) - loadedOf(before);
  const began = performance.now();
  const after = await ask(child, "settle");
  const whole = seconds + (performance.now() - began) / 1_000;
  return {
    rate,
    cpuUs,
    loadedMeanwhile: atOnce / (after.accepted - before.accepted),
    loadedRate: (loadedOf(after) - loadedOf(before)) / whole,
    acceptedRate: (after.accepted - before.accepted) / seconds,
  };
}

const loadedOf = ({ stored, duplicates }) => stored + duplicates;

function rowsOf(results, { perBatch, connections, name: what }) {
  const setting = `${what}, ${connections} connections, best of ${rounds} rounds of ${roundMs / 1_000} s`;
  const resultsOf = (server, field) => results.map((round) => round[server][field]);
  const rate = (server) => Math.max(...resultsOf(server, "rate")) * perBatch;
  const cpuUs = (server) => Math.min(...resultsOf(server, "cpuUs"));
  const loadedShare = ({ ours }) => ours.loadedRate / ours.acceptedRate;
  const { ours: fullest } = results.toSorted((a, b) => loadedShare(b) - loadedShare(a))[0];
  return [
    row(`durable accept: ${setting}`, {
      ours: rate("ours"),
      floor: rate("floor"),
      unit: "events/s",
      wanted: "≥ 0.8",
    }),
    {
      ...row(`CPU of the main thread per request: ${setting}`, {
        ours: cpuUs("ours"),
        floor: cpuUs("floor"),
        unit: "µs",
        wanted: "≥ 0.8, floor ÷ ours",
      }),
      ratio: cpuUs("floor") / cpuUs("ours"),
    },
    row(`durable accept while the loader works, against a loader that is held back: ${setting}`, {
      ours: rate("ours"),
      floor: rate("held"),
      unit: "events/s",
      wanted: "≥ 0.8",
    }),
    row(`events loaded, from the first request until all are, against events accepted: ${setting}`, {
      ours: fullest.loadedRate,
      floor: fullest.acceptedRate,
      unit: "events/s",
      wanted: `≥ 0.5; ${(100 * fullest.loadedMeanwhile).toFixed(0)} % were loaded when the last was accepted`,
    }),
  ];
}

export function row(name, { ours, floor, unit, wanted }) {
  return { name, ours: ours.toFixed(0), floor: floor.toFixed(0), unit, ratio: ours / floor, wanted };
}

export async function start(kind, args) {
  const child = fork(fileURLToPath(new URL(`./${kind}-server.mjs`, import.meta.url)), args);
  const port = await new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`the ${kind} server ended with ${code}`)));
  });
  return { child, port, kind };
}

function ask(child, message) {
  return new Promise((resolve) => {
    child.once("message", ({ stats }) => resolve(stats));
    child.send(message);
  });
}

export function stop({ child }) {
  return new Promise((resolve) => {
    child.once("exit", resolve);
    child.send("stop");
  });
}

/** Whole requests, made once: making them must not be what is measured. Gives them one after the other, round and round. */
export function prepareRequests(perBatch) {
  const requests = Array.from({ length: bodiesAtOnce }, (_, number) =>
    requestOf(bodyOf(number, perBatch), perBatch > 1),
  );
  let sent = 0;
  return () => requests[sent++ % requests.length];
}

function bodyOf(number, perBatch) {
  const batch = Array.from({ length: perBatch }, (_, index) => ({
    type: "track",
    messageId: `${perBatch}-${number}-${index}`,
    ...sampleEvent(index),
  }));
  const json = Buffer.from(JSON.stringify({ batch }));
  return perBatch > 1 ? gzipSync(json) : json;
}

function requestOf(body, isGzip) {
  const head = [
    "POST /v1/batch HTTP/1.1",
    "host: 127.0.0.1",
    "user-agent: oncewire-bench",
    "accept: */*",
    `authorization: Basic ${Buffer.from("bench:").toString("base64")}`,
    "content-type: application/json",
    ...(isGzip ? ["content-encoding: gzip"] : []),
    `content-length: ${body.byteLength}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]);
}
