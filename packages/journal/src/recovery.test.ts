import { describe, expect, it } from "vitest";
import { createFaultyFiles } from "./faulty-files.js";
import { append, commit, createBed, directory, names, readAll, type Bed } from "./journal.fixture.js";
import type { Journal } from "./journal.js";
import { encodeSegmentHead, segmentName } from "./segment.js";

const options = { segmentBytes: 4096 };
const texts = Array.from({ length: 24 }, (_, index) => `${index}`.padEnd(500, "."));

/** Several segments, closed in good order; the names of their files. */
async function prepared(): Promise<{ readonly bed: Bed; readonly segments: readonly string[] }> {
  const bed = createBed();
  const journal = await bed.open(options);
  for (const text of texts) await commit(journal, text);
  await journal.close();
  return { bed, segments: names(bed.files, ".log").map((name) => `${directory}/${name}`) };
}

function at(paths: readonly string[], index: number): string {
  return paths.at(index) ?? "";
}

async function open(bed: Bed): Promise<Journal> {
  return bed.open(options);
}

describe("opening", () => {
  it("makes an empty folder a journal that begins at 0", async () => {
    const journal = await createBed().open();
    expect([journal.first, journal.durable, journal.next]).toEqual([0, 0, 0]);
    expect(journal.status()).toEqual({
      state: "accepting",
      fault: null,
      bytes: 0,
      segments: 0,
      recovered: { tornBytes: 0, damagedRecords: 0, quarantinedSegments: 0, damagedCursors: 0 },
    });
  });

  it("takes no position from a segment without a record that cannot be removed", async () => {
    const bed = createBed();
    const journal = await bed.open();
    await commit(journal, "kept");
    await journal.close();
    const head = { base: 1, salt: 7, previousEnd: 1, createdAtMs: 0 };
    const garbage = Buffer.concat([encodeSegmentHead(head), Buffer.alloc(5000, "?")]);
    bed.files.place(`${directory}/${segmentName(head)}`, garbage);
    const files = createFaultyFiles(bed.files, ({ name, path }) =>
      name === "remove" && path.endsWith(".log") ? "EIO" : null,
    );
    const stubborn = await bed.open({ files });
    await commit(stubborn, "kept, too");
    await stubborn.close();
    const again = await bed.open();
    expect(await readAll(again)).toEqual({ texts: ["kept", "kept, too"], positions: [0, 2], lost: [] });
  });

  it("goes on where the process before ended, in a segment of its own", async () => {
    const { bed, segments } = await prepared();
    const journal = await open(bed);
    expect(await commit(journal, "more")).toEqual([24]);
    expect((await readAll(journal)).texts).toEqual([...texts, "more"]);
    expect(names(bed.files, ".log").length).toBe(segments.length + 1);
  });

  it("cuts a torn tail off at every byte it can be torn at, and counts it", async () => {
    const bed = createBed();
    const journal = await bed.open();
    await commit(journal, "whole");
    const path = `${directory}/${names(bed.files, ".log")[0]}`;
    const whole = bed.files.contentOf(path).length;
    await commit(journal, "torn record");
    const content = bed.files.contentOf(path);
    const left = bed.afterKill();
    for (let length = whole; length < content.length; length += 1) {
      left.files.place(path, content.subarray(0, length));
      const again = await left.open();
      expect((await readAll(again)).texts).toEqual(["whole"]);
      expect([again.next, again.status().recovered.tornBytes]).toEqual([1, length - whole]);
      expect(left.files.contentOf(path).length).toBe(whole);
      await again.close();
    }
  });

  it("cuts off a tail of zeros, as some file systems leave after a power cut", async () => {
    const { bed, segments } = await prepared();
    const last = at(segments, -1);
    bed.files.place(last, Buffer.concat([bed.files.contentOf(last), Buffer.alloc(5000)]));
    const journal = await open(bed);
    expect((await readAll(journal)).texts).toEqual(texts);
    expect(journal.status().recovered).toMatchObject({ tornBytes: 5000, damagedRecords: 0 });
  });

  it("removes a file that a crash left without a record", async () => {
    const { bed, segments } = await prepared();
    bed.files.place(`${directory}/0000000000000024-00c0ffee.log`, Buffer.alloc(0));
    bed.files.place(`${directory}/0000000000000024-00c0ffff.log`, Buffer.alloc(40));
    const journal = await open(bed);
    expect((await readAll(journal)).texts).toEqual(texts);
    expect(names(bed.files, ".log").map((name) => `${directory}/${name}`)).toEqual(segments);
    expect(journal.status().recovered.tornBytes).toBe(40);
  });

  it("counts damage in the last segment at once, and in the others when they are read", async () => {
    const { bed, segments } = await prepared();
    for (const path of [at(segments, 1), at(segments, -1)]) {
      const content = bed.files.contentOf(path);
      content.fill("#", 64 + 100, 64 + 110);
      bed.files.place(path, content);
    }
    const journal = await open(bed);
    expect(journal.status().recovered.damagedRecords).toBe(1);
    const { lost } = await readAll(journal);
    expect(lost.map(({ to, from, reason }) => [to - from, reason])).toEqual([
      [1, "damaged"],
      [1, "damaged"],
    ]);
    expect(journal.status().recovered.damagedRecords).toBe(2);
    await readAll(journal);
    expect(journal.status().recovered.damagedRecords).toBe(2);
  });

  it("keeps a damaged segment under another name once it is acknowledged", async () => {
    const { bed, segments } = await prepared();
    const path = at(segments, 1);
    const content = bed.files.contentOf(path);
    content.fill("#", 164, 174);
    bed.files.place(path, content);
    const journal = await open(bed);
    await readAll(journal);
    await (await journal.cursor("delivery")).advance(24);
    await journal.close();
    expect(names(bed.files, ".log")).toEqual([`${path.slice(directory.length + 1)}.damaged`]);
    expect((await open(bed)).next).toBe(24);
  });

  it("reads a segment whose header is damaged by its name", async () => {
    const { bed, segments } = await prepared();
    for (const path of segments) {
      const content = bed.files.contentOf(path);
      content.fill(0xff, 0, 64);
      bed.files.place(path, content);
    }
    expect(await readAll(await open(bed))).toMatchObject({ texts, lost: [] });
  });

  it("puts aside what has neither header nor name, and copies", async () => {
    const { bed, segments } = await prepared();
    bed.files.place(`${directory}/noise.log`, Buffer.alloc(500, "noise"));
    bed.files.place(`${directory}/0000000000000003-00000000.log`, bed.files.contentOf(at(segments, 0)));
    const journal = await open(bed);
    expect((await readAll(journal)).texts).toEqual(texts);
    expect(journal.status().recovered.quarantinedSegments).toBe(2);
    expect(names(bed.files, ".damaged")).toEqual(["0000000000000003-00000000.log.damaged", "noise.log.damaged"]);
  });

  it("names the records of a missing segment", async () => {
    const { bed, segments } = await prepared();
    await bed.files.remove(at(segments, 1));
    const { lost, texts: found } = await readAll(await open(bed));
    const [hole] = lost;
    expect(lost).toHaveLength(1);
    expect(found).toEqual(texts.filter((_, position) => position < (hole?.from ?? 0) || position >= (hole?.to ?? 0)));
  });

  it("leaves a segment of a later release alone and gives none of its positions again", async () => {
    const { bed, segments } = await prepared();
    const { crc32 } = await import("node:zlib");
    const last = at(segments, -1);
    const content = bed.files.contentOf(last);
    content.writeUInt32LE(2, 8);
    content.writeUInt32LE(crc32(content.subarray(0, 60)), 60);
    bed.files.place(last, content);
    const journal = await open(bed);
    expect(journal.next).toBeGreaterThanOrEqual(2 ** 32);
    expect(journal.status().recovered.quarantinedSegments).toBe(1);
    expect(bed.files.contentOf(last)).toEqual(content);
    const [position] = await commit(journal, "still goes");
    expect((await readAll(journal, position)).texts).toEqual(["still goes"]);
  });

  it("never gives a position below a cursor again, although the records were lost", async () => {
    const bed = createBed();
    const journal = await bed.open({ sync: "none" });
    await commit(journal, "a", "b", "c");
    await (await journal.cursor("delivery")).advance(3);
    const again = await bed.afterPowerCut(() => 0).open();
    expect(await commit(again, "d")).toEqual([3]);
  });

  it("finds the records of a payload that poses as a record not at all", async () => {
    const bed = createBed();
    const journal = await bed.open();
    await commit(journal, "innocent");
    const path = `${directory}/${names(bed.files, ".log")[0]}`;
    const forged = bed.files.contentOf(path).subarray(64);
    // The same bytes in another journal, whose salt is another; its own head is then damaged.
    const other = createBed(bed.machine);
    const target = await other.open();
    target.append([Buffer.alloc(50), forged]);
    await commit(target, "after");
    const place = `${directory}/${names(other.files, ".log")[0]}`;
    const content = other.files.contentOf(place);
    content.fill(0, 64, 80);
    const left = other.afterKill();
    left.files.place(place, content);
    expect(await readAll(await left.open())).toEqual({
      texts: ["after"],
      positions: [1],
      lost: [{ from: 0, to: 1, reason: "damaged" }],
    });
  });
});

