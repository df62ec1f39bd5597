/**
 * A collector that is killed again and again under load, or one of its workers is. What it answered with success must be
 * in the store, each event once, and of a request that was not answered everything or nothing. Profiles and sessions must
 * be those that come out when store and profiles are made anew from the log.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { rebuildStore } from "@oncewire/collector";
import { createTracker, rudderStack } from "oncewire";
import { readPeople, strayedFrom } from "./people.mjs";

const command = fileURLToPath(new URL("../../packages/cli/bin/oncewire.js", import.meta.url));
const writeKey = "crash-test-key";
const plainEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("ONCEWIRE_")),
);
const rawBatchEvents = 7;
const users = Array.from({ length: 50 }, (_, index) => `u${index}`);
const everybody = [...users, "raw"];
const maxLifeMs = 500;
const maxOutstanding = 2_000;

/** With workers, every other kill is of one of them, which the collector starts again by itself. */
export async function killCollector({ kills, random, workers = 0 }) {
  const folder = mkdtempSync(join(tmpdir(), "oncewire-collector-crash-"));
  const life = new CollectorLife(folder, workers);
  try {
    await life.start();
    const load = startLoad(life.url);
    for (let kill = 0; kill < kills; kill += 1) {
      await sleep(random() * maxLifeMs);
      if (workers > 0 && random() < 0.5) {
        life.killWorker(random);
      } else {
        await life.kill();
        await life.start();
      }
    }
    const sent = await load.stop();
    const verdict = await judge(life.url, sent);
    const people = await readPeople(life.url, everybody);
    await life.makeAnew();
    const strayed = strayedFrom(people, await readPeople(life.url, everybody));
    return { ...verdict, people: people.size, strayed, readyMs: life.readyMs };
  } finally {
    await life.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same data and the same port, over many processes. */
class CollectorLife {
  url = null;
  /** How long each start took, from the process to the open port. */
  readyMs = [];
  #folder;
  #workers;
  #child = null;

  constructor(folder, workers) {
    this.#folder = join(folder, "data");
    this.#workers = workers;
  }

  /** Kills it, and has the next one find store and profiles as they come out of the log alone. */
  async makeAnew() {
    await this.kill();
    rmSync(join(this.#folder, "profiles"), { recursive: true });
    await rebuildStore({ dataDirectory: this.#folder, keys: { [writeKey]: "crash" } });
    await this.start();
  }

  async start() {
    const port = this.url === null ? "0" : new URL(this.url).port;
    const args = ["serve", "--port", port, "--data", this.#folder, "--key", `${writeKey}=crash`];
    args.push("--workers", String(this.#workers));
    const startedAt = performance.now();
    // Small files, so that the kills meet sealing and merging, too.
    const child = spawn(process.execPath, [command, ...args, "--seal-events", "300", "--seal-interval-ms", "200"], {
      stdio: ["ignore", "pipe", "pipe"],
      env: plainEnvironment,
    });
    this.#child = child;
    this.url = await new Promise((resolve, reject) => {
      let said = "";
      const listen = (chunk) => {
        said += String(chunk);
        const found = /collector at (http:\S+)/.exec(said);
        if (found !== null) resolve(found[1]);
      };
      child.stdout.on("data", listen);
      child.stderr.on("data", listen);
      child.once("exit", (code) => reject(new Error(`the collector ended by itself with ${code}: ${said}`)));
    });
    this.readyMs.push(performance.now() - startedAt);
  }

  killWorker(random) {
    const pids = workersOf(this.#child.pid);
    if (pids.length > 0) process.kill(pids[Math.floor(random() * pids.length)], "SIGKILL");
  }

  async kill() {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
}

/** Linux alone tells it. */
export const whyNoWorkerKills = () => (process.platform === "linux" ? null : "Linux alone says which they are");

function workersOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .split(" ")
    .filter((child) => child !== "" && readFileSync(`/proc/${child}/cmdline`, "utf8").includes("worker-process"))
    .map(Number);
}

/** The SDK, which tries again until it is told that an event is kept, and requests that nobody repeats. */
function startLoad(url) {
  const acknowledged = new Set();
  const rawBatches = [];
  const tracker = createTracker({
    destinations: [rudderStack({ writeKey, dataPlaneUrl: url })],
    overflow: "wait",
    flushIntervalMs: 5,
    maxBatchEvents: 20,
    retryBaseMs: 10,
    retryCapMs: 100,
  });
  const ending = new AbortController();
  const running = [trackEvents(), sendRaw(), sendRaw()];

  async function trackEvents() {
    for (let index = 0; !ending.signal.aborted; index += 1) {
      const handle = trackOne(tracker, index);
      void handle.delivered.then(({ delivered }) => delivered && acknowledged.add(handle.id));
      if (tracker.stats().pending > maxOutstanding) await sleep(5);
      else if (index % 5 === 0) await sleep(1);
    }
  }

  async function sendRaw() {
    while (!ending.signal.aborted) {
      const number = rawBatches.push(0) - 1;
      const batch = Array.from({ length: rawBatchEvents }, (_, index) => {
        return { type: "track", event: "Raw", userId: "raw", messageId: `r-${number}-${index}` };
      });
      const headers = { authorization: `Basic ${btoa(`${writeKey}:`)}` };
      const answer = await fetch(`${url}/v1/batch`, { method: "POST", headers, body: JSON.stringify({ batch }) }).catch(
        () => null,
      );
      if (answer?.status === 200) for (const { messageId } of batch) acknowledged.add(messageId);
      await sleep(answer === null ? 20 : 2);
    }
  }

  return {
    async stop() {
      ending.abort();
      await Promise.all(running);
      const { delivered, accepted } = await tracker.close({ timeoutMs: 60_000 });
      return { acknowledged, tracked: accepted, delivered, rawBatches: rawBatches.length };
    },
  };
}

/** People who come from many devices, some of which go from hand to hand: whose they are hangs on the order of the log. */
function trackOne(tracker, index) {
  const ids = { id: `t-${index}`, userId: users[index % users.length], anonymousId: `a${index % 83}` };
  if (index % 10 === 0) return tracker.identify({ ...ids, traits: { [`trait${index % 3}`]: index } });
  return tracker.track({ ...ids, event: "Tracked" });
}

async function judge(url, { acknowledged, tracked, delivered, rawBatches }) {
  await settled(url);
  const rows = await sql(url, "SELECT id, count(*) FROM events GROUP BY id");
  const stored = new Map(rows.map(([id, count]) => [id, Number(count)]));
  const lost = [...acknowledged].filter((id) => !stored.has(id));
  const twice = [...stored].filter(([, count]) => count > 1).map(([id]) => id);
  const half = Array.from({ length: rawBatches }, (_, number) => number).filter((number) => {
    const kept = Array.from({ length: rawBatchEvents }, (_unused, index) => stored.has(`r-${number}-${index}`));
    return kept.some(Boolean) && !kept.every(Boolean);
  });
  return {
    acknowledged: acknowledged.size,
    undelivered: tracked - delivered,
    stored: stored.size,
    lost: lost.length,
    twice: twice.length,
    half: half.length,
    examples: [...lost.slice(0, 3), ...twice.slice(0, 3)],
  };
}

async function settled(url) {
  for (;;) {
    const { pending } = await (await fetch(`${url}/api/stats`)).json();
    const metrics = await (await fetch(`${url}/metrics`)).text();
    if (pending === 0 && metrics.includes('oncewire_log_lag_records{cursor="store"} 0\n')) return;
    await sleep(50);
  }
}

async function sql(url, query) {
  const rows = [];
  // An answer has 100,000 rows at most.
  for (;;) {
    const page = `${query} ORDER BY id LIMIT 50000 OFFSET ${rows.length}`;
    const answer = await (await fetch(`${url}/api/sql?limit=100000&query=${encodeURIComponent(page)}`)).json();
    if (answer.rows === undefined) throw new Error(JSON.stringify(answer));
    rows.push(...answer.rows);
    if (answer.rows.length < 50_000) return rows;
  }
}
