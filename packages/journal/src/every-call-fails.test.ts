import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JournalError } from "./errors.js";
import { createFaultyFiles, type FaultyFiles } from "./faulty-files.js";
import { append, createBed, readAll, type Bed } from "./journal.fixture.js";
import type { Cursor, Journal } from "./journal.js";
import { createMachine } from "./machine.js";

/** What the host of the journal did and was told. */
interface Story {
  /** Texts whose `committed` resolved. */
  readonly committed: Set<string>;
  /** Texts whose `committed` rejected. */
  readonly rejected: Set<string>;
  /** The highest position for which `advance` resolved. */
  acknowledged: number;
  /** Whether a journal could be opened at all. */
  opened: boolean;
  unexpected: unknown[];
}

const options = { segmentBytes: 4096 };

/** Opens, appends, commits, reads, acknowledges, removes a cursor and closes, as a host that expects failures does. */
async function play(bed: Bed, files: FaultyFiles): Promise<Story> {
  const story: Story = { committed: new Set(), rejected: new Set(), acknowledged: 0, opened: false, unexpected: [] };
  const journal = await tried(story, () => bed.open({ ...options, files }));
  if (journal === null) return story;
  story.opened = true;
  const cursor = await tried(story, () => journal.cursor("delivery"));
  await tried(story, () => journal.cursor("brief"));
  for (let round = 0; round < 6; round += 1) {
    await appendSome(story, journal, round);
    if (cursor !== null && round % 2 === 1) await acknowledge(story, journal, cursor);
    if (round === 3) await tried(story, () => journal.removeCursor("brief"));
    await bed.machine.advance(150);
  }
  await tried(story, () => journal.close());
  return story;
}

async function appendSome(story: Story, journal: Journal, round: number): Promise<void> {
  const texts = [0, 1, 2].map((index) => `${round}.${index}`.padEnd(400, "."));
  await Promise.all(
    texts.map(async (text) => {
      try {
        const [position] = append(journal, text);
        await journal.committed(position ?? -1);
        story.committed.add(text);
      } catch (error) {
        if (!isExpected(error)) story.unexpected.push(error);
        story.rejected.add(text);
      }
    }),
  );
}

async function acknowledge(story: Story, journal: Journal, cursor: Cursor): Promise<void> {
  const reading = await tried(story, () => journal.read(cursor.position, { maxRecords: 2, maxBytes: 1e6 }));
  if (reading === null) return;
  await tried(story, async () => {
    await cursor.advance(reading.next);
    story.acknowledged = reading.next;
  });
}

async function tried<Value>(story: Story, act: () => Promise<Value>): Promise<Value | null> {
  try {
    return await act();
  } catch (error) {
    if (!isExpected(error)) story.unexpected.push(error);
    return null;
  }
}

function isExpected(error: unknown): boolean {
  return JournalError.is(error) && ["suspended", "unusable", "unsaved", "unreadable"].includes(error.code);
}

/** After the power was cut, on a disk that is well again: everything committed is there or acknowledged. */
async function checkAfterwards(bed: Bed, story: Story, random: () => number): Promise<void> {
  const next = bed.afterPowerCut(random);
  // A lock whose content could not be written tells only by its age that its process is dead.
  await next.machine.advance(10_000);
  const journal = await next.open(options);
  const { position } = await journal.cursor("delivery");
  expect(position).toBeGreaterThanOrEqual(story.acknowledged);
  const { texts } = await readAll(journal, journal.first);
  expect(new Set(texts).size, "nothing comes twice").toBe(texts.length);
  const kept = new Set(texts);
  const missing = [...story.committed].filter((text) => !kept.has(text));
  // What is missing was acknowledged: the oldest ones, no more of them than the cursor has passed.
  expect(missing).toEqual([...story.committed].slice(0, missing.length));
  expect(missing.length).toBeLessThanOrEqual(position);
  await journal.close();
}

