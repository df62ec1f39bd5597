/**
 * An emitter: events of one or more trackers on their way to one collector. Everything below the call (batches, retries,
 * reports, the end of the process) is the delivery engine's.
 */
import type { Problem, Stamp } from "@oncewire/protocol";
import type { Payload, Platform } from "@oncewire/protocol/snowplow";
import type { Stats } from "../../delivery/delivery.js";
import type { Destination, DestinationEncoder } from "../../delivery/destination.js";
import { TrackerError } from "../../errors.js";
import type { EventHandle } from "../../handle.js";
import { Outbox, type FlushOptions } from "../../outbox.js";
import type { Listener, ReportKind } from "../../report.js";
import { systemRuntime, type Runtime, type Timer } from "../../runtime.js";
import { collectorUrl } from "./collector-url.js";
import { encoderFor, snowplow, type SnowplowOptions } from "./destination.js";
import { logRequests, type LevelWriters } from "./emitter-log.js";
import { resolveEmitterOptions, type EmitterOptions } from "./emitter-options.js";
import { payloadOf } from "./payload-text.js";
import { withCallbacks } from "./request-callbacks.js";
import { StoreFeed } from "./store-feed.js";

/** What a tracker says of itself in every event. */
export interface TrackerIdentity {
  readonly namespace?: string;
  readonly appId?: string;
  readonly trackerVersion?: string;
  readonly encodeBase64?: boolean;
  /** Of events that name none. */
  readonly platform: Platform;
}

/** What the engine is handed: an event, and the encoder of whoever tracked it. */
interface Said {
  readonly encoder: DestinationEncoder;
  readonly event: unknown;
}

export class Emitter implements AsyncDisposable {
  /** Where events go. */
  readonly endpoint: string;
  readonly method: "get" | "post";
  readonly #wire: Omit<SnowplowOptions, "endpoint">;
  readonly #encoders = new WeakMap<TrackerIdentity, DestinationEncoder>();
  readonly #runtime: Runtime;
  readonly #outbox: Outbox;
  readonly #feed: StoreFeed | null;
  readonly #log: LevelWriters;
  /** Of the payloads that came without their tracker, by what they say of it. */
  readonly #identities = new Map<string, TrackerIdentity>();
  #flushTimer: Timer | null = null;
  #closing: Promise<Stats> | undefined;

