import { describe, expect, it } from "vitest";
import { append, commit, createBed, names, readAll } from "./journal.fixture.js";
import { JournalError } from "./errors.js";
import type { Journal } from "./journal.js";

function attempt(journal: Journal, bytes: number): string {
  try {
    journal.append([Buffer.alloc(bytes)]);
    return "taken";
  } catch (error) {
    return JournalError.is(error) ? error.code : String(error);
  }
}

describe("maxRecordBytes", () => {
  it("takes a record of exactly so many bytes and refuses one more, taking no position", async () => {
    const journal = await createBed().open({ maxRecordBytes: 1000 });
    expect([999, 1000, 1001].map((bytes) => attempt(journal, bytes))).toEqual(["taken", "taken", "too-large"]);
    expect(journal.next).toBe(2);
    await journal.committed(1);
  });

  it("takes an empty record", async () => {
    const journal = await createBed().open();
    journal.append([]);
    journal.append([new Uint8Array(0)]);
    await commit(journal, "x");
    expect((await readAll(journal)).texts).toEqual(["", "", "x"]);
  });

  it("counts the parts together", async () => {
    const journal = await createBed().open({ maxRecordBytes: 10 });
    expect(() => journal.append([Buffer.alloc(6), Buffer.alloc(6)])).toThrow(/12/);
  });

  it("refuses what is no array of bytes, taking no position", async () => {
    const journal = await createBed().open();
    expect(() => journal.append(["text" as unknown as Uint8Array])).toThrow(TypeError);
    expect(journal.next).toBe(0);
  });
});

describe("segmentBytes", () => {
  it("bounds every file that holds more than one record", async () => {
    const bed = createBed();
    const journal = await bed.open({ segmentBytes: 4096 });
    append(journal, ...Array.from({ length: 200 }, (_, index) => "x".repeat(index * 7)));
    append(journal, "y".repeat(10_000), "z");
    await journal.committed(journal.next - 1);
    const sizes = names(bed.files, ".log").map((name) => bed.files.contentOf(`/journal/${name}`).length);
    expect(sizes.filter((bytes) => bytes > 4096)).toEqual([64 + 16 + 10_000]);
    expect((await readAll(journal)).texts.length).toBe(202);
  });
});

describe("maxBytes", () => {
  it("is never exceeded, and append says full beyond it", async () => {
    const bed = createBed();
    const journal = await bed.open({ maxBytes: 32_768 });
    let taken = 0;
    while (attempt(journal, 500) === "taken") taken += 1;
    expect(taken).toBeGreaterThan(50);
    await journal.committed(taken - 1);
    expect(attempt(journal, 500)).toBe("full");
    const onDisk = names(bed.files, ".log").reduce(
      (sum, name) => sum + bed.files.contentOf(`/journal/${name}`).length,
      0,
    );
    expect(onDisk).toBeLessThanOrEqual(32_768);
    expect(journal.status().bytes).toBe(onDisk);
  });

  it("has room again once records are acknowledged", async () => {
    const bed = createBed();
    const journal = await bed.open({ maxBytes: 32_768 });
    const cursor = await journal.cursor("delivery");
    for (let round = 0; round < 5; round += 1) {
      let taken = 0;
      while (attempt(journal, 500) === "taken") taken += 1;
      expect(taken).toBeGreaterThan(40);
      await journal.committed(journal.next - 1);
      await cursor.advance(journal.next);
      await bed.machine.advance(0);
    }
  });

  it("has room for the largest record whenever everything is acknowledged", async () => {
    const bed = createBed();
    const journal = await bed.open({ maxBytes: 32_768 });
    const cursor = await journal.cursor("delivery");
    let largest = 32_768;
    while (attempt(journal, largest) === "too-large") largest -= 1;
    for (const bytes of [1, 3000, largest, 2000, largest, largest]) {
      await journal.committed(journal.next - 1);
      await cursor.advance(journal.next);
      await bed.machine.advance(0);
      expect(attempt(journal, bytes)).toBe("taken");
    }
  });

  it("makes acknowledged records that are kept for later go first", async () => {
    const bed = createBed();
    const journal = await bed.open({ maxBytes: 65_536, retain: {} });
    const cursor = await journal.cursor("delivery");
    for (let index = 0; index < 500; index += 1) {
      expect(attempt(journal, 1000)).toBe("taken");
      await journal.committed(index);
      await cursor.advance(index + 1);
      await bed.machine.advance(0);
    }
    expect(journal.status().bytes).toBeGreaterThan(30_000);
  });
});
