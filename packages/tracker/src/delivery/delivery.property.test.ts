import fc from "fast-check";
import { expect, it } from "vitest";
import type { Report } from "../report.js";
import { createMemoryDestination, createManualRuntime, type MemoryAnswer, type MemoryRequest } from "../testing.js";
import { createTracker } from "../tracker.js";

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("track" as const),
      user: fc.nat(3),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), delayMs: fc.integer({ min: 1, max: 5000 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "flush" as const }) },
);

const answer = fc.oneof(
  { weight: 5, arbitrary: fc.constant(200) },
  { weight: 3, arbitrary: fc.constantFrom(400, 401, 413, 429, 500, 503) },
  { weight: 1, arbitrary: fc.constant({ kind: "failed" as const, reason: "timeout" as const, detail: "none" }) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 0, max: 20 })
      .map((seconds) => ({ status: 429, headers: { "retry-after": String(seconds) } })),
  },
);

const setting = fc.record({
  steps: fc.array(step, { maxLength: 40 }),
  answers: fc.array(answer, { maxLength: 60 }),
  overflow: fc.constantFrom("drop-newest" as const, "drop-oldest" as const),
  maxQueueEvents: fc.constantFrom(5, 20, 1000),
  maxInFlight: fc.integer({ min: 1, max: 4 }),
});

it("balances at every moment, ends every event once, keeps each user's order and every Retry-After, whatever the answers", async () => {
  await fc.assert(
    fc.asyncProperty(setting, async ({ steps, answers, ...options }) => {
      const runtime = createManualRuntime();
      const faults: string[] = [];
      let notBeforeMs = 0;
      let namedAtMs = 0;
      let replies = 0;
      const reply = ({ events }: MemoryRequest): MemoryAnswer => {
        // Requests of the same moment may have been sent before the answer was there. What is thrown here would count as
        // a failure of the network, so faults are kept for later.
        const nowMs = runtime.monotonicMs();
        if (nowMs > namedAtMs && nowMs < notBeforeMs) faults.push(`a request ${notBeforeMs - nowMs} ms early`);
        if (events.length > 10) faults.push(`a request of ${events.length}`);
        const next = answers[(replies += 1) - 1] ?? 200;
        if (typeof next === "object" && "headers" in next) {
          notBeforeMs = Math.max(notBeforeMs, nowMs + 1000 * Number(next.headers["retry-after"]));
          namedAtMs = nowMs;
        }
        return next;
      };
      const destination = createMemoryDestination({ answer: reply, maxBatchEvents: 10 });
      const tracker = createTracker({ destinations: [destination], runtime, ...options });
      const ends = new Map<string, Report["kind"]>();
      for (const kind of ["delivered", "rejected", "dropped"] as const) {
        tracker.on(kind, ({ ids }) => {
          for (const id of ids) {
            expect(ends.has(id)).toBe(false);
            ends.set(id, kind);
          }
        });
      }
      let index = 0;
      for (const each of steps) {
        if (each.kind === "track") {
          for (let count = 0; count < each.count; count += 1) {
            tracker.track({ userId: `u${each.user}`, event: "x", properties: { index: (index += 1) } });
          }
        }
        if (each.kind === "wait") await runtime.advance(each.delayMs);
        if (each.kind === "flush") void tracker.flush({ timeoutMs: 100 });
        const { accepted, delivered, rejected, dropped, pending } = tracker.stats();
        expect(accepted).toBe(delivered + rejected + dropped + pending);
        expect(accepted).toBe(index);
        expect(ends.size).toBe(delivered + rejected + dropped);
      }
      const closed = tracker.close({ timeoutMs: 3_600_000 });
      await runtime.advance(3_600_000);
      expect(await closed).toMatchObject({ accepted: index, pending: 0 });
      expect(ends.size).toBe(index);
      expect(runtime.timers).toBe(0);
      expect(faults).toEqual([]);
      for (const user of ["u0", "u1", "u2", "u3"]) {
        const mine = destination.events
          .filter(({ userId }) => userId === user)
          .map(({ properties }) => Number(properties["index"]));
        expect(mine).toEqual(mine.toSorted((a, b) => a - b));
      }
    }),
    { numRuns: 150 },
  );
});
