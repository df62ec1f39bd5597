import fc from "fast-check";
import { expect, it } from "vitest";
import { Epochs } from "./flush.js";

it("resolves each flush when all that entered before it has left, and not before", async () => {
  const step = fc.oneof(
    fc.constant({ kind: "enter" as const }),
    fc.record({ kind: fc.constant("leave" as const), which: fc.nat() }),
    fc.constant({ kind: "flush" as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const epochs = new Epochs();
      const inside = new Map<number, ReturnType<Epochs["enter"]>>();
      const flushes: { readonly waitsFor: Set<number>; isDone: boolean }[] = [];
      let count = 0;
      for (const each of steps) {
        if (each.kind === "enter") inside.set((count += 1), epochs.enter());
        const leaving = each.kind === "leave" ? [...inside][each.which % inside.size] : undefined;
        if (leaving !== undefined) {
          inside.delete(leaving[0]);
          epochs.leave(leaving[1]);
        }
        if (each.kind === "flush") {
          const flush = { waitsFor: new Set(inside.keys()), isDone: false };
          flushes.push(flush);
          void epochs.flush().then(() => (flush.isDone = true));
        }
        await new Promise((resolve) => setImmediate(resolve));
        for (const { waitsFor, isDone } of flushes) {
          expect(isDone).toBe([...waitsFor].every((id) => !inside.has(id)));
        }
      }
    }),
    { numRuns: 50 },
  );
});
