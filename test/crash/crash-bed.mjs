/** What the crash tests share: a real collector, processes that track and die, and what becomes of what they left. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startCollector } from "@oncewire/collector";
import { createTracker, rudderStack } from "oncewire";
import { History, readNotes, writeKey } from "./history.mjs";

const childPath = fileURLToPath(new URL("tracking-child.mjs", import.meta.url));
const drainTimeoutMs = 60_000;

export class CrashBed {
  history = new History();
  folder;
  url;
  #collector;
  #children = 0;

  static async open() {
    const bed = new CrashBed();
    bed.folder = mkdtempSync(join(tmpdir(), "oncewire-crash-"));
    const dataDirectory = join(bed.folder, "collector");
    bed.#collector = await startCollector({ dataDirectory, port: 0, keys: { [writeKey]: "crash" } });
    bed.url = bed.#collector.url;
    return bed;
  }

  /** Starts a process that tracks into `spool`; `before` are words to put before the command. */
  start(mode, { spool, before = [] }) {
    this.#children += 1;
    const prefix = `c${this.#children}`;
    const notes = join(this.folder, `${prefix}.notes`);
    const settings = JSON.stringify({ spool, url: this.url, notes, prefix });
    const [command, ...args] = [...before, process.execPath, childPath, mode, settings];
    // One thread for files, so that a system call's number is the same in every run.
    const env = { ...process.env, UV_THREADPOOL_SIZE: "1" };
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], env });
    let errors = "";
    child.stderr.on("data", (chunk) => (errors += chunk));
    const ended = new Promise((resolve) => {
      child.on("close", (code, signal) => resolve({ code, signal, errors }));
    });
    return { child, notes, ended };
  }

  untilItTracks(run) {
    return until(run, ({ startedAtMs }) => startedAtMs !== null);
  }

  /** Until the first event is, that is, until the spool is open. */
  untilItIsDurable(run) {
    return until(run, ({ durable }) => durable.size > 0);
  }

  /** Takes note of what a dead process was told. */
  record({ notes }, killedAtMs) {
    this.history.add(readNotes(notes), killedAtMs);
    rmSync(notes, { force: true });
  }

  /** Delivers what the dead have left in a spool, until there is nothing in its folder. */
  async drain(spool) {
    const endAtMs = Date.now() + drainTimeoutMs;
    do {
      if (Date.now() > endAtMs) throw new Error(`the spool is not empty after ${drainTimeoutMs} ms`);
      const tracker = createTracker({ destinations: [rudderStack({ writeKey, dataPlaneUrl: this.url })], spool });
      // A folder is looked through once it is open; what is found there is unread, then pending.
      await sleep(50);
      while (hasWork(tracker.stats()) && Date.now() < endAtMs) await Promise.all([tracker.flush(), sleep(10)]);
      await tracker.close();
    } while (segmentsIn(spool).length > 0);
  }

  async judge() {
    await this.#collector.settled();
    const stored = [];
    let cursor = null;
    do {
      const page = await this.#collector.store.events({ limit: 1000, ...(cursor === null ? {} : { cursor }) });
      stored.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    return this.history.judge(stored);
  }

  async close() {
    await this.#collector.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function until({ notes, ended }, isSo) {
  let hasEnded = null;
  void ended.then((end) => (hasEnded = end));
  while (!isSo(readNotes(notes))) {
    if (hasEnded !== null) throw new Error(`the process ended by itself: ${hasEnded.errors}`);
    await sleep(2);
  }
}

function segmentsIn(spool) {
  return readdirSync(spool, { recursive: true }).filter((name) => name.endsWith(".log"));
}

function hasWork({ pending, destinations }) {
  return pending > 0 || Object.values(destinations).some(({ unreadEvents }) => unreadEvents > 0);
}