const codes = ["EIO", "ENOSPC", "EROFS", "EACCES", "EMFILE", "short"] as const;
const spans = ["once", "for ever", "for three calls"] as const;

async function failAt(at: number, code: string, span: (typeof spans)[number]): Promise<number> {
  const length = { once: 1, "for three calls": 3, "for ever": Infinity }[span];
  const bed = createBed(createMachine(at));
  const files = createFaultyFiles(bed.files, ({ index }) => (index >= at && index < at + length ? code : null));
  const story = await play(bed, files);
  expect(story.unexpected).toEqual([]);
  await checkAfterwards(bed, story, () => (at % 2 === 0 ? 0 : bed.machine.random()));
  return files.calls;
}

describe("when any one call of the file system fails", () => {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown): void => void unhandled.push(reason);
  beforeAll(() => void process.on("unhandledRejection", listener));
  afterAll(() => void process.off("unhandledRejection", listener));

  it.each(codes.flatMap((code) => spans.map((span) => [code, span] as const)))(
    "with %s, %s, the host gets no other error than the journal's, and nothing committed is lost",
    async (code, span) => {
      const whole = await failAt(1e9, code, span);
      expect(whole).toBeGreaterThan(60);
      for (let at = 0; at < whole; at += 1) {
        await failAt(at, code, span).catch((error: unknown) => {
          throw new Error(`call ${at} of ${whole}: ${String(error)}`, { cause: error });
        });
      }
      expect(unhandled).toEqual([]);
    },
  );
});

