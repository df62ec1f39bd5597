/**
 * The live feed: what the collector has just kept, pushed to whoever looks, over server-sent events.
 *
 * Promises: it never holds up the collector and never grows. Publishing puts items into one ring and returns; every
 * subscriber is a place in that ring, written to at most once per `coalesceMs` and only while its socket takes more.
 * Who is too slow, or was away too long, is told how many items it missed. It does not promise delivery: the store has
 * everything, this is a window.
 *
 * Messages: `event` and `bad` (a stored event as JSON; its long fields cut and named in `truncated` when it is over
 * 64 KiB), `stats` each second, `missed` ({ count }). Ids are `<epoch>-<number>`: a browser that comes back with
 * Last-Event-ID goes on where it was; after a restart, whose epoch differs, it starts over, and knows by their ids what it
 * was sent before.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { LiveClient } from "./live-client.js";
import type { Runtime } from "../runtime.js";
import type { StoredItem } from "../store/event-store.js";
import { LiveRing } from "./live-ring.js";
import { LiveStatsReader } from "./live-stats.js";
import type { LiveCounts } from "./live-stats.js";
import { sseFrame } from "./sse-frame.js";

export interface LiveFeed {
  /**
   * Shows items to all who listen, and keeps the newest for those who come later. Never throws, never waits.
   * `leftOut` older ones came with them and are not given: listeners are told that they missed so many.
   */
  publish(items: readonly StoredItem[], leftOut?: number): void;
  /**
   * Shows these first, which are older than anything that is published: what is published meanwhile waits for them, but
   * no longer than five seconds, nor when they cannot be had.
   */
  beginWith(older: Promise<readonly StoredItem[]>): void;
  /** Where the `stats` message takes its numbers from, once a second while anyone listens. */
  setStats(read: () => LiveCounts): void;
  /** Answers the request with the stream; 503 when there are too many already or the feed is closed. */
  subscribe(request: IncomingMessage, response: ServerResponse): void;
  /** How many listen now. */
  readonly clients: number;
  /** Items that were not given, so far. */
  readonly leftOut: number;
  /** Takes no one and nothing more, and ends every stream once its listener has taken everything there is. */
  close(): void;
}

export interface LiveFeedOptions {
  readonly runtime: Pick<Runtime, "after" | "nowMs" | "monotonicMs">;
  /** Newest items kept for those who come later. @default 500 */
  readonly ringSize?: number;
  /** @default 64 */
  readonly maxClients?: number;
  /** How long items are gathered before they are written. @default 50 */
  readonly coalesceMs?: number;
}

const maxItemBytes = 64 * 1024;
const maxRingBytes = 8 * 1024 * 1024;
/** How often the ring is encoded, and so bounded in bytes, while nobody listens. */
const idleEncodeMs = 1_000;
/** The newest events of a start are there in less; without them the feed still has those that come. */
const maxHoldMs = 5_000;
const beatMs = 1_000;
const heartbeatEveryBeats = 15;
/** A socket that takes nothing for so long holds a place others could have; the browser comes back by itself. */
const maxBlockedBeats = 30;

const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-content-type-options": "nosniff",
  // Asks nginx, where it stands in between, not to gather the stream.
  "x-accel-buffering": "no",
};
const greeting = Buffer.from("retry: 2000\n\n");
const heartbeat = Buffer.from(": still here\n\n");

/** Opens a feed that nobody listens to yet. */
export function createLiveFeed(options: LiveFeedOptions): LiveFeed {
  return new SseFeed(options);
}

interface Published {
  readonly items: readonly StoredItem[];
  readonly leftOut: number;
}

class SseFeed implements LiveFeed {
  readonly #runtime: LiveFeedOptions["runtime"];
  readonly #maxClients: number;
  readonly #coalesceMs: number;
  readonly #epoch: string;
  readonly #ring: LiveRing;
  readonly #clients = new Set<LiveClient>();
  #stats: LiveStatsReader | undefined;
  #stopFlush: (() => void) | undefined;
  #stopBeat: (() => void) | undefined;
  /** The last stats message: newcomers get it, so that only beats measure the rate. */
  #latest: Buffer | undefined;
  /** What waits for older items to be shown first; null where nothing has to. */
  #held: Published[] | null = null;
  #beats = 0;
  #leftOut = 0;
  #closed = false;

  constructor({ runtime, ringSize = 500, maxClients = 64, coalesceMs = 50 }: LiveFeedOptions) {
    this.#runtime = runtime;
    this.#maxClients = maxClients;
    this.#coalesceMs = coalesceMs;
    this.#epoch = runtime.nowMs().toString(36);
    this.#ring = new LiveRing({ maxItems: ringSize, maxItemBytes, maxBytes: maxRingBytes, epoch: this.#epoch });
  }

