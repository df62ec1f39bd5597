/**
 * `node bench/run.mjs store [--events 500000]`: the store when it holds a week of a busy shop, 5,000,000 events unless
 * said otherwise. Everything goes its real way from the accept log on; folder and processes are gone at the end. Queries are
 * asked over HTTP and timed beside DuckDB's own work on the same files, in a process that does nothing else.
 *
 * It takes about ten minutes and 2 GB of disk, so it runs only when it is asked for by name.
 */
import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { constants, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { spreadOver, userOf } from "./store-events.mjs";

const warmUpEvents = 50_000;
const slicesAtMost = 20;
const fillTimeoutMs = 1_800_000;
const repeats = 7;

export async function storeRows({ events = 5_000_000 } = {}) {
  spreadOver(events);
  const root = mkdtempSync(join(tmpdir(), "oncewire-bench-store-"));
  const folder = join(root, "data");
  const running = new Set();
  try {
    const filled = await fill(folder, events, running);
    const bytes = folderBytes(folder);
    console.log(
      `(${events} events: store ${mb(bytes.store)} MB, log ${mb(bytes.log)} MB, profiles ${mb(bytes.profiles)} MB)\n`,
    );
    return [...loadRows(filled, events), ...(await servedRows(folder, events, running))];
  } finally {
    for (const child of running) child.kill("SIGKILL");
    rmSync(root, { recursive: true, force: true });
  }
}

/** The first slice warms the code up; the others are alike. */
async function fill(folder, events, running) {
  const slice = Math.max(warmUpEvents, Math.ceil(events / slicesAtMost / 1_000) * 1_000);
  const child = start("store-filler", [folder, String(events), String(slice)], running);
  const kill = setTimeout(() => child.kill("SIGKILL"), fillTimeoutMs);
  try {
    return await new Promise((resolve, reject) => {
      child.on("message", (message) => {
        if (message.kind === "filled") resolve(message);
        else if (message.kind === "slice") showProgress(message.slice);
        else console.error(message.report);
      });
      child.once("exit", (code) => reject(new Error(`the filler ended with ${code}`)));
    });
  } finally {
    clearTimeout(kill);
  }
}

function showProgress({ to, cpuUs, ms, residentBytes }) {
  if (process.stderr.isTTY)
    console.error(`${to} events, ${(cpuUs / 1e3).toFixed(0)} ms CPU, ${ms.toFixed(0)} ms, ${mb(residentBytes)} MB`);
}

function loadRows({ slices, counted }, events) {
  if (counted.stored !== events) throw new Error(`expected ${events} events in the store, got ${counted.stored}`);
  const costs = slices.map(({ cpuUs, to }, at) => cpuUs / (to - (slices[at - 1]?.to ?? 0)));
  const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
  const relative = costs.map((cost, at) => cost / slices[at].floorUs);
  const [few, last] = [median(relative.slice(1, 4)), median(relative.slice(-3))];
  const ms = slices.reduce((sum, slice) => sum + slice.ms, 0);
  return [
    row(
      "after the answer: CPU from the log to store and profiles, beside parsing the JSON and writing it once",
      [mean, median(slices.map(({ floorUs }) => floorUs))],
      "≤ 20 µs/event",
    ),
    row("the same for the last events, beside those after the first slice", [last, few], "ratio ≤ 1.3, in floors"),
    figure("loaded in", ms / 1_000, "s", Infinity),
    figure("memory of the loading process at the end", slices.at(-1).residentBytes / 1e6, "MB", Infinity),
  ];
}

async function servedRows(folder, events, running) {
  const empty = await serveUntilKilled(`${folder}-empty`, running);
  const stopped = await serveUntilKilled(folder, running);
  const killed = await serve(folder, running);
  const { child, url } = killed;
  const rows = [
    row("ready, from the start of the process, beside one without data", [stopped.readyMs, empty.readyMs], "≤ 500 ms"),
    row("the same in CPU of the process, whatever else the machine does", [stopped.cpuMs, empty.cpuMs], "≤ 500 ms"),
    row("ready after SIGKILL, beside one without data", [killed.readyMs, empty.readyMs], "≤ 2000 ms"),
  ];
  rows.push(...(await liveRows(url)));
  rows.push(...(await queryRows(folder, url, events)));
  rows.push(figure("memory of the idle collector, without its engine", (await idleBytes(child)) / 1e6, "MB", 120));
  child.send("stop");
  await new Promise((resolve) => child.once("exit", resolve));
  return rows;
}

async function serveUntilKilled(folder, running) {
  const served = await serve(folder, running);
  served.child.kill("SIGKILL");
  await new Promise((resolve) => served.child.once("exit", resolve));
  return served;
}

async function serve(folder, running) {
  const beganMs = performance.now();
  const child = start("store-server", [folder], running);
  const { url, cpuMs } = await new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`the collector ended with ${code}`)));
  });
  return { child, url, cpuMs, readyMs: performance.now() - beganMs };
}