describe("reading", () => {
  it("stops before the record that would exceed the bound, and always gives one", async () => {
    const journal = await createBed().open();
    await commit(journal, "aaaa", "bbbb", "cc", "dddddddd");
    const read = async (from: number, maxBytes: number): Promise<readonly string[]> => {
      const { records } = await journal.read(from, { maxRecords: 10, maxBytes });
      return records.map((record) => Buffer.from(record.bytes).toString());
    };
    expect(await read(0, 0)).toEqual(["aaaa"]);
    expect(await read(0, 8)).toEqual(["aaaa", "bbbb"]);
    expect(await read(0, 9)).toEqual(["aaaa", "bbbb"]);
    expect(await read(0, 10)).toEqual(["aaaa", "bbbb", "cc"]);
    expect(await read(3, 1)).toEqual(["dddddddd"]);
    expect(await read(4, 1)).toEqual([]);
  });

  it("gives views that later reads and writes do not change", async () => {
    const journal = await createBed().open();
    await commit(journal, "first");
    const { records } = await journal.read(0, { maxRecords: 1, maxBytes: 100 });
    await commit(journal, ...texts);
    await readAll(journal);
    expect(Buffer.from(records[0]?.bytes ?? []).toString()).toBe("first");
  });

  it("refuses bounds that make no sense", async () => {
    const journal = await createBed().open();
    await expect(journal.read(-1, { maxRecords: 1, maxBytes: 1 })).rejects.toThrow(RangeError);
    await expect(journal.read(0.5, { maxRecords: 1, maxBytes: 1 })).rejects.toThrow(RangeError);
    await expect(journal.read(0, { maxRecords: 0, maxBytes: 1 })).rejects.toThrow(RangeError);
    await expect(journal.read(0, { maxRecords: 1, maxBytes: Number.NaN })).rejects.toThrow(RangeError);
  });

  it("finds any position again in any order", async () => {
    const journal = await createBed().open({ segmentBytes: 65_536 });
    const many = Array.from({ length: 3000 }, (_, index) => `${index}:`.padEnd(index % 150, "."));
    append(journal, ...many);
    await journal.committed(2999);
    for (const position of [2999, 0, 1500, 1499, 1501, 7, 2047, 2048]) {
      const { records } = await journal.read(position, { maxRecords: 1, maxBytes: 1 });
      expect(records[0]?.position).toBe(position);
      expect(Buffer.from(records[0]?.bytes ?? []).toString()).toBe(many[position]);
    }
  });

  it("reads records larger than a window, in parts as they were given", async () => {
    const journal = await createBed().open();
    const part = Buffer.alloc(700_000, "x");
    journal.append([part, part, Buffer.from("end")]);
    await commit(journal, "small");
    const { records } = await journal.read(0, { maxRecords: 1, maxBytes: 10 });
    expect(records[0]?.bytes.byteLength).toBe(1_400_003);
    expect((await readAll(journal, 1)).texts).toEqual(["small"]);
  });
});

describe("a closed journal", () => {
  it("has written what was appended, and refuses more", async () => {
    const bed = createBed();
    const journal = await bed.open();
    append(journal, "last words");
    await Promise.all([journal.close(), journal.close()]);
    expect(() => append(journal, "too late")).toThrow(/closed/);
    await expect(journal.cursor("x")).rejects.toMatchObject({ code: "closed" });
    expect(journal.status().state).toBe("closed");
    expect((await readAll(await bed.open())).texts).toEqual(["last words"]);
  });
});