  /**
   * Throws a `TrackerError` for an option that is unknown or out of its bounds.
   *
   * @example
   * const emitter = new Emitter("collector.acme.com", { method: "get", onFailure: (_, events) => alert(events) });
   */
  constructor(endpoint: string | URL, given: EmitterOptions = {}) {
    const { runtime = systemRuntime, ...rest } = given;
    const options = resolveEmitterOptions(rest);
    const { destination: wire, tracker, eventStore, batchSize } = options;
    this.endpoint = collectorUrl({ ...wire, endpoint }).href.replace(/\/+$/, "");
    this.method = wire.method ?? "post";
    this.#wire = wire;
    this.#runtime = runtime;
    this.#log = options.log;
    const carrier = withByteLimit(carrying(snowplow({ ...wire, endpoint })), options.byteLimit);
    this.#outbox = new Outbox({ destinations: [withCallbacks(carrier, options.callbacks)], options: tracker, runtime });
    logRequests(this.#outbox, options.log);
    this.#feed =
      eventStore === null
        ? null
        : new StoreFeed({
            store: eventStore,
            send: (payload) => this.#send(payload),
            hurry: () => void this.#outbox.flush({ timeoutMs: 0 }),
            drop: (id) => this.#outbox.drop(id, "queue-full"),
            batchSize,
            intervalMs: tracker.flushIntervalMs,
            runtime,
          });
    options.log.info(`oncewire: events go to ${this.endpoint} by ${this.method.toUpperCase()}`);
  }

  /** Takes an event of a tracker. */
  accept(event: unknown, identity: TrackerIdentity, stamp: Stamp): EventHandle {
    const said: Said = { encoder: this.#encoderOf(identity), event };
    const handle = this.#feed === null ? this.#outbox.trackVendor(said, stamp) : this.#store(said, stamp, this.#feed);
    this.#log.debug(`oncewire: ${handle.id}${handle.accepted ? "" : " was not accepted"}`);
    return handle;
  }

  /** Takes an event as pairs of the tracker protocol, the tracker's among them. */
  input(payload: Payload): EventHandle {
    return this.#feed === null ? this.#send(payload) : this.#feed.add({ eid: this.#runtime.id(), ...payload });
  }

  /** With `overflow: "wait"`: resolves when there is room for an event tracked right after. Otherwise at once. */
  ready(): Promise<void> {
    return this.#outbox.ready();
  }

  /**
   * Sends what waits, and resolves with the ledger when every event accepted before the call has ended, or after the
   * timeout. Keeps the process alive meanwhile.
   */
  async flush(options: FlushOptions = {}): Promise<Stats> {
    if (this.#feed === null) return this.#outbox.flush(options);
    await this.#outbox.wait(this.#feed.flush(), options);
    return this.stats();
  }

  /** Refuses new events, flushes, drops what is left, and resolves with the ledger. A store keeps what was not sent. */
  close(options: Pick<FlushOptions, "timeoutMs"> = {}): Promise<Stats> {
    return (this.#closing ??= this.#close(options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  stats(): Stats {
    return this.#outbox.stats();
  }

  /** Returns the function that ends the subscription. */
  on<K extends ReportKind>(kind: K, listener: Listener<K>): () => void {
    return this.#outbox.on(kind, listener);
  }

  /** Flushes every so many seconds from now on, beside what `flushIntervalMs` does for each event. */
  setFlushTimer(intervalSeconds: number): void {
    if (!(intervalSeconds > 0)) {
      const message = `\`intervalSeconds\` must be a number greater than 0, got ${String(intervalSeconds)}.`;
      throw new TrackerError("E_OPTION", "intervalSeconds", message);
    }
    this.cancelFlushTimer();
    this.#flushTimer = this.#runtime.after(intervalSeconds * 1000, () => {
      this.setFlushTimer(intervalSeconds);
      void this.flush({ timeoutMs: 0 });
    });
  }

  cancelFlushTimer(): void {
    this.#flushTimer?.cancel();
    this.#flushTimer = null;
  }

  async #close(options: Pick<FlushOptions, "timeoutMs">): Promise<Stats> {
    this.cancelFlushTimer();
    if (this.#feed === null) return this.#outbox.close(options);
    await this.#outbox.wait(this.#feed.flush(), options);
    const closed = this.#outbox.close({ timeoutMs: 0 });
    await this.#feed.stop(closed);
    return closed;
  }

  #encoderOf(identity: TrackerIdentity): DestinationEncoder {
    const known = this.#encoders.get(identity);
    if (known !== undefined) return known;
    const encoder = encoderFor({ ...this.#wire, ...identity });
    this.#encoders.set(identity, encoder);
    return encoder;
  }

  /** Encodes for the store, which then has exactly what will be sent. */
  #store(said: Said, stamp: Stamp, feed: StoreFeed): EventHandle {
    const encoded = said.encoder.encode(said.event, stamp);
    if (encoded.ok) return feed.add(payloadOf(encoded.value));
    const [problem]: readonly [Problem, ...unknown[]] = encoded.problems;
    return this.#outbox.refuse(stamp.id, problem);
  }

  /** The payload is complete: its tracker's pairs are those of its encoder again. */
  #send(payload: Payload): EventHandle {
    const said: Said = { encoder: this.#encoderOf(this.#identityOf(payload)), event: { type: "raw", payload } };
    return this.#outbox.trackVendor(said, { id: this.#runtime.id(), nowMs: this.#runtime.nowMs() });
  }

  #identityOf({ tna, aid, tv }: Payload): TrackerIdentity {
    const key = JSON.stringify([tna, aid, tv]);
    const known = this.#identities.get(key);
    if (known !== undefined) return known;
    const identity: TrackerIdentity = {
      platform: "pc",
      ...(tna ? { namespace: tna } : {}),
      ...(aid ? { appId: aid } : {}),
      ...(tv ? { trackerVersion: tv } : {}),
    };
    if (this.#identities.size >= maxIdentities) this.#identities.clear();
    this.#identities.set(key, identity);
    return identity;
  }
}

/** Trackers that share an emitter are few; whoever makes up namespaces costs us no more than this. */
const maxIdentities = 100;

/** The destination, for events that bring the encoder of their tracker along. */
function carrying(destination: Destination): Destination {
  const encode: DestinationEncoder["encode"] = (said, stamp) => {
    const { encoder, event } = said as Said;
    return encoder.encode(event, stamp);
  };
  return { ...destination, encoder: { ...destination.encoder, encode } };
}

/** An event of more bytes than that goes alone, so only batches are held to it. */
function withByteLimit(destination: Destination, byteLimit: number): Destination {
  const { limits } = destination.encoder;
  const maxBatchBytes = Math.min(limits.maxBatchBytes, byteLimit);
  return { ...destination, encoder: { ...destination.encoder, limits: { ...limits, maxBatchBytes } } };
}
