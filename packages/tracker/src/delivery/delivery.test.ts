import { describe, expect, it } from "vitest";
import { createMemoryDestination, createManualRuntime, type ManualRuntime } from "../testing.js";
import type { MemoryDestination, MemoryDestinationOptions } from "../testing.js";
import { createTracker, type CreateTrackerOptions, type Tracker } from "../tracker.js";
import type { Report } from "../report.js";
import type { FailedRequest, Verdict } from "./destination.js";

interface Setting {
  readonly runtime: ManualRuntime;
  readonly destination: MemoryDestination;
  readonly tracker: Tracker;
  readonly reports: Report[];
}

function start(
  answer: NonNullable<MemoryDestinationOptions["answer"]> = () => 200,
  options: Partial<CreateTrackerOptions> & { readonly memory?: MemoryDestinationOptions } = {},
): Setting {
  const { memory, ...rest } = options;
  const runtime = createManualRuntime();
  const destination = createMemoryDestination({ answer, ...memory });
  const tracker = createTracker({ destinations: [destination], runtime, ...rest });
  const reports: Report[] = [];
  for (const kind of ["delivered", "rejected", "dropped", "retrying", "paused", "resumed"] as const) {
    tracker.on(kind, (report) => reports.push(report));
  }
  return { runtime, destination, tracker, reports };
}

function trackMany(
  tracker: Tracker,
  count: number,
  user: (index: number) => string = (index) => `user-${index}`,
): void {
  for (let index = 0; index < count; index += 1) {
    tracker.track({ userId: user(index), event: "Counted", properties: { index } });
  }
}

const indexes = (events: readonly { readonly properties: object }[]): number[] =>
  events.map(({ properties }) => ("index" in properties ? Number(properties.index) : -1));

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const balanced = ({ tracker }: Setting): boolean => {
  const { accepted, delivered, rejected, dropped, pending } = tracker.stats();
  return accepted === delivered + rejected + dropped + pending;
};

describe("batches", () => {
  it("are sent when the oldest event has waited flushIntervalMs", async () => {
    const { tracker, runtime, destination } = start(undefined, { flushIntervalMs: 1000 });
    trackMany(tracker, 3);
    await runtime.advance(999);
    expect(destination.requests).toHaveLength(0);
    await runtime.advance(1);
    expect(destination.requests).toHaveLength(1);
    expect(indexes(destination.events)).toEqual([0, 1, 2]);
  });

  it("are sent at once when they are full, in the order of the calls", async () => {
    const { tracker, runtime, destination } = start(undefined, { memory: { maxBatchEvents: 10 } });
    trackMany(tracker, 25);
    await runtime.settle();
    expect(destination.requests.map(({ events }) => events.length)).toEqual([10, 10]);
    await runtime.advance(1000);
    expect(indexes(destination.events)).toEqual(upTo(25));
  });

  it("never exceed the destination's bytes", async () => {
    const { tracker, runtime, destination } = start(undefined, {
      memory: { maxBatchBytes: 2000, maxEventBytes: 1900 },
    });
    for (let index = 0; index < 40; index += 1) {
      tracker.track({
        userId: `user-${index}`,
        event: "Sized",
        properties: { index, text: "x".repeat((index * 37) % 1200) },
      });
    }
    await runtime.advance(5000);
    expect(indexes(destination.events).toSorted((a, b) => a - b)).toEqual(upTo(40));
    expect(Math.max(...destination.requests.map(({ bodyBytes }) => bodyBytes))).toBeLessThanOrEqual(2000);
  });

  it("are at most maxInFlight at once", async () => {
    let inFlight = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const answer = (): Promise<number> => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      return new Promise((resolve) => {
        waiting.push(() => {
          inFlight -= 1;
          resolve(200);
        });
      });
    };
    const { tracker, runtime, destination } = start(answer, { maxInFlight: 3, memory: { maxBatchEvents: 2 } });
    trackMany(tracker, 20);
    while (destination.events.length < 20) {
      await runtime.settle();
      waiting.shift()?.();
    }
    expect(most).toBe(3);
  });
});

