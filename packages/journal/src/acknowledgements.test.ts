import { describe, expect, it } from "vitest";
import { append, commit, createBed, directory, names, readAll } from "./journal.fixture.js";
import { createFaultyFiles } from "./faulty-files.js";
import { JournalError } from "./errors.js";
import { createMemoryFiles } from "./memory-files.js";

describe("a committed record", () => {
  it("survives a power cut that loses everything unsynced", async () => {
    const bed = createBed();
    const journal = await bed.open();
    await commit(journal, "one", "two", "three");
    const after = bed.afterPowerCut(() => 0);
    expect((await readAll(await after.open())).texts).toEqual(["one", "two", "three"]);
  });

  it("survives the power cut in a second segment, too", async () => {
    const bed = createBed();
    const journal = await bed.open({ segmentBytes: 4096 });
    const texts = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(500, "."));
    for (const text of texts) await commit(journal, text);
    expect(journal.status().segments).toBeGreaterThan(2);
    const after = bed.afterPowerCut(() => 0.99);
    expect((await readAll(await after.open())).texts).toEqual(texts);
  });

  it("is read right after the commit, also in the segment that still grows", async () => {
    const journal = await createBed().open();
    for (const text of ["a", "b", "c"]) {
      const [position] = await commit(journal, text);
      const { records } = await journal.read(position ?? -1, { maxRecords: 1, maxBytes: 10 });
      expect(records.map((record) => Buffer.from(record.bytes).toString())).toEqual([text]);
    }
  });

  it("is not read before the commit", async () => {
    const journal = await createBed().open();
    append(journal, "early");
    expect(await journal.read(0, { maxRecords: 1, maxBytes: 10 })).toEqual({ records: [], next: 0, lost: [] });
    expect([journal.durable, journal.next]).toEqual([0, 1]);
    await journal.committed(0);
    expect([journal.durable, journal.next]).toEqual([1, 1]);
  });

  it("is not in the journal when its process was killed before the group was written", async () => {
    const bed = createBed();
    append(await bed.open(), "never written");
    const journal = await bed.afterKill().open();
    expect((await readAll(journal)).texts).toEqual([]);
  });
});

describe("a group", () => {
  it("takes everything that is appended while the group before it is written, in one write and one sync", async () => {
    const calls: string[] = [];
    const files = createFaultyFiles(createMemoryFiles(), (call) => {
      if (call.name === "write" || call.name === "sync") calls.push(call.name);
      return null;
    });
    const journal = await createBed().open({ files });
    await commit(journal, "first");
    calls.length = 0;
    append(journal, "a");
    await Promise.resolve();
    await Promise.resolve();
    append(journal, "b", "c", "d");
    await journal.committed(4);
    expect(calls).toEqual(["write", "sync", "write", "sync"]);
  });

  it("shares one promise", async () => {
    const journal = await createBed().open();
    append(journal, "a", "b");
    expect(journal.committed(0)).toBe(journal.committed(1));
    await journal.close();
  });

  it("waits as long as it is told to, and close does not wait for it", async () => {
    const bed = createBed();
    const journal = await bed.open({ groupDelayMs: 50 });
    append(journal, "a");
    await bed.machine.advance(49);
    expect(journal.durable).toBe(0);
    await bed.machine.advance(1);
    expect(journal.durable).toBe(1);
    append(journal, "b");
    await journal.close();
    expect((await readAll(await bed.open())).texts).toEqual(["a", "b"]);
  });

  it("copies the bytes before append returns", async () => {
    const journal = await createBed().open();
    const bytes = Buffer.from("before");
    journal.append([bytes, bytes.subarray(0, 2)]);
    bytes.fill("x");
    await journal.committed(0);
    expect((await readAll(journal)).texts).toEqual(["beforebe"]);
  });

  it("is written without a sync where none is asked for", async () => {
    const bed = createBed();
    const journal = await bed.open({ sync: "none" });
    await commit(journal, "handed over");
    expect((await readAll(await bed.afterKill().open())).texts).toEqual(["handed over"]);
  });
});

