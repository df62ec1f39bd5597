import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMemoryDestination, type MemoryDestination, type MemoryDestinationOptions } from "../testing.js";
import { createTracker, type CreateTrackerOptions, type Tracker } from "../tracker.js";

let directory = "";
const trackers: Tracker[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-tracker-"));
});
afterEach(async () => {
  await Promise.all(trackers.splice(0).map((tracker) => tracker.close({ timeoutMs: 0 })));
  rmSync(directory, { recursive: true, force: true });
});

interface Opened {
  readonly tracker: Tracker;
  readonly destination: MemoryDestination;
}

function open(
  answer: NonNullable<MemoryDestinationOptions["answer"]>,
  options: Partial<CreateTrackerOptions> = {},
): Opened {
  const destination = createMemoryDestination({ answer });
  const quick = { flushIntervalMs: 5, retryBaseMs: 5, retryCapMs: 20 };
  const tracker = createTracker({ destinations: [destination], spool: directory, ...quick, ...options });
  trackers.push(tracker);
  return { tracker, destination };
}

function trackMany(tracker: Tracker, count: number, from = 0): void {
  for (let index = from; index < from + count; index += 1) {
    tracker.track({ userId: `user-${index % 5}`, event: "Counted", properties: { index } });
  }
}

const indexes = ({ events }: MemoryDestination): number[] =>
  events.map(({ properties }) => Number(properties["index"]));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const hang = (): Promise<number> => new Promise(() => undefined);

/** Resolves once the destination has so many events. */
function arrived({ tracker, destination }: Opened, count: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (destination.events.length >= count) resolve();
    };
    tracker.on("delivered", look);
    look();
  });
}

describe("with a spool", () => {
  it("flush resolves as soon as everything is on disk, and delivery goes on", async () => {
    const { tracker } = open(hang);
    trackMany(tracker, 50);
    expect(await tracker.flush()).toMatchObject({ accepted: 50, pending: 50, delivered: 0 });
  });

  it("what one tracker could not deliver the next one does, with the same ids and in order", async () => {
    const first = open(() => 503);
    trackMany(first.tracker, 200);
    const ledger = await first.tracker.close({ timeoutMs: 5000 });
    expect(ledger).toMatchObject({ accepted: 200, pending: 200, dropped: 0 });
    const tried = new Set(first.destination.requests.flatMap(({ events }) => events.map(({ id }) => id)));
    const second = open(() => 200);
    trackMany(second.tracker, 10, 200);
    await arrived(second, 210);
    expect(second.tracker.stats()).toMatchObject({ accepted: 210, delivered: 210, pending: 0 });
    for (const user of upTo(5)) {
      const mine = second.destination.events.filter(({ userId }) => userId === `user-${user}`);
      const order = mine.map(({ properties }) => Number(properties["index"]));
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
    const ids = new Set(second.destination.events.map(({ id }) => id));
    expect([...tried].every((id) => ids.has(id))).toBe(true);
    await second.tracker.close();
    const third = open(() => 200);
    expect(await third.tracker.close()).toMatchObject({ accepted: 0, pending: 0 });
  });

  it("close does not wait for a destination that is down, and tells the handles that events are kept", async () => {
    const { tracker } = open(() => 503, { retryBaseMs: 60_000, retryCapMs: 60_000 });
    const handle = tracker.track({ userId: "u", event: "x" });
    expect(await handle.durable).toBe(true);
    expect(await tracker.close()).toMatchObject({ pending: 1, dropped: 0 });
    expect(await handle.delivered).toEqual({ delivered: false, destinations: { memory: { kind: "kept" } } });
  });

  it("close delivers what the destination takes", async () => {
    const { tracker, destination } = open(() => 200, { flushIntervalMs: 60_000 });
    trackMany(tracker, 500);
    expect(await tracker.close()).toMatchObject({ delivered: 500, pending: 0 });
    expect(indexes(destination).toSorted((a, b) => a - b)).toEqual(upTo(500));
  });

  it("an outage costs nothing though memory has no room for what comes meanwhile", async () => {
    let isDown = true;
    const opened = open(() => (isDown ? 503 : 200), { maxQueueEvents: 50 });
    for (let round = 0; round < 20; round += 1) {
      trackMany(opened.tracker, 50, round * 50);
      await opened.tracker.flush();
    }
    expect(opened.tracker.stats()).toMatchObject({ accepted: 1000, pending: 1000, dropped: 0 });
    const late = opened.tracker.track({ userId: "user-0", event: "Counted", properties: { index: 1000 } });
    isDown = false;
    await arrived(opened, 1001);
    expect(await late.delivered).toMatchObject({ delivered: true });
    expect(opened.tracker.stats()).toMatchObject({ delivered: 1001, pending: 0 });
    expect(new Set(indexes(opened.destination)).size).toBe(1001);
  });

  it("a folder that cannot be used is told, and events are delivered from memory", async () => {
    const faults: string[] = [];
    const file = join(directory, "file");
    writeFileSync(file, "");
    const { tracker, destination } = open(() => 200, { spool: file });
    tracker.on("spool-failed", ({ fault }) => faults.push(fault));
    trackMany(tracker, 20);
    expect(await tracker.close()).toMatchObject({ delivered: 20 });
    expect(destination.events).toHaveLength(20);
    expect(faults).toHaveLength(1);
  });

  it("destinations have spools of their own", async () => {
    const names = ["a", "../b", "c/d"];
    const down = names.map((name) => createMemoryDestination({ name, answer: () => 503 }));
    const first = createTracker({ destinations: down, spool: directory });
    trackMany(first, 3);
    await first.close();
    const up = names.map((name) => createMemoryDestination({ name }));
    const second = createTracker({ destinations: up, spool: directory });
    trackers.push(second);
    await Promise.all(up.map((destination) => arrived({ tracker: second, destination }, 3)));
    expect(up.map((destination) => indexes(destination).toSorted((a, b) => a - b))).toEqual(names.map(() => [0, 1, 2]));
  });
});

describe("the spool option", () => {
  it.each([
    [{ spool: "" }, "spool"],
    [{ spool: { directory: 5 } }, "spool"],
    [{ spool: { directory: "x", maxBytes: 10 } }, "spool.maxBytes"],
    [{ spool: { directory: "x", sync: "always" } }, "spool.sync"],
    [{ spool: { directory: "x", path: "y" } }, "spool.path"],
  ])("refuses %j", (options, field) => {
    let thrown: unknown;
    try {
      createTracker({ destinations: [createMemoryDestination()], ...options } as never);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "E_OPTION", field });
  });
});
