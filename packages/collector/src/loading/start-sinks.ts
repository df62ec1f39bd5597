/** The collector's side of its sinks: starts their threads, keeps their places in the log, and starts them anew. */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Cursor } from "@oncewire/journal";
import { builtFile } from "../built-file.js";
import type { AcceptLog } from "../log/accept-log.js";
import { transferOf } from "../log/packed-read.js";
import type { CollectorReport } from "../report.js";
import type { Runtime } from "../runtime.js";
import type { SinkOptions } from "../sink-options.js";
import { createPace } from "./pace.js";
import { Standstill } from "./standstill.js";
import type { FromSink, SinkSetup, ToSink } from "./sink-messages.js";

export interface Sinks {
  /** Everything below may be carried out now. */
  advance(durable: number): void;
  progress(): readonly SinkProgress[];
  /** Ends the threads; what was not carried out is, at the next start. */
  close(): Promise<void>;
}

export interface SinkProgress {
  readonly name: string;
  /** Everything below is carried out. */
  readonly position: number;
  /** How long nothing was carried out although something waits for it. */
  readonly standstillMs: number;
  readonly delivered: number;
  readonly refused: number;
  /** The last failure, until something is carried out again; null while all is well. */
  readonly failure: string | null;
}

export interface SinksParts {
  readonly sinks: readonly SinkOptions[];
  readonly setup: Pick<SinkSetup, "logFirst" | "wires" | "enrichment">;
  readonly dataDirectory: string;
  readonly log: AcceptLog;
  readonly runtime: Pick<Runtime, "after" | "monotonicMs">;
  readonly onReport: (report: CollectorReport) => void;
}

const readerPrefix = "sink-";

/** Places of sinks that are no longer configured are given up: the log need not keep anything for them. */
export async function startSinks(parts: SinksParts): Promise<Sinks> {
  const { sinks, log } = parts;
  const wanted = new Set(sinks.map(({ name }) => readerPrefix + name));
  for (const reader of log.readers()) {
    if (reader.startsWith(readerPrefix) && !wanted.has(reader)) await log.forget(reader);
  }
  const running: SinkThread[] = [];
  for (const sink of sinks) running.push(new SinkThread(parts, sink, await openCursor(log, sink)));
  const tell = createPace({
    runtime: parts.runtime,
    tell() {
      for (const one of running) one.tell();
    },
    isAwaited: () => false,
  });
  return {
    advance(position) {
      for (const one of running) one.wants(position);
      if (running.length > 0) tell();
    },
    progress: () => running.map((one) => one.progress()),
    close: async () => void (await Promise.all(running.map((one) => one.close()))),
  };
}

async function openCursor(log: AcceptLog, { name, from = "now" }: SinkOptions): Promise<Cursor> {
  const isNew = !log.readers().includes(readerPrefix + name);
  const cursor = await log.cursor(readerPrefix + name);
  if (isNew && from === "now") await cursor.advance(log.durable);
  return cursor;
}

const restartMs = 1_000;
const closeTimeoutMs = 5_000;

class SinkThread {
  readonly #parts: SinksParts;
  readonly #sink: SinkOptions;
  readonly #cursor: Cursor;
  #worker: Worker;
  readonly #standstill: Standstill;
  #durable = 0;
  /** The cursor is there a moment later. */
  #doneTo: number;
  #delivered = 0;
  #refused = 0;
  #failure: string | null = null;
  #onClosed: (() => void) | null = null;

  constructor(parts: SinksParts, sink: SinkOptions, cursor: Cursor) {
    this.#parts = parts;
    this.#sink = sink;
    this.#cursor = cursor;
    this.#doneTo = cursor.position;
    this.#standstill = new Standstill(parts.runtime);
    this.#worker = this.#start();
  }

  /** Everything below may be taken; the thread is told of it in a while. */
  wants(durable: number): void {
    this.#durable = durable;
    this.#standstill.wanted(this.#doneTo < durable);
  }

  tell(): void {
    this.#say({ kind: "durable", position: this.#durable });
  }

  progress(): SinkProgress {
    const { position } = this.#cursor;
    const [delivered, refused, failure] = [this.#delivered, this.#refused, this.#failure];
    return { name: this.#sink.name, position, standstillMs: this.#standstill.ms, delivered, refused, failure };
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.runtime.after(closeTimeoutMs, () => void this.#worker.terminate());
      this.#onClosed = () => {
        cancel();
        resolve();
      };
      this.#say({ kind: "close" });
    });
  }

  #start(): Worker {
    const { setup, dataDirectory } = this.#parts;
    const { position, memo } = this.#cursor;
    const refusedPath = join(dataDirectory, "refused", `${this.#sink.name}.ndjson`);
    const workerData: SinkSetup = { ...setup, sink: this.#sink, position, memo, refusedPath };
    const worker = new Worker(builtFile(new URL("./sink-thread.js", import.meta.url)), {
      workerData,
      name: `oncewire-sink-${this.#sink.name}`,
    });
    worker.on("message", (message: FromSink) => this.#hear(message));
    worker.on("error", (error: Error) => this.#failed(error.message));
    worker.on("exit", () => this.#ended());
    return worker;
  }

  #ended(): void {
    if (this.#onClosed !== null) return this.#onClosed();
    this.#parts.runtime.after(restartMs, () => {
      if (this.#onClosed !== null) return this.#onClosed();
      this.#worker = this.#start();
      return undefined;
    });
  }

  #hear(message: FromSink): void {
    switch (message.kind) {
      case "ready":
        return this.tell();
      case "read":
        return void this.#readLog(message.from);
      case "done":
        return this.#done(message);
      case "failed":
        return this.#failed(message.message);
      case "closed":
        return undefined;
    }
  }

  #done({ position, memo, events, refused }: FromSink & { kind: "done" }): void {
    this.#failure = null;
    this.#doneTo = position;
    this.#standstill.moved(position < this.#durable);
    this.#delivered += events;
    this.#refused += refused;
    if (refused > 0) this.#parts.onReport({ kind: "sink-refused", sink: this.#sink.name, events: refused });
    this.#cursor.advance(position, memo ?? undefined).catch((error: unknown) => {
      this.#parts.onReport({ kind: "log-cursor-failed", message: String(error) });
    });
  }

  /** The same trouble again and again is one report. */
  #failed(message: string): void {
    if (message === this.#failure || this.#onClosed !== null) return;
    this.#failure = message;
    this.#parts.onReport({ kind: "sink-failed", sink: this.#sink.name, message });
  }

  async #readLog(from: number): Promise<void> {
    const worker = this.#worker;
    const read = await this.#parts.log.readPacked(from).catch(() => null);
    worker.postMessage({ kind: "records", read } satisfies ToSink, read === null ? [] : transferOf(read));
  }

  #say(message: ToSink): void {
    this.#worker.postMessage(message);
  }
}