describe("committed", () => {
  it("rejects for a position that append never returned", async () => {
    const journal = await createBed().open();
    await expect(journal.committed(0)).rejects.toThrow(RangeError);
    await expect(journal.committed(-1)).rejects.toThrow(RangeError);
    await expect(journal.committed(0.5)).rejects.toThrow(RangeError);
  });

  it("harms nobody when its rejection is not taken", async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", listener);
    const files = createFaultyFiles(createMemoryFiles(), (call) => (call.name === "sync" ? "EIO" : null));
    const bed = createBed();
    const journal = await bed.open({ files });
    append(journal, "a");
    void journal.committed(0);
    await bed.machine.advance(0);
    void journal.committed(0);
    await bed.machine.advance(0);
    process.off("unhandledRejection", listener);
    expect(unhandled).toEqual([]);
    expect(journal.status().state).toBe("suspended");
  });
});

describe("writing now", () => {
  it.each([0, 1, 2, 3, 5, 8, 13, 21, 34])(
    "keeps all that was appended, %d turns into the group before",
    async (turns) => {
      const bed = createBed();
      const journal = await bed.open({ segmentBytes: 4096 });
      if (turns % 2 === 1) await commit(journal, "earlier");
      append(journal, "first");
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      const large = Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(700, "."));
      append(journal, ...large);
      journal.writeNow();
      expect(() => append(journal, "too late")).toThrow(/closed/);
      const { texts, lost } = await readAll(await bed.afterKill().open());
      expect(texts.slice(-21)).toEqual(["first", ...large]);
      expect(lost).toEqual([]);
    },
  );

  it.each([0, 2, 4, 6, 8, 10, 12, 14, 16])(
    "leaves what it wrote when it is closed after all, %d turns on",
    async (turns) => {
      const bed = createBed();
      const journal = await bed.open();
      append(journal, "last");
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      journal.writeNow();
      await journal.close();
      expect((await readAll(await bed.open())).texts).toEqual(["last"]);
    },
  );

  it("throws where the disk refuses", async () => {
    const files = createFaultyFiles(createMemoryFiles(), (call) => (call.name === "writeNow" ? "EROFS" : null));
    const journal = await createBed().open({ files });
    append(journal, "last");
    expect(() => journal.writeNow()).toThrow(/EROFS/);
  });
});

