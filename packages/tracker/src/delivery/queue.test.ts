import fc from "fast-check";
import { expect, it } from "vitest";
import { MemorySpool } from "../spool/memory-spool.js";
import type { QueuedEvent } from "../spool/queued-event.js";
import type { BatchLimits } from "./batcher.js";
import { Queue } from "./queue.js";

const limits: BatchLimits = { maxEvents: 4, maxBytes: 1000, maxPayloadBytes: Infinity, overheadBytes: () => 0 };

function createQueue(): { readonly spool: MemorySpool; readonly queue: Queue } {
  const spool = new MemorySpool({ maxQueueBytes: 1e9, maxQueueEvents: 1e9 });
  return { spool, queue: new Queue(spool) };
}

function add(spool: MemorySpool, lane: string, id: string, bytes = 1): void {
  spool.append({ id, lane, bytes: new Uint8Array(bytes) }, 0);
}

const ids = (batch: readonly QueuedEvent[]): string[] => batch.map(({ event }) => event.id);

it("gives every event once, in its lane's order, with no lane in two batches, whatever the interleaving", () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("add" as const),
      lane: fc.constantFrom("a", "b", "c", "d"),
      bytes: fc.integer({ min: 1, max: 600 }),
    }),
    fc.constant({ kind: "take" as const }),
    fc.record({ kind: fc.constant("release" as const), which: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { spool, queue } = createQueue();
      const held: QueuedEvent[][] = [];
      const added: string[] = [];
      const given: string[] = [];
      const take = (): boolean => {
        const batch = queue.takeBatch(limits);
        if (batch.length === 0) return false;
        const lanes = new Set(batch.map(({ event }) => event.lane));
        for (const other of held) for (const { event } of other) expect(lanes.has(event.lane)).toBe(false);
        expect(batch.length).toBeLessThanOrEqual(limits.maxEvents);
        held.push(batch);
        given.push(...ids(batch));
        return true;
      };
      const release = (which: number): void => {
        const [batch] = held.splice(which % held.length, 1);
        if (batch !== undefined) queue.release(batch);
      };
      for (const each of steps) {
        if (each.kind === "add") {
          added.push(`${each.lane}${added.length}`);
          add(spool, each.lane, added.at(-1)!, each.bytes);
        }
        if (each.kind === "take") take();
        if (each.kind === "release" && held.length > 0) release(each.which);
      }
      while (take() || held.length > 0) if (held.length > 0) release(0);
      expect(given.toSorted()).toEqual(added.toSorted());
      for (const lane of ["a", "b", "c", "d"]) {
        const inLane = (id: string): boolean => id.startsWith(lane);
        expect(given.filter(inLane)).toEqual(added.filter(inLane));
      }
      expect(queue.oldest).toBeUndefined();
    }),
  );
});

it("lets others pass a lane that is held, and gives what it held back first", () => {
  const { spool, queue } = createQueue();
  for (const [index, lane] of ["a", "a", "a", "a", "a", "b", "a", "c"].entries()) add(spool, lane, `${lane}${index}`);
  const first = queue.takeBatch(limits);
  const second = queue.takeBatch(limits);
  add(spool, "d", "d8");
  queue.release(first);
  expect([ids(first), ids(second), queue.hasFreeLanes, ids(queue.takeBatch(limits))]).toEqual([
    ["a0", "a1", "a2", "a3"],
    ["b5", "c7"],
    true,
    ["a4", "a6", "d8"],
  ]);
});

it("looks a bounded way past a lane that is held", () => {
  const { spool, queue } = createQueue();
  for (let index = 0; index < 10_000; index += 1) add(spool, "a", `a${index}`);
  queue.takeBatch(limits);
  expect(queue.takeBatch(limits)).toEqual([]);
  expect(spool.waiting).toBe(10_000 - 4 - 4096);
});
