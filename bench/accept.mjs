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
import { drive } from "./load-generator.mjs";
import { loads, prepareRequests } from "./requests.mjs";
import { mainThreadCpuUs } from "./thread-cpu.mjs";

const roundMs = 2_000;
const rounds = 3;
const warmUpMs = 1_000;
/** Those with a loader beside them: what it does is the same for every wire, but for the decoding. */
const loaded = new Set([loads.rudderBatches, loads.rudderEvents]);

export async function acceptRows() {
  const folder = mkdtempSync(join(tmpdir(), "oncewire-bench-"));
  try {
    const rows = [];
    for (const load of Object.values(loads)) rows.push(...(await measure(folder, load)));
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(folder, load) {
  const next = prepareRequests(load);
  const keyed = loaded.has(load) ? ["0", "keys"] : [];
  const place = (name) => mkdtempSync(join(folder, name));
  const servers = {
    floor: await start("bare", [join(place("bare"), "log")]),
    held: await start("collector", [place("held"), "held", ...keyed]),
    ...(loaded.has(load) ? { ours: await start("collector", [place("ours"), "loading", ...keyed]) } : {}),
  };
  try {
    await roundOfEach(servers, { ...load, durationMs: warmUpMs, next });
    const results = [];
    for (let round = 0; round < rounds; round += 1) {
      results.push(await roundOfEach(servers, { ...load, durationMs: roundMs, next }));
    }
    return [...acceptedRows(results, load), ...(loaded.has(load) ? loadedRows(results, load) : [])];
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
  if (before === null) {
    await ask(child, "settle");
    return { rate, cpuUs };
  }
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

/** The accept path by itself. */
function acceptedRows(results, load) {
  const cpuUs = (server) => Math.min(...results.map((round) => round[server].cpuUs));
  const setting = settingOf(load);
  return [
    row(`durable accept, the loader held back: ${setting}`, {
      ours: bestRate(results, "held") * load.perBatch,
      floor: bestRate(results, "floor") * load.perBatch,
      unit: "events/s",
      wanted: "≥ 0.8",
    }),
    {
      ...row(`CPU of the main thread per request, the loader held back: ${setting}`, {
        ours: cpuUs("held"),
        floor: cpuUs("floor"),
        unit: "µs",
        wanted: "≥ 0.8, floor ÷ ours",
      }),
      ratio: cpuUs("floor") / cpuUs("held"),
    },
  ];
}

/** What loading costs it, on the same cores as the client, and how far loading keeps up. */
function loadedRows(results, load) {
  const loadedShare = ({ ours }) => ours.loadedRate / ours.acceptedRate;
  const { ours: fullest } = results.toSorted((a, b) => loadedShare(b) - loadedShare(a))[0];
  const setting = settingOf(load);
  return [
    row(`durable accept while the loader works, against a loader that is held back: ${setting}`, {
      ours: bestRate(results, "ours") * load.perBatch,
      floor: bestRate(results, "held") * load.perBatch,
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

function bestRate(results, server) {
  return Math.max(...results.map((round) => round[server].rate));
}

function settingOf({ name, connections }) {
  return `${name}, ${connections} connections, best of ${rounds} rounds of ${roundMs / 1_000} s`;
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