async function queryRows(folder, url, events) {
  const store = join(folder, "store");
  const files = readdirSync(store)
    .filter((name) => /^events-.*\.parquet$/.test(name))
    .map((name) => `'${join(store, name)}'`);
  const from = `read_parquet([${files.join(", ")}])`;
  const duckdb = await (await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "384MiB" })).connect();
  const own = (sql) => async () => void (await (await duckdb.run(sql)).fetchAllChunks());
  const asked = (path) => async () => void (await askJson(url, path));
  const user = userOf(events >> 1);
  const everyUser = Array.from({ length: repeats }, (_, at) => userOf(at * 31 + 1));
  const counts = "SELECT name, date_trunc('hour', time) AS hour, count(*) FROM";
  const ours = {
    counts: await medianMs(asked("/api/counts?by=hour&group=name")),
    last: await medianMs(asked("/api/events?limit=100")),
    user: await medianMs((at) => askJson(url, `/api/events?limit=100&userId=${everyUser[at]}`)),
  };
  // The collector's engine gives way to others; so must what it is compared with.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const rows = [
    row(
      "counts by name and hour, beside DuckDB's own",
      [ours.counts, await medianMs(own(`${counts} ${from} GROUP BY ALL`))],
      "≤ 150 ms",
    ),
    row(
      "the last 100 events, beside DuckDB's own",
      [ours.last, await medianMs(own(`SELECT * FROM ${from} ORDER BY position DESC LIMIT 100`))],
      "≤ 5 ms",
    ),
    row(
      "the last 100 events of one user, beside DuckDB's own",
      [
        ours.user,
        await medianMs(own(`SELECT * FROM ${from} WHERE user_id = '${user}' ORDER BY position DESC LIMIT 100`)),
      ],
      "≤ 1000 ms",
    ),
  ];
  return rows;
}

/** From the reply to the moment when the event is on the live feed. */
async function liveRows(url) {
  const stop = new AbortController();
  const stream = await fetch(`${url}/api/live`, { signal: stop.signal });
  const seen = new Map();
  const reading = follow(stream, (id) => seen.get(id)?.());
  const behind = [];
  for (let at = 0; at <= 40; at += 1) {
    const messageId = `live-${at}`;
    const arrived = new Promise((resolve) => seen.set(messageId, () => resolve(performance.now())));
    await post(url, { batch: [{ type: "track", userId: "live", event: "Seen", messageId }] });
    const repliedMs = performance.now();
    behind.push((await arrived) - repliedMs);
  }
  stop.abort();
  await reading;
  const [first, ...others] = behind;
  return [
    figure("the first event after a start on the live feed, behind its reply", first, "ms", Infinity),
    figure("live feed behind the reply, the slowest of 40 after it", Math.max(...others), "ms", 250),
  ];
}

async function follow(stream, onId) {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of stream.body) {
      text += decoder.decode(chunk, { stream: true });
      const frames = text.split("\n\n");
      text = frames.pop();
      for (const [id] of frames.join().matchAll(/live-\d+/g)) onId(id);
    }
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

/** The engine ends by itself when nothing is asked for half a minute. */
async function idleBytes(child) {
  await new Promise((resolve) => setTimeout(resolve, 40_000));
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1_024;
}

function median(numbers) {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1];
}

async function medianMs(ask) {
  const times = [];
  await ask(0);
  for (let at = 0; at < repeats; at += 1) {
    const beganMs = performance.now();
    await ask(at);
    times.push(performance.now() - beganMs);
  }
  return median(times);
}

async function askJson(url, path) {
  const answer = await fetch(url + path);
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
  return await answer.json();
}

async function post(url, body) {
  const headers = { authorization: `Basic ${btoa("bench:")}`, "content-type": "application/json" };
  const answer = await fetch(`${url}/v1/batch`, { method: "POST", headers, body: JSON.stringify(body) });
  await answer.arrayBuffer();
}

function start(name, args, running) {
  const child = fork(fileURLToPath(new URL(`./${name}.mjs`, import.meta.url)), args);
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

function folderBytes(folder) {
  const sizes = (name) =>
    readdirSync(join(folder, name), { recursive: true })
      .map((file) => statSync(join(folder, name, file)))
      .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
  return { store: sizes("store"), log: sizes("log"), profiles: sizes("profiles") };
}

function mb(bytes) {
  return (bytes / 1e6).toFixed(0);
}

/** Beside a floor that was measured in the same run. */
function row(name, [ours, floor], wanted) {
  const unit = wanted.slice(wanted.lastIndexOf(" ") + 1);
  return { name, ours: ours.toFixed(1), floor: floor.toFixed(1), unit, ratio: ours / floor, wanted };
}

/** Beside nothing but what is wanted. */
function figure(name, ours, unit, atMost) {
  return { name, ours: ours.toFixed(1), floor: null, unit, wanted: atMost === Infinity ? "no bound" : `≤ ${atMost}` };
}
