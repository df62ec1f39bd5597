/** The collector's side of the loading thread: starts it, follows it, and starts it anew when it ends by itself. */
import { Worker } from "node:worker_threads";
import { builtFile } from "../built-file.js";
import { CollectorError } from "../errors.js";
import { addFailures } from "../enrichment/step-failures.js";
import type { StepFailures } from "../enrichment/step-failures.js";
import { transferOf } from "../log/packed-read.js";
import type { PackedRead } from "../log/packed-read.js";
import type { PeopleAnswer, PeopleAnswers, PeopleQuestionOf } from "../profiles/people-reader.js";
import type { CollectorReport } from "../report.js";
import type { Runtime } from "../runtime.js";
import type { EventQuery, EventReader, Page, StoreCounts, StoredBadEvent, StoredEvent } from "../store/event-store.js";
import type { SqlResult } from "../store/engine-protocol.js";
import { StoreError } from "../store/store-error.js";
import { createPace } from "./pace.js";
import { Standstill } from "./standstill.js";
import { Trouble } from "./trouble.js";
import type { TroubledPart } from "./trouble.js";
import type { FromLoading, LoadedMessage, LoadingSetup, SqlQuestion, StoreQuestion, ToLoading } from "./messages.js";

export interface Loading {
  /** The store, for reading. */
  readonly reader: EventReader;
  /** One SELECT over what is stored. */
  sql(text: string, bounds: SqlQuestion["bounds"]): Promise<SqlResult>;
  /** What is known of people, from everything that was loaded. */
  people<Kind extends keyof PeopleAnswers>(question: PeopleQuestionOf<Kind>): Promise<PeopleAnswer<Kind>>;
  /** Everything below may be loaded now. */
  advance(durable: number): void;
  /** Resolves when everything below `position` can be asked for; rejects after `timeoutMs`. */
  reached(position: number, timeoutMs: number): Promise<void>;
  /** Where the store is in the log, and what keeps it from going on. */
  progress(): LoadingProgress;
  /** Seals what was appended. */
  seal(): Promise<void>;
  /** Ends the thread after the batch in progress, with everything that was loaded sealed. */
  close(): Promise<void>;
}

export interface LoadingProgress {
  /** Everything below can be asked for. */
  readonly loadedTo: number;
  /** Everything below is sealed. */
  readonly sealedTo: number;
  /** How long nothing was loaded although something waits for it. */
  readonly standstillMs: number;
  /** People let go so far because there were too many, as far as is known. */
  readonly forgotten: number;
  /** How often steps of the enrichment failed, by name; those that did not are not in it. */
  readonly enrichmentFailures: StepFailures;
  /** Files of the store that could not be read and were put aside. */
  readonly filesPutAside: number;
  /** The last failure of what fails still; null while all is well. */
  readonly failure: string | null;
}

export interface LoadingParts {
  readonly setup: Omit<LoadingSetup, "reportedTo">;
  readonly readLog: (from: number) => Promise<PackedRead>;
  readonly runtime: Pick<Runtime, "after" | "monotonicMs">;
  readonly onLoaded: (loaded: LoadedMessage) => void;
  /** Everything below `position` is sealed in the store. */
  readonly onSealed: (position: number) => void;
  readonly onReport: (report: CollectorReport) => void;
}

/** A thread that ended by itself is started again after this long. */
const restartMs = 1_000;
const closeTimeoutMs = 15_000;

/** Starts the thread; resolves when the store is open. */
export async function startLoading(parts: LoadingParts): Promise<Loading> {
  const loading = new LoadingThread(parts);
  await loading.started;
  return loading;
}