describe("a user's events", () => {
  it("arrive in their order while other users' requests overtake", async () => {
    const held: (() => void)[] = [];
    let requests = 0;
    const answer = (): number | Promise<number> => {
      requests += 1;
      return requests === 1 ? new Promise<number>((resolve) => held.push(() => resolve(200))) : 200;
    };
    const { tracker, runtime, destination } = start(answer, { memory: { maxBatchEvents: 2 } });
    tracker.track({ userId: "ann", event: "Counted", properties: { index: 0 } });
    tracker.track({ userId: "ann", event: "Counted", properties: { index: 1 } });
    await runtime.settle();
    tracker.track({ userId: "ann", event: "Counted", properties: { index: 2 } });
    tracker.track({ userId: "bob", event: "Counted", properties: { index: 3 } });
    tracker.track({ userId: "ann", event: "Counted", properties: { index: 4 } });
    tracker.track({ userId: "bob", event: "Counted", properties: { index: 5 } });
    await runtime.advance(1000);
    expect(indexes(destination.events)).toEqual([3, 5]);
    held[0]?.();
    await runtime.settle();
    expect(indexes(destination.events)).toEqual([3, 5, 0, 1, 2, 4]);
  });

  it("keep their order over retries, with many requests in flight", async () => {
    let requests = 0;
    const answer = async (): Promise<number> => {
      requests += 1;
      return requests % 3 === 0 ? 503 : 200;
    };
    const { tracker, runtime, destination } = start(answer, { memory: { maxBatchEvents: 7 } });
    trackMany(tracker, 300, (index) => `user-${index % 5}`);
    await runtime.advance(3_600_000);
    expect(destination.events).toHaveLength(300);
    for (const user of upTo(5)) {
      const mine = indexes(destination.events.filter(({ userId }) => userId === `user-${user}`));
      expect(mine).toEqual(mine.toSorted((a, b) => a - b));
    }
  });
});

