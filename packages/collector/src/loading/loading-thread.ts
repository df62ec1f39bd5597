/**
 * The loading thread: everything that happens to a request after it was answered. It has a core of its own, so that the
 * accept path never waits for it: it reads the log, decodes, fills the store and answers questions about it.
 */
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import type { ProtocolName } from "@oncewire/protocol";
import { openEnrichment } from "../enrichment/open-enrichment.js";
import type { OpenedEnrichment } from "../enrichment/open-enrichment.js";
import { systemRuntime } from "../runtime.js";
import { beginDocumentFile, openDocumentFile } from "../profiles/document-file.js";
import type { LogRead } from "../log/accept-log.js";
import { answerAboutPeople } from "../profiles/people-reader.js";
import type { PeopleQuestion } from "../profiles/people-reader.js";
import { createProfiledStore } from "../profiles/profiled-store.js";
import type { ProfiledStore } from "../profiles/profiled-store.js";
import type { EventQuery } from "../store/event-store.js";
import { openParquetStore } from "../store/parquet-store.js";
import type { ParquetStore } from "../store/parquet-store.js";
import { isStoreError, messageOf } from "../store/store-error.js";
import type { StoreErrorCode } from "../store/store-error.js";
import { loadedMessage, ShowBudget } from "./loaded-message.js";
import type { TakenBatch } from "./loaded-message.js";
import { startLoader } from "./loader.js";
import { createLogClient } from "./log-client.js";
import type { FromLoading, LoadingSetup, SqlQuestion, StoreQuestion, ToLoading } from "./messages.js";
import { receiversByProtocol } from "./receivers.js";
import { turnsOfThread } from "./turns.js";

/** At about 30 bytes of memory each: a person has one, and one for each of their ids and sessions. */
const maxProfileDocuments = 4_000_000;

if (parentPort !== null) {
  const port = parentPort;
  run(port, workerData as LoadingSetup).catch(endThread);
}

