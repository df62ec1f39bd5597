import type { EncodedEvent } from "@oncewire/protocol";
import { describe, expect, it } from "vitest";
import type { QueuedEvent } from "./queued-event.js";
import type { Spool, SpoolBounds } from "./spool.js";

export interface SpoolUnderTest {
  readonly spool: Spool;
  /** Ends the test's use of it. */
  close(): Promise<void>;
}

const roomy: SpoolBounds = { maxQueueBytes: 1e8, maxQueueEvents: 1e6 };

function event(id: string, bytes = 100): EncodedEvent {
  return { id, lane: id, bytes: Buffer.alloc(bytes, id) };
}

function takeAll(spool: Spool): QueuedEvent[] {
  const taken: QueuedEvent[] = [];
  for (let next = spool.take(); next !== undefined; next = spool.take()) taken.push(next);
  return taken;
}

/** Promises that a spool does not make, each with the reason. */
export interface Skips {
  readonly memoryIsTheLimit?: string;
}

/** What every spool promises. */
export function testSpool(
  name: string,
  make: (bounds: SpoolBounds) => Promise<SpoolUnderTest>,
  skips: Skips = {},
): void {
  const itIsTheLimit = it.skipIf(skips.memoryIsTheLimit !== undefined);
  const using = (bounds: SpoolBounds, use: (spool: Spool) => void) => async (): Promise<void> => {
    const made = await make(bounds);
    try {
      use(made.spool);
    } finally {
      await made.close();
    }
  };

  describe(name, () => {
    it(
      "gives events in the order in which they came, each once, with their bytes",
      using(roomy, (spool) => {
        for (let index = 0; index < 2000; index += 1) spool.append(event(`e${index}`), index);
        const taken = takeAll(spool);
        expect(taken.map((each) => [each.event.id, each.acceptedAtMs])).toEqual(
          Array.from({ length: 2000 }, (_, index) => [`e${index}`, index]),
        );
        expect(taken.every((each) => Buffer.from(each.event.bytes).equals(Buffer.alloc(100, each.event.id)))).toBe(
          true,
        );
        expect(spool.take()).toBeUndefined();
      }),
    );

    it(
      "shows the next event without taking it",
      using(roomy, (spool) => {
        expect(spool.peek()).toBeUndefined();
        spool.append(event("a"), 0);
        expect([spool.peek()?.event.id, spool.peek()?.event.id, spool.take()?.event.id]).toEqual(["a", "a", "a"]);
        expect(spool.peek()).toBeUndefined();
      }),
    );

    it(
      "counts what waits apart from what has not ended",
      using(roomy, (spool) => {
        for (const id of ["a", "b", "c"]) spool.append(event(id), 0);
        const first = spool.take();
        expect([spool.events, spool.waiting, spool.waitingBytes]).toEqual([3, 2, 200]);
        if (first !== undefined) spool.release(first, { kind: "delivered" });
        expect([spool.events, spool.waiting]).toEqual([2, 2]);
        for (const each of takeAll(spool)) spool.release(each, { kind: "delivered" });
        expect([spool.events, spool.bytes, spool.waiting, spool.waitingBytes]).toEqual([0, 0, 0, 0]);
      }),
    );

    it(
      "says that it is full only from a refusal to the next release",
      using({ maxQueueBytes: 1e8, maxQueueEvents: 1 }, (spool) => {
        expect(spool.isFull).toBe(false);
        spool.append(event("a"), 0);
        expect(spool.isFull).toBe(false);
        const isRefused = spool.append(event("b"), 0) === null;
        expect(spool.isFull).toBe(isRefused);
        const first = spool.take();
        if (first !== undefined) spool.release(first, { kind: "delivered" });
        expect(spool.isFull).toBe(false);
      }),
    );

    itIsTheLimit(
      "takes no event beyond its bounds, and takes events again once others have ended",
      using({ maxQueueBytes: 1e8, maxQueueEvents: 3 }, (spool) => {
        const appended = ["a", "b", "c", "d"].map((id) => spool.append(event(id), 0) !== null);
        expect(appended).toEqual([true, true, true, false]);
        const first = spool.take();
        expect(spool.append(event("d"), 0)).toBeNull();
        if (first !== undefined) spool.release(first, { kind: "delivered" });
        expect(spool.append(event("e"), 0)).not.toBeNull();
        expect(takeAll(spool).map((each) => each.event.id)).toEqual(["b", "c", "e"]);
      }),
    );

    itIsTheLimit(
      "keeps within its bytes",
      using({ maxQueueBytes: 100_000, maxQueueEvents: 1e6 }, (spool) => {
        let appended = 0;
        while (spool.append(event(`e${appended}`, 900), 0) !== null) appended += 1;
        expect(appended).toBeGreaterThan(20);
        expect(spool.bytes).toBeLessThanOrEqual(100_000);
        expect(spool.bytes).toBeGreaterThan(90_000);
      }),
    );
  });
}