describe("answers", () => {
  it.each([408, 425, 429, 500, 502, 503, 504])("%i keeps the batch and sends the same events again", async (status) => {
    let requests = 0;
    const setting = start(() => ((requests += 1) < 3 ? status : 200));
    trackMany(setting.tracker, 5);
    await setting.runtime.advance(10_000);
    expect(setting.destination.requests).toHaveLength(3);
    expect(setting.destination.requests.map(({ events }) => events.map(({ id }) => id))).toEqual(
      Array.from({ length: 3 }, () => setting.destination.events.map(({ id }) => id)),
    );
    expect(setting.tracker.stats()).toMatchObject({ accepted: 5, delivered: 5, pending: 0 });
    expect(setting.reports.map(({ kind }) => kind)).toEqual(["retrying", "retrying", "resumed", "delivered"]);
  });

  it.each(["refused", "reset", "timeout", "dns", "tls"] as const)(
    "keeps the batch when the network fails: %s",
    async (reason) => {
      let requests = 0;
      const setting = start(() => ((requests += 1) === 1 ? { kind: "failed", reason, detail: "E" } : 200));
      trackMany(setting.tracker, 5);
      await setting.runtime.advance(10_000);
      expect(setting.tracker.stats()).toMatchObject({ delivered: 5, pending: 0 });
    },
  );

  it("413 halves until it fits, and the size is learned", async () => {
    const setting = start(({ events }) => (events.length > 3 ? 413 : 200));
    trackMany(setting.tracker, 25, () => "one user");
    await setting.runtime.advance(1000);
    expect(indexes(setting.destination.events)).toEqual(upTo(25));
    expect(setting.destination.requests.length).toBeLessThanOrEqual(12);
    const before = setting.destination.requests.length;
    trackMany(setting.tracker, 9);
    await setting.runtime.advance(1000);
    const later = setting.destination.requests.slice(before).map(({ events }) => events.length);
    expect(later.reduce((sum, count) => sum + count, 0)).toBe(9);
    expect(Math.max(...later)).toBeLessThanOrEqual(3);
  });

  it("a size learned by 413 is tried again after an hour", async () => {
    let maxEvents = 3;
    const setting = start(({ events }) => (events.length > maxEvents ? 413 : 200));
    trackMany(setting.tracker, 25);
    await setting.runtime.advance(1000);
    maxEvents = 100;
    trackMany(setting.tracker, 25);
    await setting.runtime.advance(1000);
    expect(setting.destination.requests.at(-1)?.events.length).toBeLessThanOrEqual(3);
    await setting.runtime.advance(3_600_000);
    trackMany(setting.tracker, 25);
    await setting.runtime.advance(1000);
    expect(setting.destination.requests.at(-1)?.events).toHaveLength(25);
  });

  it("413 for a single event rejects that event alone, and the others stay together", async () => {
    const setting = start(({ bodyBytes }) => (bodyBytes > 10_000 ? 413 : 200));
    for (const index of upTo(20)) {
      const text = index === 11 ? "x".repeat(20_000) : "";
      setting.tracker.track({ userId: `user-${index}`, event: "Sized", properties: { index, text } });
    }
    await setting.runtime.advance(1000);
    expect(indexes(setting.destination.events).toSorted((a, b) => a - b)).toEqual(
      upTo(20).filter((index) => index !== 11),
    );
    expect(setting.tracker.stats().rejectedBy).toMatchObject({ "too-large": 1 });
    trackMany(setting.tracker, 20);
    const before = setting.destination.requests.length;
    await setting.runtime.advance(1000);
    expect(setting.destination.requests.length - before).toBe(1);
  });

  it("413 for everything rejects everything and ends", async () => {
    const setting = start(() => 413);
    trackMany(setting.tracker, 25);
    await setting.runtime.advance(60_000);
    expect(setting.tracker.stats()).toMatchObject({ accepted: 25, rejected: 25, pending: 0 });
  });

  it("400 is bisected until the bad events stand alone", async () => {
    const bad = new Set([4, 17, 18]);
    const setting = start(({ events }) => (indexes(events).some((index) => bad.has(index)) ? 400 : 200));
    trackMany(setting.tracker, 50, (index) => `user-${index % 3}`);
    await setting.runtime.advance(1000);
    expect(indexes(setting.destination.events)).toEqual(upTo(50).filter((index) => !bad.has(index)));
    const rejected = setting.reports.filter(({ kind }) => kind === "rejected");
    expect(rejected).toHaveLength(3);
    expect(rejected[0]).toMatchObject({ reason: "refused", detail: "status 400" });
  });

  it("207 delivers, rejects and retries event by event", async () => {
    let requests = 0;
    const answer = (): { status: number; body?: Uint8Array } => {
      requests += 1;
      if (requests > 1) return { status: 200 };
      return { status: 207, body: Buffer.from('{"rejected":[{"index":1,"reason":"no"}],"retry":[3]}') };
    };
    const setting = start(answer);
    trackMany(setting.tracker, 5);
    await setting.runtime.advance(10_000);
    expect(indexes(setting.destination.events)).toEqual([0, 2, 4, 3]);
    expect(setting.tracker.stats()).toMatchObject({ accepted: 5, delivered: 4, rejected: 1, pending: 0 });
  });

  it.each([401, 403, 302, 307])("%i pauses the destination, says so once and asks ever more rarely", async (status) => {
    let isMended = false;
    const setting = start(() => (isMended ? 200 : status), { pauseBaseMs: 10_000, pauseCapMs: 600_000 });
    trackMany(setting.tracker, 5);
    await setting.runtime.advance(3_600_000);
    expect(setting.reports.map(({ kind }) => kind)).toEqual(["paused"]);
    expect(setting.destination.requests.length).toBeLessThan(15);
    expect(setting.tracker.stats()).toMatchObject({ pending: 5 });
    isMended = true;
    await setting.runtime.advance(600_000);
    expect(setting.tracker.stats()).toMatchObject({ delivered: 5, pending: 0 });
    expect(setting.reports.map(({ kind }) => kind)).toEqual(["paused", "resumed", "delivered"]);
  });
});