describe("a cursor", () => {
  it("keeps position and memo over a power cut once advance resolved", async () => {
    const bed = createBed();
    const journal = await bed.open();
    await commit(journal, "a", "b", "c");
    const cursor = await journal.cursor("delivery");
    await cursor.advance(1, Buffer.from("first"));
    await cursor.advance(2, Buffer.from("second"));
    const again = await (await bed.afterPowerCut(() => 0).open()).cursor("delivery");
    expect([again.position, Buffer.from(again.memo ?? []).toString()]).toEqual([2, "second"]);
  });

  it("never goes back", async () => {
    const journal = await createBed().open();
    await commit(journal, "a", "b", "c");
    const cursor = await journal.cursor("delivery");
    await cursor.advance(2, Buffer.from("two"));
    await cursor.advance(1, Buffer.from("one"));
    expect([cursor.position, Buffer.from(cursor.memo ?? []).toString()]).toEqual([2, "two"]);
    await cursor.advance(2, Buffer.from("deux"));
    expect(Buffer.from(cursor.memo ?? []).toString()).toBe("deux");
  });

  it("does not pass the journal's next position", async () => {
    const journal = await createBed().open();
    const cursor = await journal.cursor("delivery");
    await expect(cursor.advance(1)).rejects.toThrow(RangeError);
    await expect(cursor.advance(0, new Uint8Array(65_537))).rejects.toThrow(RangeError);
  });

  it("stores moves made at once in one step", async () => {
    let syncs = 0;
    const files = createFaultyFiles(createMemoryFiles(), (call) => {
      if (call.name === "sync") syncs += 1;
      return null;
    });
    const journal = await createBed().open({ files });
    await commit(journal, ...Array.from({ length: 100 }, String));
    const cursor = await journal.cursor("delivery");
    syncs = 0;
    await Promise.all(Array.from({ length: 100 }, (_, index) => cursor.advance(index + 1)));
    expect([cursor.position, syncs]).toEqual([100, 1]);
  });

  it("is known to the next process although nobody asks for it, and holds the records", async () => {
    const bed = createBed();
    const journal = await bed.open({ segmentBytes: 4096 });
    await journal.cursor("slow");
    const fast = await journal.cursor("fast");
    const texts = Array.from({ length: 30 }, (_, index) => `${index}`.padEnd(900, "."));
    await commit(journal, ...texts);
    await fast.advance(30);
    await journal.close();
    const again = await bed.open();
    expect([...again.cursors()].toSorted()).toEqual(["fast", "slow"]);
    expect((await readAll(again)).texts).toEqual(texts);
  });

  it("goes back to its generation before when its newest file is damaged", async () => {
    const bed = createBed();
    const journal = await bed.open();
    await commit(journal, "a", "b", "c");
    const cursor = await journal.cursor("delivery");
    await cursor.advance(1);
    await cursor.advance(2);
    await journal.close();
    const newest = names(bed.files, "cursor-").find((name) => bed.files.contentOf(`${directory}/${name}`)[24] === 2);
    bed.files.place(`${directory}/${newest}`, Buffer.alloc(36));
    const again = await bed.open();
    expect((await again.cursor("delivery")).position).toBe(1);
    expect(again.status().recovered.damagedCursors).toBe(1);
  });

  it("begins again at the first record when both files are damaged", async () => {
    const bed = createBed();
    const journal = await bed.open();
    await commit(journal, "a", "b");
    await (await journal.cursor("delivery")).advance(1);
    await journal.close();
    for (const name of names(bed.files, "cursor-")) bed.files.place(`${directory}/${name}`, Buffer.from("rubbish"));
    const again = await bed.open();
    expect((await again.cursor("delivery")).position).toBe(0);
    expect(again.status().recovered.damagedCursors).toBe(2);
  });

  it("is gone once removed, and holds nothing any more", async () => {
    const bed = createBed();
    const journal = await bed.open();
    await journal.cursor("gone");
    await (await journal.cursor("kept")).advance(0);
    await journal.removeCursor("gone");
    await journal.close();
    expect((await bed.open()).cursors()).toEqual(["kept"]);
  });

  it.each(["", "../x", "a/b", ".hidden", "a b", "x".repeat(101)])("refuses the name %j", async (name) => {
    const journal = await createBed().open();
    await expect(journal.cursor(name)).rejects.toThrow(TypeError);
  });

  it("is stored again by itself after a failure", async () => {
    let isBroken = false;
    const inner = createMemoryFiles();
    const files = createFaultyFiles(inner, (call) => (isBroken && call.name === "sync" ? "EIO" : null));
    const bed = createBed(undefined, inner);
    const journal = await bed.open({ files });
    await commit(journal, "a", "b");
    const cursor = await journal.cursor("delivery");
    isBroken = true;
    const error: unknown = await cursor.advance(2).catch((reason: unknown) => reason);
    expect(JournalError.is(error) && error.code).toBe("unsaved");
    expect(cursor.position).toBe(2);
    isBroken = false;
    await bed.machine.advance(2_000);
    const again = await bed.afterPowerCut(() => 0).open();
    expect((await again.cursor("delivery")).position).toBe(2);
  });
});

