import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StoredBadEvent, StoredItem } from "../store/event-store.js";
import { createLiveFeed } from "./live-feed.js";
import type { LiveFeed, LiveFeedOptions } from "./live-feed.js";

/** A clock that only the test moves. */
class ManualRuntime {
  #nowMs = 1_000_000;
  #tasks: { readonly atMs: number; readonly task: () => void }[] = [];

  readonly nowMs = (): number => this.#nowMs;
  readonly monotonicMs = (): number => this.#nowMs;

  readonly after = (delayMs: number, task: () => void): (() => void) => {
    const entry = { atMs: this.#nowMs + delayMs, task };
    this.#tasks.push(entry);
    return () => (this.#tasks = this.#tasks.filter((other) => other !== entry));
  };

  get pending(): number {
    return this.#tasks.length;
  }

  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const next = this.#tasks.filter(({ atMs }) => atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#tasks = this.#tasks.filter((other) => other !== next);
      this.#nowMs = next.atMs;
      next.task();
    }
    this.#nowMs = endMs;
  }
}

interface Message {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: { readonly id?: string; readonly count?: number; readonly [name: string]: unknown };
}

/** A subscriber on a real connection. */
class Listener {
  readonly response: IncomingMessage;
  text = "";

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => (this.text += chunk));
    response.on("error", () => {});
  }

  get messages(): Message[] {
    return this.text
      .split("\n\n")
      .slice(0, -1)
      .filter((block) => block.includes("event: "))
      .map((block) => {
        const fields = new Map([...block.matchAll(/^(\w+): (.*)$/gm)].map(([, name, value]) => [name, value]));
        return {
          id: fields.get("id"),
          event: fields.get("event") ?? "",
          data: JSON.parse(fields.get("data") ?? "null"),
        };
      });
  }

  ids(): (string | undefined)[] {
    return this.messages.filter(({ event }) => event === "bad").map(({ data }) => data.id);
  }

  missed(): number {
    return this.messages.reduce((sum, { event, data }) => sum + (event === "missed" ? (data.count ?? 0) : 0), 0);
  }

  async until(isReached: () => boolean): Promise<void> {
    while (!isReached()) await once(this.response, "data");
  }

  async hasAll(ids: readonly string[]): Promise<void> {
    await this.until(() => this.ids().length >= ids.length);
    expect(this.ids()).toEqual(ids);
  }
}

const facts = { protocol: "rudderstack", project: "p", receivedAt: "", code: "c", message: "" } as const;

function bad(id: string, wire: StoredBadEvent["wire"] = null): StoredItem {
  return { type: "bad", bad: { id, ...facts, wire, position: 0 } };
}

const named = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => `n${from + at}`);
const items = (from: number, to: number): StoredItem[] => named(from, to).map((id) => bad(id));

/** Older items that the test gives when it likes. */
function awaited(): { readonly promise: Promise<readonly StoredItem[]>; resolve(given: readonly StoredItem[]): void } {
  let resolve: (given: readonly StoredItem[]) => void = () => {};
  const promise = new Promise<readonly StoredItem[]>((done) => (resolve = done));
  return { promise, resolve: (given) => resolve(given) };
}

let runtime: ManualRuntime;
let feed: LiveFeed;
let server: Server;
let responses: ServerResponse[];
let writes: number;
let largestWriteBytes: number;