describe("a journal whose disk fails", () => {
  async function failing(code: string): Promise<{ bed: Bed; journal: Journal; mend: () => void; break: () => void }> {
    let isBroken = false;
    const bed = createBed();
    const files = createFaultyFiles(bed.files, (call) => {
      return isBroken && ["write", "sync", "open"].includes(call.name) ? code : null;
    });
    const journal = await bed.open({ files });
    const set = (value: boolean) => () => {
      isBroken = value;
    };
    return { bed, journal, mend: set(false), break: set(true) };
  }

  it.each(["ENOSPC", "EIO", "EROFS"])("is suspended for %s, says so, and comes back by itself", async (code) => {
    const { bed, journal, mend, ...rest } = await failing(code);
    append(journal, "before");
    await journal.committed(0);
    rest.break();
    append(journal, "in between");
    await expect(journal.committed(1)).rejects.toMatchObject({ code: "suspended", fields: { fault: code } });
    expect(journal.status()).toMatchObject({ state: "suspended", fault: code });
    expect(() => append(journal, "refused")).toThrow(JournalError);
    await bed.machine.advance(60_000);
    expect(journal.status().state).toBe("suspended");
    mend();
    await bed.machine.advance(3_000);
    expect(journal.status()).toMatchObject({ state: "accepting", fault: null });
    const [position] = append(journal, "after");
    await journal.committed(position ?? -1);
    await expect(journal.committed(1)).rejects.toMatchObject({ code: "suspended" });
    expect(await readAll(journal)).toEqual({ texts: ["before", "after"], positions: [0, 2], lost: [] });
  });

  it("rejects everything that waits, also what came while the failing group was written", async () => {
    const { bed, journal, ...rest } = await failing("EIO");
    rest.break();
    append(journal, "a");
    await Promise.resolve();
    await Promise.resolve();
    append(journal, "b");
    const outcomes = await Promise.allSettled([journal.committed(0), journal.committed(1)]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["rejected", "rejected"]);
    await bed.machine.advance(0);
    expect([journal.durable, journal.next]).toEqual([2, 2]);
  });

  it("does not give back what was rejected, although it could not be cut off", async () => {
    const bed = createBed();
    let isBroken = false;
    const files = createFaultyFiles(bed.files, (call) => {
      return isBroken && (call.name === "sync" || call.name === "truncate") ? "EIO" : null;
    });
    const journal = await bed.open({ files });
    append(journal, "kept");
    await journal.committed(0);
    isBroken = true;
    append(journal, "rejected");
    await expect(journal.committed(1)).rejects.toThrow(JournalError);
    isBroken = false;
    await bed.machine.advance(1_000);
    append(journal, "kept, too");
    await journal.committed(2);
    const again = await bed.afterKill().open();
    expect(await readAll(again)).toEqual({ texts: ["kept", "kept, too"], positions: [0, 2], lost: [] });
  });

  it("cuts off by its close what was rejected and could not be cut off before, although nothing came after it", async () => {
    const bed = createBed();
    let isBroken = false;
    const files = createFaultyFiles(bed.files, (call) => {
      const isRefused = ["sync", "truncate", "rename", "remove"].includes(call.name);
      return isBroken && (isRefused || (call.name === "open" && bed.files.paths().includes(call.path))) ? "EIO" : null;
    });
    const journal = await bed.open({ files });
    append(journal, "kept");
    await journal.committed(0);
    isBroken = true;
    append(journal, "rejected");
    await expect(journal.committed(1)).rejects.toThrow(JournalError);
    isBroken = false;
    await journal.close();
    const again = await bed.afterPowerCut().open();
    expect(await readAll(again)).toEqual({ texts: ["kept"], positions: [0], lost: [] });
  });

  it("never syncs a descriptor again whose sync failed", async () => {
    const bed = createBed();
    const synced: string[] = [];
    const openings = new Map<string, number>();
    let isBroken = false;
    const files = createFaultyFiles(bed.files, ({ name, path }) => {
      if (name === "open") openings.set(path, (openings.get(path) ?? 0) + 1);
      if (name === "sync") synced.push(`descriptor ${openings.get(path)} of ${path}`);
      return isBroken && name === "sync" ? "EIO" : null;
    });
    const journal = await bed.open({ files });
    append(journal, "a");
    await journal.committed(0);
    const broken = synced.at(-1);
    isBroken = true;
    append(journal, "b");
    await expect(journal.committed(1)).rejects.toThrow(JournalError);
    synced.length = 0;
    isBroken = false;
    await bed.machine.advance(1_000);
    append(journal, "c");
    await journal.committed(2);
    expect(synced.length).toBeGreaterThan(0);
    expect(synced).not.toContain(broken);
  });

  it("makes room on a full disk: acknowledging and deleting go on", async () => {
    let isFull = false;
    const bed = createBed();
    // A full disk takes no new file and no new block; what has its blocks can be written over.
    const files = createFaultyFiles(bed.files, (call) => {
      const grows = call.name === "write" && !call.path.includes("cursor");
      return isFull && (grows || (call.name === "open" && call.path.endsWith(".log"))) ? "ENOSPC" : null;
    });
    const journal = await bed.open({ ...options, files });
    const cursor = await journal.cursor("delivery");
    for (let index = 0; index < 30; index += 1) append(journal, `${index}`.padEnd(900, "."));
    await journal.committed(29);
    isFull = true;
    append(journal, "too much");
    await expect(journal.committed(30)).rejects.toMatchObject({ fields: { fault: "ENOSPC" } });
    const before = journal.status().segments;
    await cursor.advance(20);
    await bed.machine.advance(10);
    expect(journal.status().segments).toBeLessThan(before - 3);
    isFull = false;
    await bed.machine.advance(3_000);
    expect(journal.status().state).toBe("accepting");
  });

  it("tells a reader to come back when a segment cannot be read now", async () => {
    const bed = createBed();
    let isBroken = false;
    const files = createFaultyFiles(bed.files, (call) => (isBroken && call.name === "read" ? "EIO" : null));
    const journal = await bed.open({ files });
    append(journal, "a");
    await journal.committed(0);
    isBroken = true;
    await expect(journal.read(0, { maxRecords: 1, maxBytes: 1 })).rejects.toMatchObject({ code: "unreadable" });
    isBroken = false;
    expect((await readAll(journal)).texts).toEqual(["a"]);
  });
});