describe("acknowledged segments", () => {
  const texts = Array.from({ length: 60 }, (_, index) => `${index}`.padEnd(500, "."));

  it("go as soon as every cursor is past them", async () => {
    const bed = createBed();
    const journal = await bed.open({ segmentBytes: 4096 });
    const one = await journal.cursor("one");
    const two = await journal.cursor("two");
    for (const text of texts) await commit(journal, text);
    const before = journal.status().segments;
    await one.advance(60);
    await bed.machine.advance(0);
    expect(journal.status().segments).toBe(before);
    await two.advance(30);
    await bed.machine.advance(0);
    expect(journal.status().segments).toBeLessThan(before);
    expect(journal.first).toBeGreaterThan(20);
    expect(journal.first).toBeLessThanOrEqual(30);
    expect((await readAll(journal, 30)).positions[0]).toBe(30);
  });

  it("stay while there is no cursor", async () => {
    const journal = await createBed().open({ segmentBytes: 4096 });
    for (const text of texts) await commit(journal, text);
    expect((await readAll(journal)).texts).toEqual(texts);
  });

  it("leave nothing behind when the journal is closed with everything acknowledged", async () => {
    const bed = createBed();
    const journal = await bed.open({ segmentBytes: 4096 });
    const cursor = await journal.cursor("delivery");
    await commit(journal, ...texts);
    await cursor.advance(60);
    await journal.close();
    expect(names(bed.files, ".log")).toEqual([]);
    const again = await bed.open();
    expect([again.first, again.next, (await again.cursor("delivery")).position]).toEqual([60, 60, 60]);
    expect(await commit(again, "next")).toEqual([60]);
  });

  it("are not read again by the cursor's owner although their file cannot be deleted", async () => {
    const inner = createMemoryFiles();
    const files = createFaultyFiles(inner, (call) =>
      call.name === "remove" && call.path.endsWith(".log") ? "EROFS" : null,
    );
    const bed = createBed(undefined, inner);
    const journal = await bed.open({ files, segmentBytes: 4096 });
    const cursor = await journal.cursor("delivery");
    await commit(journal, ...texts);
    await cursor.advance(60);
    await journal.close();
    expect(names(inner, ".log").length).toBeGreaterThan(0);
    const again = await bed.open({ files });
    const { position } = await again.cursor("delivery");
    expect((await readAll(again, position)).texts).toEqual([]);
    await again.close();
    await (await bed.open()).close();
    expect(names(inner, ".log")).toEqual([]);
  });

  it("are kept for later where retain says so, until over its bounds", async () => {
    const bed = createBed();
    const journal = await bed.open({ segmentBytes: 4096, retain: { maxBytes: 12_000 } });
    const cursor = await journal.cursor("delivery");
    for (const text of texts) {
      await commit(journal, text);
      await cursor.advance(journal.next);
    }
    await bed.machine.advance(0);
    expect(journal.status().bytes).toBeLessThanOrEqual(12_000 + 4096);
    expect(journal.status().bytes).toBeGreaterThan(8_000);
    expect((await readAll(journal, journal.first)).positions.at(-1)).toBe(59);
  });

  it("go by age", async () => {
    const bed = createBed();
    const journal = await bed.open({ segmentBytes: 4096, retain: { maxAgeMs: 60_000 } });
    const cursor = await journal.cursor("delivery");
    for (const text of texts) await commit(journal, text);
    await cursor.advance(60);
    await bed.machine.advance(59_000);
    await cursor.advance(60);
    expect(journal.first).toBe(0);
    await bed.machine.advance(2_000);
    await cursor.advance(60);
    await bed.machine.advance(0);
    expect(journal.first).toBeGreaterThan(40);
  });

  it("go unread where forced, and their reader is told", async () => {
    const bed = createBed();
    const journal = await bed.open({ segmentBytes: 4096, retain: { maxBytes: 10_000, force: true } });
    await journal.cursor("delivery");
    for (const text of texts) await commit(journal, text);
    await bed.machine.advance(0);
    const { lost, positions } = await readAll(journal);
    expect(lost).toEqual([{ from: 0, to: journal.first, reason: "expired" }]);
    expect(positions[0]).toBe(journal.first);
    expect(positions.at(-1)).toBe(59);
  });
});
