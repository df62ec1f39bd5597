/** The thread of one sink: follows the log as the store does, at a place of its own, and carries events out. */
import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { openEnrichment } from "../enrichment/open-enrichment.js";
import { systemRuntime } from "../runtime.js";
import { openForwardSink } from "../sinks/forward.js";
import { openNdjsonSink } from "../sinks/ndjson-sink.js";
import { keepRefused } from "../sinks/refused-file.js";
import type { Sink, SinkResult } from "../sinks/sink.js";
import type { AppendResult, LogBatch } from "../store/event-store.js";
import { messageOf } from "../store/store-error.js";
import { startLoader } from "./loader.js";
import { createLogClient } from "./log-client.js";
import { receiversByProtocol } from "./receivers.js";
import type { FromSink, SinkSetup, ToSink } from "./sink-messages.js";
import { turnsOfThread } from "./turns.js";

if (parentPort !== null) {
  const port = parentPort;
  run(port, workerData as SinkSetup).catch((error: unknown) => {
    // Ends the thread with an error, which the collector sees, reports, and answers with a new thread.
    setImmediate(() => {
      throw error;
    });
  });
}

async function run(port: MessagePort, setup: SinkSetup): Promise<void> {
  const say = (message: FromSink): void => port.postMessage(message);
  const log = createLogClient((from) => say({ kind: "read", from }));
  // The loading thread meets the same failures, and tells of them.
  const enrichment = await openEnrichment(setup.enrichment, { runtime: systemRuntime, onFailure: () => {} });
  const sink = await openSink(setup, (message) => say({ kind: "failed", message }));
  const loader = startLoader({
    logFirst: setup.logFirst,
    readLog: (from) => log.read(from),
    store: { position: setup.position, append: (batch) => carryOut(sink, setup, { batch, say }) },
    receivers: receiversByProtocol(setup.wires),
    enrichment,
    runtime: systemRuntime,
    turns: turnsOfThread(),
    onLoaded: () => {},
    onLost: (lost) => {
      const records = lost.reduce((sum, { from, to }) => sum + to - from, 0);
      say({ kind: "failed", message: `${records} requests of the accept log cannot be read` });
    },
    onFailed: (error) => say({ kind: "failed", message: messageOf(error) }),
  });
  port.on("message", (message: ToSink) => {
    switch (message.kind) {
      case "durable":
        return loader.advance(message.position);
      case "records":
        return log.answered(message.read);
      case "close":
        return void close();
    }
  });
  say({ kind: "ready" });

  async function close(): Promise<void> {
    // First the sink: it may be waiting for an end that does not answer.
    await Promise.all([loader.stop(), sink.close()]);
    say({ kind: "closed" });
    port.close();
  }
}

function openSink({ sink, memo }: SinkSetup, onTrouble: (reason: string) => void): Sink | Promise<Sink> {
  switch (sink.kind) {
    case "ndjson":
      return openNdjsonSink(sink.path, memo);
    case "forward":
      return openForwardSink(sink, { onTrouble });
  }
}

interface CarryParts {
  readonly batch: LogBatch;
  readonly say: (message: FromSink) => void;
}

async function carryOut(
  sink: Sink,
  { sink: { project }, refusedPath }: SinkSetup,
  { batch, say }: CarryParts,
): Promise<AppendResult> {
  const events = batch.events
    .map(({ event }) => event)
    .filter((event) => project === undefined || event.project === project);
  const { refused, memo }: SinkResult = await sink.take(events);
  await keepRefused(refusedPath, refused);
  say({ kind: "done", position: batch.to, memo, events: events.length - refused.length, refused: refused.length });
  return { stored: [], duplicates: 0, unstorable: [], bad: 0 };
}