  get clients(): number {
    return this.#clients.size;
  }

  get leftOut(): number {
    return this.#leftOut;
  }

  beginWith(older: Promise<readonly StoredItem[]>): void {
    this.#held = [];
    const cancel = this.#runtime.after(maxHoldMs, () => this.#release([]));
    const begin = (items: readonly StoredItem[]): void => {
      cancel();
      this.#release(items);
    };
    older.then(begin, () => begin([]));
  }

  publish(items: readonly StoredItem[], leftOut: number = 0): void {
    this.#leftOut += leftOut;
    if (this.#held === null) this.#show({ items, leftOut });
    else this.#held.push({ items, leftOut });
  }

  /** Once: who comes too late with older items finds newer ones shown. */
  #release(older: readonly StoredItem[]): void {
    const held = this.#held ?? [];
    if (this.#held !== null) this.#show({ items: older, leftOut: 0 });
    this.#held = null;
    for (const each of held) this.#show(each);
  }

  #show({ items, leftOut }: Published): void {
    if (this.#closed || items.length + leftOut === 0) return;
    this.#ring.skip(leftOut);
    for (const item of items) this.#ring.push(item);
    this.#flushLater();
  }

  setStats(read: () => LiveCounts): void {
    this.#stats = new LiveStatsReader(read, this.#runtime.monotonicMs);
  }

  subscribe(request: IncomingMessage, response: ServerResponse): void {
    if (this.#closed || this.#clients.size >= this.#maxClients) {
      refuse(response, this.#closed ? "the collector is closing" : `${this.#maxClients} others are listening already`);
      return;
    }
    this.#ring.encode();
    const client = new LiveClient(response, this.#placeOf(request.headers["last-event-id"]));
    this.#clients.add(client);
    response.on("close", () => this.#leave(client));
    response.on("drain", () => this.#flushLater());
    // A broken connection ends with `close`; the error itself says nothing more.
    response.on("error", () => {});
    request.socket.setNoDelay(true);
    response.writeHead(200, streamHeaders);
    if (this.#clients.size === 1) this.#measure();
    client.send(this.#ring, [greeting, ...this.#statsFrame()]);
    this.#restartFlush();
    this.#beatLater();
  }

  close(): void {
    this.#release([]);
    this.#closed = true;
    this.#stopFlush?.();
    this.#stopBeat?.();
    this.#flush();
  }

  /** Where the ring goes on for one who has seen `lastEventId`; its beginning for one who is new. */
  #placeOf(lastEventId: string | string[] | undefined): number {
    const [epoch, number] = String(lastEventId ?? "").split("-");
    const seen = epoch === this.#epoch && /^\d{1,15}$/.test(number ?? "") ? Number(number) : Number.NaN;
    return seen < this.#ring.encodedTo ? seen + 1 : this.#ring.first;
  }

  #leave(client: LiveClient): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    this.#stopBeat?.();
    this.#stopBeat = undefined;
    this.#stats?.reset();
  }

  #flushLater(): void {
    const delayMs = this.#clients.size > 0 ? this.#coalesceMs : idleEncodeMs;
    this.#stopFlush ??= this.#runtime.after(delayMs, () => this.#flush());
  }

  /** The first listener must not wait for the slow pace of an empty house. */
  #restartFlush(): void {
    this.#stopFlush?.();
    this.#stopFlush = undefined;
    this.#flushLater();
  }

  #flush(): void {
    this.#stopFlush = undefined;
    this.#ring.encode();
    for (const client of this.#clients) {
      if (this.#closed) client.endAfter(this.#ring);
      else client.send(this.#ring);
    }
  }

  #beatLater(): void {
    this.#stopBeat ??= this.#runtime.after(beatMs, () => this.#beat());
  }

  #beat(): void {
    this.#stopBeat = undefined;
    this.#beats += 1;
    this.#measure();
    const frames = this.#beats % heartbeatEveryBeats === 0 ? [heartbeat, ...this.#statsFrame()] : this.#statsFrame();
    for (const client of this.#clients) {
      client.beat(this.#ring, frames);
      if (client.blockedBeats >= maxBlockedBeats) client.destroy();
    }
    if (this.#clients.size > 0) this.#beatLater();
  }

  #measure(): void {
    if (this.#stats !== undefined) this.#latest = sseFrame("stats", JSON.stringify(this.#stats.next()));
  }

  #statsFrame(): Buffer[] {
    return this.#latest === undefined ? [] : [this.#latest];
  }
}

function refuse(response: ServerResponse, why: string): void {
  const body = JSON.stringify({ error: `The live feed takes no more listeners: ${why}. Try again later.` });
  response.writeHead(503, { "content-type": "application/json", "retry-after": "5" });
  response.end(body);
}