describe("Retry-After", () => {
  it("is obeyed by every batch, flush and user of the destination", async () => {
    let requests = 0;
    const answer = (): { status: number; headers?: Record<string, string> } => {
      requests += 1;
      return requests <= 3 ? { status: 429, headers: { "retry-after": "5" } } : { status: 200 };
    };
    const { tracker, runtime, destination } = start(answer, { memory: { maxBatchEvents: 5 }, maxInFlight: 3 });
    trackMany(tracker, 40);
    await runtime.settle();
    expect(destination.requests).toHaveLength(3);
    void tracker.flush();
    trackMany(tracker, 40);
    await runtime.advance(4999);
    expect(destination.requests).toHaveLength(3);
    await runtime.advance(1);
    expect(destination.events).toHaveLength(80);
  });

  it("is not cleared by a success that was under way when it came", async () => {
    let release: () => void = () => undefined;
    let requests = 0;
    const answer = (): number | { status: number; headers: Record<string, string> } | Promise<number> => {
      requests += 1;
      if (requests === 1) return new Promise<number>((resolve) => (release = () => resolve(200)));
      return requests === 2 ? { status: 429, headers: { "retry-after": "60" } } : 200;
    };
    const { tracker, runtime, destination } = start(answer, { memory: { maxBatchEvents: 5 }, maxInFlight: 2 });
    trackMany(tracker, 30);
    await runtime.settle();
    release();
    await runtime.advance(59_999);
    expect(destination.requests).toHaveLength(2);
    await runtime.advance(1);
    expect(destination.events).toHaveLength(30);
  });

  it("is measured on the monotonic clock, whatever the wall clock does", async () => {
    let requests = 0;
    const setting = start(() => ((requests += 1) === 1 ? { status: 503, headers: { "retry-after": "30" } } : 200));
    trackMany(setting.tracker, 3);
    await setting.runtime.advance(1000);
    setting.runtime.jump(10 * 365 * 86_400_000);
    await setting.runtime.advance(29_999);
    expect(setting.destination.requests).toHaveLength(1);
    setting.runtime.jump(-20 * 365 * 86_400_000);
    await setting.runtime.advance(1);
    expect(setting.tracker.stats()).toMatchObject({ delivered: 3, dropped: 0 });
  });
});

describe("an outage", () => {
  it("of 30 s costs few requests and loses nothing", async () => {
    const setting = start(() => (setting.runtime.monotonicMs() < 30_000 ? 503 : 200));
    trackMany(setting.tracker, 200);
    await setting.runtime.advance(90_000);
    expect(setting.tracker.stats()).toMatchObject({ delivered: 200, pending: 0 });
    expect(setting.destination.requests.length).toBeLessThan(20);
  });

  it("is probed with one request at a time", async () => {
    let inFlight = 0;
    let most = 0;
    const answer = async (): Promise<number> => {
      inFlight += 1;
      if (setting.runtime.monotonicMs() > 0) most = Math.max(most, inFlight);
      await Promise.resolve();
      inFlight -= 1;
      return 503;
    };
    const setting = start(answer, { memory: { maxBatchEvents: 5 } });
    trackMany(setting.tracker, 100);
    await setting.runtime.advance(600_000);
    expect(most).toBe(1);
  });

  it("longer than maxEventAgeMs drops what is too old, and tells", async () => {
    const setting = start(() => 503, { maxEventAgeMs: 60_000 });
    trackMany(setting.tracker, 10);
    await setting.runtime.advance(120_000);
    expect(setting.tracker.stats()).toMatchObject({ dropped: 10, pending: 0, droppedBy: { expired: 10 } });
    expect(balanced(setting)).toBe(true);
  });

  it("drops what is too old also while Retry-After forbids to ask", async () => {
    const setting = start(() => ({ status: 503, headers: { "retry-after": "100000000000" } }), {
      maxEventAgeMs: 60_000,
    });
    trackMany(setting.tracker, 10);
    await setting.runtime.advance(2000);
    trackMany(setting.tracker, 10);
    await setting.runtime.advance(62_001);
    expect(setting.destination.requests).toHaveLength(1);
    expect(setting.tracker.stats()).toMatchObject({ dropped: 20, pending: 0 });
  });

  it("of one destination holds up no other", async () => {
    const runtime = createManualRuntime();
    const dead = createMemoryDestination({ name: "dead", answer: () => new Promise(() => undefined) });
    const alive = createMemoryDestination({ name: "alive" });
    const tracker = createTracker({ destinations: [dead, alive], runtime });
    trackMany(tracker, 10);
    await runtime.advance(1000);
    expect(alive.events).toHaveLength(10);
    const { destinations } = tracker.stats();
    expect(destinations["alive"]).toMatchObject({ delivered: 10 });
    expect(destinations["dead"]).toMatchObject({ pending: 10 });
  });
});