/** With an error, which the collector sees, reports, and answers with a new thread. */
function endThread(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

async function run(port: MessagePort, setup: LoadingSetup): Promise<void> {
  stepBack();
  const say: Say = (message) => port.postMessage(message);
  const log = createLogClient((from) => say({ kind: "read", from }));
  const enrichment = await enrichmentOf(setup, say);
  const store = await openStore(setup, say);
  const profiled = followedBy(store, setup, say);
  const shown = new ShowBudget(() => systemRuntime.monotonicMs());
  const receivers = receiversByProtocol(setup.wires);
  const isAnsweredUnread = (protocol: ProtocolName): boolean => receivers.get(protocol)?.answer !== undefined;
  const loader = startLoader({
    logFirst: setup.logFirst,
    readLog: (from) => log.read(from),
    store: profiled,
    receivers,
    enrichment,
    runtime: systemRuntime,
    turns: turnsOfThread(),
    onLoaded(batch, result) {
      const after = stateAfter({ store, profiled, enrichment });
      const message = loadedMessage(setup, { batch, result, ...after, isAnsweredUnread, maxShown: shown.left });
      shown.spend(message.newest.length);
      say(message);
    },
    onLost: (lost) => lost.forEach((each) => say(lostMessage(each))),
    onFailed: (error) => say({ kind: "failed", part: "loading", message: messageOf(error) }),
  });
  const close = async (): Promise<void> => {
    // A reading that is under way is answered still; nothing more is asked.
    await loader.stop();
    await profiled.close();
    await store.close();
    say({ kind: "closed", storePosition: store.position });
    port.close();
  };
  port.on("message", (message: ToLoading) => {
    switch (message.kind) {
      case "durable":
        return loader.advance(message.position, message.isAwaited);
      case "ask":
        return void answer({ store, profiled }, message).then(say);
      case "records":
        return log.answered(message.read);
      case "close":
        return void close();
    }
  });
  // What the log has no more, nobody can wait for.
  say({ kind: "ready", storePosition: Math.max(store.position, setup.logFirst) });
  void profiled.catchUp();
}

type Say = (message: FromLoading) => void;

/** How things are after a batch. */
function stateAfter(parts: {
  readonly store: ParquetStore;
  readonly profiled: ProfiledStore;
  readonly enrichment: OpenedEnrichment;
}): Pick<TakenBatch, "storePosition" | "forgotten" | "enrichmentFailures"> {
  const { store, profiled, enrichment } = parts;
  const forgotten = profiled.people?.forgotten ?? null;
  return { storePosition: store.position, forgotten, enrichmentFailures: enrichment.takeFailures() };
}

function lostMessage({ from, to, reason }: LogRead["lost"][number]): FromLoading {
  return { kind: "report", report: { kind: "lost", records: to - from, reason } };
}

function enrichmentOf({ enrichment }: LoadingSetup, say: Say): Promise<OpenedEnrichment> {
  const onFailure = (message: string): void => say({ kind: "report", report: { kind: "enrichment-failed", message } });
  return openEnrichment(enrichment, { runtime: systemRuntime, onFailure });
}

async function openStore(setup: LoadingSetup, say: Say): Promise<ParquetStore> {
  const store = await openParquetStore({
    directory: setup.storeDirectory,
    sealRows: setup.sealEvents,
    sealIntervalMs: setup.sealIntervalMs,
    ...(setup.storeRetentionMs === null ? {} : { retainMs: setup.storeRetentionMs }),
    ...(setup.storeRetentionBytes === null ? {} : { retainBytes: setup.storeRetentionBytes }),
    onFailure: (error) => say({ kind: "failed", part: "sealing", message: messageOf(error) }),
    onSuccess: () => say({ kind: "works", part: "sealing" }),
    onDamaged(error, files) {
      say({ kind: "put-aside", files });
      endThread(error);
    },
  });
  if (store.unreadable.length > 0) say({ kind: "put-aside", files: store.unreadable });
  return store;
}

/** The store, with profiles that are made of what it keeps. */
function followedBy(store: ParquetStore, { profilesDirectory }: LoadingSetup, say: Say): ProfiledStore {
  return createProfiledStore({
    store,
    openDocuments: (how) => (how === "kept" ? openDocumentFile : beginDocumentFile)(profilesDirectory),
    maxDocuments: maxProfileDocuments,
    runtime: systemRuntime,
    onFailure: (error) => say({ kind: "failed", part: "profiles", message: `profiles: ${messageOf(error)}` }),
    onCommitted: () => say({ kind: "works", part: "profiles" }),
  });
}

/**
 * Where there are fewer cores than work, answering comes first: the log holds what is not loaded yet. Linux counts niceness
 * by thread, so this is about the calling one; elsewhere it would be about the whole process.
 */
function stepBack(): void {
  if (process.platform === "linux") setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
}

interface Answering {
  readonly store: ParquetStore;
  readonly profiled: ProfiledStore;
}

async function answer(
  answering: Answering,
  { id, question, argument }: ToLoading & { kind: "ask" },
): Promise<FromLoading> {
  try {
    return { kind: "answer", id, value: await ask(answering, question, argument) };
  } catch (error) {
    const code = isStoreError(error) ? codeFor(question, error.code) : "engine-failed";
    return { kind: "failure", id, code, message: messageOf(error) };
  }
}

/** A statement that came in is itself to blame for what the engine says of it. */
function codeFor(question: StoreQuestion, code: StoreErrorCode): StoreErrorCode {
  return question === "sql" && code === "engine-failed" ? "sql-failed" : code;
}

async function ask({ store, profiled }: Answering, question: StoreQuestion, argument: unknown): Promise<unknown> {
  switch (question) {
    case "events":
      return store.events(argument as EventQuery);
    case "bad":
      return store.bad(argument as EventQuery);
    case "counts":
      return store.counts();
    case "sql": {
      const { text, bounds } = argument as SqlQuestion;
      return store.sql(text, bounds);
    }
    case "people":
      return answerAboutPeople(profiled, argument as PeopleQuestion);
    case "seal":
      return store.seal();
  }
}
