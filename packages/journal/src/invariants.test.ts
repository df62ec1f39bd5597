/**
 * The journal against a model of what it promises, over random sequences of use, kills and power cuts. The files are
 * in memory and forget what was not synced.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBed, type Bed } from "./journal.fixture.js";
import type { Journal } from "./journal.js";
import { createMachine } from "./machine.js";

const options = { segmentBytes: 4096, groupDelayMs: 0 };

class Model {
  bed: Bed;
  journal: Journal;
  /** Text of every position that append returned; a later life may give an uncommitted one again. */
  readonly appended = new Map<number, string>();
  readonly committed = new Set<number>();
  /** Appended by the process that lives now, and not known to be committed yet. */
  readonly pending = new Set<number>();
  /** The highest `advance` that resolved, and the highest that was asked for. */
  acknowledged = 0;
  asked = 0;
  texts = 0;

  constructor(bed: Bed, journal: Journal) {
    this.bed = bed;
    this.journal = journal;
  }

  append(bytes: number): number {
    this.texts += 1;
    const text = `${this.texts}:`.padEnd(bytes, ".");
    const position = this.journal.append([Buffer.from(text)]);
    expect(this.committed.has(position), "a committed position is never given again").toBe(false);
    expect(position).toBeGreaterThanOrEqual(this.asked);
    this.appended.set(position, text);
    this.pending.add(position);
    return position;
  }

  async commit(position: number): Promise<void> {
    await this.journal.committed(position);
    this.settle(position);
  }

  settle(position: number): void {
    this.pending.delete(position);
    this.committed.add(position);
  }

  /** The process dies: what the journal called durable must stay, the rest may be there or not. */
  die(): void {
    for (const position of this.pending) {
      if (position < this.journal.durable) this.settle(position);
    }
    this.pending.clear();
  }

  async reopen(bed: Bed): Promise<void> {
    this.bed = bed;
    this.journal = await bed.open(options);
    // What a crash leaves of a segment is never taken for damage.
    const { state, recovered } = this.journal.status();
    expect([state, recovered.quarantinedSegments]).toEqual(["accepting", 0]);
  }

  /** Reads all that is not acknowledged and compares. */
  async check(): Promise<void> {
    const cursor = await this.journal.cursor("delivery");
    expect(cursor.position).toBeGreaterThanOrEqual(this.acknowledged);
    expect(cursor.position).toBeLessThanOrEqual(this.asked);
    const found = new Set<number>();
    const end = this.journal.durable;
    for (let next = cursor.position; next < end;) {
      const result = await this.journal.read(next, { maxRecords: 5, maxBytes: 3000 });
      expect(result.next).toBeGreaterThan(next);
      for (const { position, bytes } of result.records) {
        expect(Buffer.from(bytes).toString()).toBe(this.appended.get(position));
        found.add(position);
      }
      next = result.next;
    }
    for (const position of this.committed) {
      if (position >= cursor.position) expect(found.has(position), `committed ${position} is there`).toBe(true);
    }
  }
}

type Step = (model: Model) => Promise<void>;

const appendAndCommit = (sizes: readonly number[]): Step => {
  return async (model) => {
    const positions = sizes.map((bytes) => model.append(bytes));
    await Promise.all(positions.map((position) => model.commit(position)));
  };
};
const appendOnly = (sizes: readonly number[]): Step => {
  return async (model) => {
    for (const bytes of sizes) model.append(bytes);
  };
};
const acknowledge = (share: number, isAwaited: boolean): Step => {
  return async (model) => {
    const cursor = await model.journal.cursor("delivery");
    const position = cursor.position + Math.floor(share * (model.journal.durable - cursor.position));
    model.asked = Math.max(model.asked, position);
    const stored = cursor.advance(position);
    if (!isAwaited) return;
    await stored;
    model.acknowledged = Math.max(model.acknowledged, position);
  };
};
const turns = (count: number): Step => {
  return async () => {
    for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
  };
};
const steps = {
  close: async (model: Model) => {
    await model.journal.close();
    for (const position of model.pending) model.settle(position);
    await model.reopen(model.bed);
    await model.check();
  },
  kill: async (model: Model) => {
    model.die();
    await model.reopen(model.bed.afterKill());
    await model.check();
  },
  cutPower: async (model: Model) => {
    model.die();
    await model.reopen(model.bed.afterPowerCut());
    await model.check();
  },
};

const sizes = fc.array(fc.oneof(fc.integer({ min: 4, max: 300 }), fc.integer({ min: 2000, max: 6000 })), {
  minLength: 1,
  maxLength: 6,
});
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: sizes.map(appendAndCommit) },
  { weight: 3, arbitrary: sizes.map(appendOnly) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()).map((given) => acknowledge(...given)),
  },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 30 }).map(turns) },
  { weight: 1, arbitrary: fc.constant(async (model: Model) => model.check()) },
  { weight: 1, arbitrary: fc.constant(steps.close) },
  { weight: 1, arbitrary: fc.constant(steps.kill) },
  { weight: 3, arbitrary: fc.constant(steps.cutPower) },
);

describe("over any sequence of use, kills and power cuts", () => {
  it("loses nothing committed, gives nothing else, and never takes a cursor back", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(anyStep, { minLength: 1, maxLength: 40 }), async (seed, script) => {
        const bed = createBed(createMachine(seed));
        const model = new Model(bed, await bed.open(options));
        await model.journal.cursor("delivery");
        for (const step of script) await step(model);
        await steps.cutPower(model);
      }),
      { numRuns: 500 },
    );
  });
});