describe("flush", () => {
  it("resolves with the ledger when all that was accepted before it has ended", async () => {
    const { tracker, runtime } = start();
    trackMany(tracker, 5);
    const flushed = tracker.flush();
    await runtime.settle();
    expect(await flushed).toMatchObject({ accepted: 5, delivered: 5, pending: 0 });
  });

  it("is not delayed by later events", async () => {
    let release: () => void = () => undefined;
    let requests = 0;
    const answer = (): number | Promise<number> =>
      (requests += 1) === 2 ? new Promise<number>((resolve) => (release = () => resolve(200))) : 200;
    const { tracker, runtime } = start(answer);
    trackMany(tracker, 5);
    let isFlushed = false;
    const flushed = tracker.flush().then(() => (isFlushed = true));
    await runtime.settle();
    trackMany(tracker, 5);
    await runtime.settle();
    expect(isFlushed).toBe(true);
    void tracker.flush();
    await runtime.settle();
    release();
    await flushed;
  });

  it("is shared by concurrent callers, and all of them wait", async () => {
    let release: () => void = () => undefined;
    const { tracker, runtime, destination } = start(() => new Promise((resolve) => (release = () => resolve(200))));
    trackMany(tracker, 5);
    let resolved = 0;
    for (let caller = 0; caller < 3; caller += 1) void tracker.flush().then(() => (resolved += 1));
    await runtime.settle();
    expect([destination.requests.length, resolved]).toEqual([1, 0]);
    release();
    await runtime.settle();
    expect(resolved).toBe(3);
  });

  it("ends at its timeout when the destination never answers, and the events stay", async () => {
    const { tracker, runtime } = start(() => new Promise(() => undefined));
    trackMany(tracker, 5);
    let pending = -1;
    void tracker.flush({ timeoutMs: 3000 }).then((stats) => (pending = stats.pending));
    await runtime.advance(2999);
    expect(pending).toBe(-1);
    await runtime.advance(1);
    expect(pending).toBe(5);
  });

  it("ends when its signal is aborted", async () => {
    const { tracker, runtime } = start(() => new Promise(() => undefined));
    trackMany(tracker, 5);
    const controller = new AbortController();
    const flushed = tracker.flush({ signal: controller.signal });
    controller.abort();
    expect(await flushed).toMatchObject({ pending: 5 });
    expect(await tracker.flush({ signal: controller.signal })).toMatchObject({ pending: 5 });
    await runtime.settle();
  });
});

describe("close", () => {
  it("flushes, refuses what comes later and leaves no timer behind", async () => {
    const { tracker, runtime } = start();
    trackMany(tracker, 5);
    const closed = tracker.close();
    const late = tracker.track({ userId: "u", event: "Late" });
    await runtime.settle();
    expect(await closed).toMatchObject({ delivered: 5, dropped: 1, pending: 0, droppedBy: { closed: 1 } });
    expect(late.accepted).toBe(false);
    expect(await late.delivered).toMatchObject({ delivered: false });
    expect(runtime.timers).toBe(0);
  });

  it("drops by its deadline what could not be delivered, and accounts for it", async () => {
    const { tracker, runtime, reports } = start(() => new Promise(() => undefined));
    trackMany(tracker, 150);
    const closed = tracker.close({ timeoutMs: 500 });
    await runtime.advance(500);
    expect(await closed).toMatchObject({ accepted: 150, dropped: 150, pending: 0, droppedBy: { closed: 150 } });
    expect(reports.flatMap((report) => ("ids" in report ? report.ids : []))).toHaveLength(150);
    expect(runtime.timers).toBe(0);
  });

  it("is what `await using` does, and calling it again shares the first", async () => {
    const { tracker, runtime } = start();
    trackMany(tracker, 2);
    const first = tracker.close();
    expect(tracker.close()).toBe(first);
    await runtime.settle();
    await tracker[Symbol.asyncDispose]();
    expect(tracker.stats()).toMatchObject({ delivered: 2 });
  });
});