async function start(options: Partial<LiveFeedOptions> = {}): Promise<void> {
  runtime = new ManualRuntime();
  feed = createLiveFeed({ runtime, ...options });
  responses = [];
  writes = 0;
  largestWriteBytes = 0;
  server = createServer((request, response) => {
    const write = response.write.bind(response);
    response.write = (chunk: Buffer) => {
      writes += 1;
      largestWriteBytes = Math.max(largestWriteBytes, chunk.byteLength);
      return write(chunk);
    };
    responses.push(response);
    feed.subscribe(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}

function get(headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    httpRequest({ host: "127.0.0.1", port, headers, agent: false }, resolve).on("error", reject).end();
  });
}

function firstResponse(): ServerResponse {
  const [first] = responses;
  if (first === undefined) throw new Error("expected a request to have come");
  return first;
}

const listen = async (headers?: Record<string, string>): Promise<Listener> => new Listener(await get(headers));

beforeEach(() => start());
afterEach(async () => {
  feed.close();
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

describe("the live feed", () => {
  it("answers with an event stream that nobody caches", async () => {
    const { response } = await listen();
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
    });
  });

  it("gives a newcomer the newest items, then those that come, each once and in order", async () => {
    feed.publish(items(0, 600));
    const listener = await listen();
    await listener.hasAll(named(100, 600));
    feed.publish(items(600, 603));
    runtime.advance(50);
    await listener.hasAll(named(100, 603));
    expect(listener.missed()).toBe(0);
    expect(listener.text.startsWith("retry: 2000\n\n")).toBe(true);
  });

  it("shows older items first, and then what was published while it waited for them", async () => {
    const older = awaited();
    feed.beginWith(older.promise);
    const listener = await listen();
    feed.publish(items(3, 5), 7);
    runtime.advance(1_000);
    older.resolve(items(0, 3));
    await older.promise;
    runtime.advance(50);
    await listener.hasAll(named(0, 5));
    expect([listener.missed(), feed.leftOut]).toEqual([7, 7]);
  });

  it("does without older items when they cannot be had", async () => {
    feed.beginWith(Promise.reject(new Error("the store is away")));
    const listener = await listen();
    feed.publish(items(0, 2));
    await new Promise(setImmediate);
    runtime.advance(50);
    await listener.hasAll(named(0, 2));
  });

  it("waits five seconds for older items, and passes over those that come later", async () => {
    const older = awaited();
    feed.beginWith(older.promise);
    const listener = await listen();
    feed.publish(items(3, 4));
    runtime.advance(5_100);
    await listener.hasAll(["n3"]);
    older.resolve(items(0, 3));
    await older.promise;
    feed.publish(items(4, 5));
    runtime.advance(50);
    await listener.hasAll(["n3", "n4"]);
  });

  it("goes on after the last event id of one who comes back", async () => {
    const first = await listen();
    feed.publish(items(0, 5));
    runtime.advance(50);
    await first.hasAll(named(0, 5));
    const lastEventId = first.messages.at(2)?.id ?? "";
    first.response.destroy();
    feed.publish(items(5, 7));
    const second = await listen({ "last-event-id": lastEventId });
    await second.hasAll(named(3, 7));
    expect(second.missed()).toBe(0);
  });

  it("tells one who was away too long how many items are gone", async () => {
    const first = await listen();
    feed.publish(items(0, 1));
    runtime.advance(50);
    await first.hasAll(["n0"]);
    first.response.destroy();
    feed.publish(items(1, 701));
    const second = await listen({ "last-event-id": first.messages[0]?.id ?? "" });
    await second.hasAll(named(201, 701));
    expect(second.messages[0]).toMatchObject({ event: "missed", data: { count: 200 } });
  });

  it.each(["older-1", "nonsense", "", "-", "1e3", `${(1_000_000).toString(36)}-999999`])(
    "starts over for the last event id %j, which is not of this run",
    async (lastEventId) => {
      feed.publish(items(0, 3));
      const listener = await listen({ "last-event-id": lastEventId });
      await listener.hasAll(named(0, 3));
      expect(listener.missed()).toBe(0);
    },
  );

  it("writes once for all that comes within 50 ms", async () => {
    const listener = await listen();
    const before = writes;
    for (let at = 0; at < 20; at += 1) {
      feed.publish(items(at, at + 1));
      runtime.advance(2);
    }
    expect(writes).toBe(before);
    runtime.advance(10);
    expect(writes).toBe(before + 1);
    await listener.hasAll(named(0, 20));
  });

  it("shows what was published while nobody listened to the first who comes, without delay", async () => {
    feed.publish(items(0, 2));
    const listener = await listen();
    await listener.hasAll(named(0, 2));
    feed.publish(items(2, 3));
    runtime.advance(50);
    await listener.hasAll(named(0, 3));
  });

  it("holds a bounded amount for one who reads nothing, and tells what it missed when it reads again", async () => {
    const listener = await listen();
    listener.response.pause();
    const total = 4_000;
    const filler = "x".repeat(20_000);
    for (let at = 0; at < total; at += 10) {
      feed.publish(named(at, at + 10).map((id) => bad(id, filler)));
      runtime.advance(50);
      expect(firstResponse().writableLength).toBeLessThan(512 * 1024);
      // Lets the sockets move what they can, as a running process would.
      await new Promise(setImmediate);
    }
    listener.response.resume();
    const done = (): boolean => listener.ids().at(-1) === `n${total - 1}`;
    while (!done()) {
      runtime.advance(50);
      await new Promise(setImmediate);
    }
    expect(listener.missed()).toBeGreaterThan(0);
    expect(listener.ids().length + listener.missed()).toBe(total);
    expect(listener.ids()).toEqual([...new Set(listener.ids())]);
  });

  it("gives a newcomer a full ring piece by piece, as the socket takes it", async () => {
    const filler = "x".repeat(20_000);
    feed.publish(named(0, 100).map((id) => bad(id, filler)));
    const listener = await listen();
    while (listener.ids().length < 100) {
      await new Promise(setImmediate);
      // Beside the beat: the flush that a drained socket asks for.
      if (runtime.pending > 1) runtime.advance(50);
    }
    expect(listener.ids()).toEqual(named(0, 100));
    expect(largestWriteBytes).toBeLessThan(300 * 1024);
  });

  it("gives who listens all that is left when it is closed, as the socket takes it, and ends the stream", async () => {
    const listener = await listen();
    listener.response.pause();
    const filler = "x".repeat(20_000);
    feed.publish(named(0, 300).map((id) => bad(id, filler)));
    feed.close();
    feed.publish(items(300, 301));
    const ended = once(listener.response, "end");
    listener.response.resume();
    while (!listener.response.complete) {
      runtime.advance(50);
      await new Promise(setImmediate);
    }
    await ended;
    expect(listener.ids()).toEqual(named(0, 300));
    expect([feed.clients, runtime.pending]).toEqual([0, 0]);
  });

  it("never keeps one listener waiting for another", async () => {
    const slow = await listen();
    slow.response.pause();
    const quick = await listen();
    const filler = "x".repeat(20_000);
    for (let at = 0; at < 600; at += 10) {
      feed.publish(named(at, at + 10).map((id) => bad(id, filler)));
      runtime.advance(50);
      await quick.until(() => quick.text.includes(`"n${at + 9}"`) && quick.text.endsWith("\n\n"));
    }
    expect(quick.ids()).toEqual(named(0, 600));
    expect(quick.missed()).toBe(0);
  });

  it("cuts one whose socket took nothing for 30 seconds", async () => {
    const listener = await listen();
    listener.response.pause();
    const filler = "x".repeat(60_000);
    while (!firstResponse().writableNeedDrain) {
      feed.publish(named(0, 20).map((id) => bad(id, filler)));
      runtime.advance(50);
      await new Promise(setImmediate);
    }
    runtime.advance(31_000);
    await once(firstResponse(), "close");
    expect(feed.clients).toBe(0);
  });

  it("counts what the publisher left out as missed", async () => {
    const listener = await listen();
    feed.publish(items(0, 2), 7_000);
    runtime.advance(50);
    await listener.hasAll(named(0, 2));
    expect(listener.missed()).toBe(7_000);
  });

  it("counts an item that JSON cannot carry as missed and shows its neighbours", async () => {
    const listener = await listen();
    const cycle: Record<string, never> = {};
    Object.assign(cycle, { cycle });
    feed.publish([bad("n0"), bad("n1", cycle), bad("n2")]);
    runtime.advance(50);
    await listener.hasAll(["n0", "n2"]);
    expect(listener.missed()).toBe(1);
  });

  it("tells the counts and the rate each second, and reads them only while someone listens", async () => {
    let readings = 0;
    feed.setStats(() => ({ accepted: 100 * readings++, stored: 1, pending: 2, bad: 3, duplicates: 4 }));
    runtime.advance(60_000);
    expect(readings).toBe(0);
    const listener = await listen();
    runtime.advance(2_000);
    const stats = (): Message[] => listener.messages.filter(({ event }) => event === "stats");
    await listener.until(() => stats().length === 3);
    expect(stats().map(({ data }) => [data["accepted"], data["eventsPerSecond"]])).toEqual([
      [0, 0],
      [100, 100],
      [200, 100],
    ]);
    listener.response.destroy();
    await once(firstResponse(), "close");
    expect(runtime.pending).toBe(0);
  });

  it("sends a sign of life every 15 seconds, also when there is nothing to say", async () => {
    const listener = await listen();
    runtime.advance(14_999);
    runtime.advance(1);
    await listener.until(() => listener.text.includes(":"));
    await listener.until(() => listener.text.endsWith(": still here\n\n"));
    expect(listener.text).toBe("retry: 2000\n\n: still here\n\n");
  });

  it("refuses the one too many with 503, and takes the next when a place is free", async () => {
    feed.close();
    server.close();
    await start({ maxClients: 2 });
    const [first] = [await listen(), await listen()];
    const refused = await get();
    refused.resume();
    expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([503, "5"]);
    first.response.destroy();
    await once(firstResponse(), "close");
    expect((await get()).statusCode).toBe(200);
  });

  it("ends every stream on close, stops its timers and takes nobody any more", async () => {
    const listener = await listen();
    feed.publish(items(0, 1));
    feed.close();
    await once(listener.response, "end");
    expect(runtime.pending).toBe(0);
    feed.publish(items(1, 2));
    const refused = await get();
    refused.resume();
    expect(refused.statusCode).toBe(503);
  });
});