class LoadingThread implements Loading {
  readonly reader: EventReader;
  readonly started: Promise<void>;
  readonly #parts: LoadingParts;
  readonly #questions = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  readonly #waiting = new Set<() => void>();
  #worker: Worker;
  #nextQuestion = 0;
  readonly #standstill: Standstill;
  #durable = 0;
  readonly #tell: () => void;
  #wasReady = false;
  #loadedTo = 0;
  #onReady: () => void = () => {};
  #onFailedStart: (error: Error) => void = () => {};
  #sealedTo = 0;
  #forgotten = 0;
  #enrichmentFailures: StepFailures = {};
  #filesPutAside = 0;
  readonly #trouble = new Trouble();
  /** Why there is no thread that could be asked, until there is one again. */
  #ending: StoreError | null = null;
  #onClosed: (() => void) | null = null;

  constructor(parts: LoadingParts) {
    this.#parts = parts;
    this.#standstill = new Standstill(parts.runtime);
    this.#tell = createPace({
      runtime: parts.runtime,
      tell: () => this.#say({ kind: "durable", position: this.#durable, isAwaited: this.#isAwaited }),
      isAwaited: () => this.#isAwaited,
    });
    this.started = new Promise((resolve, reject) => {
      this.#onReady = resolve;
      this.#onFailedStart = reject;
    });
    this.reader = {
      events: (query: EventQuery) => this.#ask<Page<StoredEvent>>("events", query),
      bad: (query) => this.#ask<Page<StoredBadEvent>>("bad", query),
      counts: () => this.#ask<StoreCounts>("counts", null),
    };
    this.#worker = this.#start();
  }

  /** Whether somebody waits until something is loaded. */
  get #isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  advance(durable: number): void {
    this.#durable = durable;
    this.#standstill.wanted(this.#loadedTo < durable);
    this.#tell();
  }

  reached(position: number, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#parts.runtime.after(timeoutMs, () => {
        this.#waiting.delete(check);
        reject(
          new Error(
            `expected the store to reach log position ${position} in ${timeoutMs} ms, it is at ${this.#loadedTo}`,
          ),
        );
      });
      const check = (): void => {
        if (this.#loadedTo < position) return;
        cancel();
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  sql(text: string, bounds: SqlQuestion["bounds"]): Promise<SqlResult> {
    return this.#ask<SqlResult>("sql", { text, bounds } satisfies SqlQuestion);
  }

  people<Kind extends keyof PeopleAnswers>(question: PeopleQuestionOf<Kind>): Promise<PeopleAnswer<Kind>> {
    return this.#ask<PeopleAnswer<Kind>>("people", question);
  }

  progress(): LoadingProgress {
    const [loadedTo, sealedTo, forgotten] = [this.#loadedTo, this.#sealedTo, this.#forgotten];
    const [enrichmentFailures, filesPutAside] = [this.#enrichmentFailures, this.#filesPutAside];
    const [standstillMs, failure] = [this.#standstill.ms, this.#trouble.message];
    return { loadedTo, sealedTo, standstillMs, forgotten, enrichmentFailures, filesPutAside, failure };
  }

  seal(): Promise<void> {
    return this.#ask<void>("seal", null);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.runtime.after(closeTimeoutMs, () => {
        // Nothing is lost with it: what it did not seal is loaded again at the next start.
        void this.#worker.terminate();
        resolve();
      });
      this.#onClosed = () => {
        cancel();
        resolve();
      };
      this.#say({ kind: "close" });
    });
  }

  #start(): Worker {
    const reportedTo = this.#loadedTo;
    const setup: LoadingSetup = { ...this.#parts.setup, reportedTo };
    const worker = new Worker(builtFile(new URL("./loading-thread.js", import.meta.url)), {
      workerData: setup,
      name: "oncewire-loading",
    });
    let failure: Error | null = null;
    worker.on("message", (message: FromLoading) => this.#hear(message));
    worker.on("error", (error: Error) => (failure = error));
    worker.on("exit", () => this.#ended(failure ?? new Error("the loading thread ended")));
    return worker;
  }

  #ended(error: Error): void {
    // One that never was ready is not started again: whoever started it is told, and mends what is wrong.
    if (!this.#wasReady) return this.#onFailedStart(error);
    this.#ending = new StoreError(
      "engine-unavailable",
      `the store is starting again, ask again: ${error.message}`,
      error,
    );
    for (const { reject } of this.#questions.values()) reject(this.#ending);
    this.#questions.clear();
    if (this.#onClosed !== null) return this.#onClosed();
    this.#failed("thread", error.message);
    this.#parts.runtime.after(restartMs, () => {
      if (this.#onClosed !== null) return this.#onClosed();
      this.#ending = null;
      this.#worker = this.#start();
      return this.advance(this.#durable);
    });
  }

  #hear(message: FromLoading): void {
    switch (message.kind) {
      case "ready":
        this.#wasReady = true;
        this.#reachedStore(message.storePosition);
        return this.#onReady();
      case "read":
        return void this.#readLog(message.from);
      case "loaded":
        return this.#loaded(message);
      case "answer":
        return this.#settle(message.id, ({ resolve }) => resolve(message.value as never));
      case "failure":
        return this.#settle(message.id, ({ reject }) => reject(new StoreError(message.code, message.message)));
      case "put-aside":
        this.#filesPutAside += message.files.length;
        return this.#parts.onReport({ kind: "store-files-put-aside", files: message.files });
      case "report":
        return this.#parts.onReport(message.report);
      case "failed":
        return this.#failed(message.part, message.message);
      case "works":
        return this.#works(message.part);
      case "closed":
        this.#sealed(message.storePosition);
        return this.#onClosed?.();
    }
  }

  #loaded(message: LoadedMessage): void {
    this.#works("thread", "log", "loading");
    this.#loadedTo = Math.max(this.#loadedTo, message.to);
    this.#standstill.moved(this.#loadedTo < this.#durable);
    this.#forgotten = message.forgotten ?? this.#forgotten;
    this.#enrichmentFailures = addFailures(this.#enrichmentFailures, message.enrichmentFailures);
    this.#parts.onLoaded(message);
    this.#sealed(message.storePosition);
    for (const check of this.#waiting) check();
  }

  async #readLog(from: number): Promise<void> {
    const worker = this.#worker;
    const read = await this.#parts.readLog(from).catch((error: unknown) => {
      this.#failed("log", `the accept log could not be read: ${String(error)}`);
      return null;
    });
    worker.postMessage({ kind: "records", read } satisfies ToLoading, read === null ? [] : transferOf(read));
  }

  #failed(part: TroubledPart, message: string): void {
    if (this.#trouble.failed(part, message)) this.#parts.onReport({ kind: "store-failed", message });
  }

  #works(...parts: readonly TroubledPart[]): void {
    if (this.#trouble.works(...parts)) this.#parts.onReport({ kind: "store-resumed" });
  }

  /** What was sealed before this process, or this thread, need not be loaded again. */
  #reachedStore(position: number): void {
    this.#loadedTo = Math.max(this.#loadedTo, position);
    this.#sealedTo = Math.max(this.#sealedTo, position);
    this.#standstill.moved(this.#loadedTo < this.#durable);
    // Where something is to be loaded, that has to show whether the thread stays.
    if (this.#loadedTo >= this.#durable) this.#works("thread");
    for (const check of this.#waiting) check();
  }

  #sealed(position: number): void {
    if (position <= this.#sealedTo) return;
    this.#sealedTo = position;
    this.#parts.onSealed(position);
  }

  #ask<T>(question: StoreQuestion, argument: unknown): Promise<T> {
    if (this.#onClosed !== null) {
      return Promise.reject(
        new CollectorError("not-running", "the collector is closed: expected a running one, start it again."),
      );
    }
    if (this.#ending !== null) return Promise.reject(this.#ending);
    const id = this.#nextQuestion++;
    return new Promise<T>((resolve, reject) => {
      this.#questions.set(id, { resolve, reject });
      this.#say({ kind: "ask", id, question, argument });
    });
  }

  #settle(
    id: number,
    how: (question: { resolve: (value: never) => void; reject: (error: Error) => void }) => void,
  ): void {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    if (question !== undefined) how(question);
  }

  #say(message: ToLoading): void {
    this.#worker.postMessage(message);
  }
}