describe("overflow", () => {
  const stuck = (): Promise<number> => new Promise(() => undefined);

  it("drop-newest keeps what is there", async () => {
    const setting = start(stuck, { maxQueueEvents: 10 });
    trackMany(setting.tracker, 25);
    expect(setting.tracker.stats()).toMatchObject({
      accepted: 25,
      pending: 10,
      dropped: 15,
      droppedBy: { "queue-full": 15 },
    });
    expect(setting.reports.filter(({ kind }) => kind === "dropped")).toHaveLength(15);
  });

  it("drop-newest takes events again as soon as there is room", async () => {
    let isUp = false;
    const setting = start(() => (isUp ? 200 : 503), { maxQueueEvents: 10 });
    trackMany(setting.tracker, 25);
    await setting.runtime.advance(1000);
    isUp = true;
    await setting.runtime.advance(60_000);
    trackMany(setting.tracker, 5);
    await setting.runtime.advance(1000);
    expect(setting.tracker.stats()).toMatchObject({ accepted: 30, delivered: 15, dropped: 15, pending: 0 });
  });

  it("drop-oldest makes room for the newest", async () => {
    const setting = start(undefined, { maxQueueEvents: 10, overflow: "drop-oldest" });
    trackMany(setting.tracker, 25);
    expect(setting.tracker.stats()).toMatchObject({ accepted: 25, pending: 10, dropped: 15 });
    await setting.runtime.advance(1000);
    expect(indexes(setting.destination.events)).toEqual(upTo(25).slice(15));
  });

  it("is by bytes, too", async () => {
    const setting = start(stuck, { maxQueueBytes: 65_536 });
    trackMany(setting.tracker, 1000);
    const { pending, destinations } = setting.tracker.stats();
    expect(pending).toBeGreaterThan(50);
    expect(pending).toBeLessThan(1000);
    expect(destinations["memory"]?.queuedBytes).toBeLessThanOrEqual(65_536);
  });

  it("with wait and ready() loses nothing, however many callers wait", async () => {
    const setting = start(undefined, { maxQueueEvents: 10, overflow: "wait", flushIntervalMs: 10 });
    const callers = upTo(500).map(async (index) => {
      await setting.tracker.ready();
      setting.tracker.track({ userId: `user-${index}`, event: "Counted", properties: { index } });
    });
    await setting.runtime.advance(10_000);
    await Promise.all(callers);
    expect(setting.tracker.stats()).toMatchObject({ accepted: 500, delivered: 500, dropped: 0 });
  });

  it("without wait never lets ready() wait", async () => {
    const setting = start(stuck, { maxQueueEvents: 1 });
    trackMany(setting.tracker, 3);
    await setting.tracker.ready();
    expect(setting.tracker.stats()).toMatchObject({ pending: 1, dropped: 2 });
  });

  it("lets waiting callers go when the tracker is closed", async () => {
    const setting = start(stuck, { maxQueueEvents: 1, overflow: "wait" });
    trackMany(setting.tracker, 1);
    const waiting = setting.tracker.ready();
    void setting.tracker.close({ timeoutMs: 0 });
    await waiting;
    await setting.runtime.advance(0);
    expect(setting.tracker.stats()).toMatchObject({ accepted: 1, dropped: 1 });
  });
});

describe("a destination that judges failures", () => {
  it("ends the events it gives up, by name, and is told how often they were tried", async () => {
    const attempts: number[] = [];
    const judge = ({ attempts: tried }: { readonly attempts: number }): "keep" | "give-up" => {
      attempts.push(tried);
      return tried > 2 ? "give-up" : "keep";
    };
    const { tracker, runtime } = startJudged(() => 503, judge);
    trackMany(tracker, 5);
    await runtime.advance(120_000);
    expect(attempts).toEqual([1, 2, 3]);
    expect(tracker.stats()).toMatchObject({ accepted: 5, droppedBy: { exhausted: 5 }, pending: 0 });
  });

  it("may throw, and everything is kept", async () => {
    let answers = 0;
    const { tracker, runtime } = startJudged(
      () => (++answers < 3 ? 503 : 200),
      () => {
        throw new Error("mine");
      },
    );
    trackMany(tracker, 5);
    await runtime.advance(120_000);
    expect(tracker.stats()).toMatchObject({ delivered: 5, pending: 0 });
  });

  function startJudged(
    answer: () => number,
    afterFailure: (failed: FailedRequest) => Verdict,
  ): { readonly tracker: Tracker; readonly runtime: ManualRuntime } {
    const runtime = createManualRuntime();
    const destination = { ...createMemoryDestination({ answer }), afterFailure };
    return { tracker: createTracker({ destinations: [destination], runtime }), runtime };
  }
});

describe("send: false", () => {
  it("reads and checks events, counts them as disabled, and asks nobody", async () => {
    const { tracker, destination } = start(undefined, { send: false });
    const good = tracker.track({ userId: "u", event: "Ev" });
    tracker.track({ event: "Nobody's" });
    expect(good.accepted).toBe(false);
    expect(await tracker.close()).toMatchObject({
      accepted: 2,
      droppedBy: { disabled: 1 },
      rejectedBy: { invalid: 1 },
    });
    expect(destination.requests).toEqual([]);
  });
});
