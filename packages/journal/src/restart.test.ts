import { describe, expect, it } from "vitest";
import { createFaultyFiles, type FileCall } from "./faulty-files.js";
import type { FileSystem } from "./files.js";
import { commit, createBed, names, readAll, type Bed } from "./journal.fixture.js";

const loseEverything = (): number => 0;

/** Files that fail with EIO where `fails` says so, from when it does. */
function faulty(bed: Bed, fails: (call: FileCall) => boolean): ReturnType<typeof createFaultyFiles> {
  return createFaultyFiles(bed.files, (call) => (fails(call) ? "EIO" : null));
}

describe("a restart", () => {
  it("keeps in a power cut what it has given out of what a killed process never synced", async () => {
    const bed = createBed();
    await commit(await bed.open({ sync: "none" }), "one", "two");
    bed.process.kill();
    // The same files, which still remember what was not synced.
    const next = createBed(bed.machine, bed.files);
    await bed.files.syncDirectory("/journal");
    expect((await readAll(await next.open())).texts).toEqual(["one", "two"]);
    const last = next.afterPowerCut(loseEverything);
    expect((await readAll(await last.open())).texts).toEqual(["one", "two"]);
  });

  it("is refused while a cursor's file cannot be read, rather than let the cursor go back", async () => {
    const bed = createBed();
    const journal = await bed.open();
    await commit(journal, "one", "two");
    await (await journal.cursor("reader")).advance(1);
    const next = bed.afterKill();
    const files = faulty(next, ({ name, path }) => name === "open" && path.includes(".cursor-"));
    await expect(next.open({ files })).rejects.toMatchObject({ code: "unusable", fields: { fault: "EIO" } });
    expect((await (await next.open()).cursor("reader")).position).toBe(1);
  });

  it("gives no position again whose record was deleted before its cursor was stored", async () => {
    const bed = createBed();
    let isFailing = false;
    const files = faulty(bed, ({ name }) => isFailing && name === "write");
    const journal = await bed.open({ files });
    await commit(journal, "one", "two");
    const cursor = await journal.cursor("reader");
    isFailing = true;
    await expect(cursor.advance(2)).rejects.toMatchObject({ code: "unsaved" });
    // With the journal closed, its last segment no longer grows and could be deleted.
    await journal.close();
    expect((await bed.afterKill().open()).next).toBeGreaterThanOrEqual(2);
  });

  it("deletes what was acknowledged before it, once that is known to be stored", async () => {
    const bed = createBed();
    const journal = await bed.open();
    await commit(journal, "one", "two");
    await (await journal.cursor("reader")).advance(2);
    const next = bed.afterKill();
    await (await next.open()).close();
    expect(names(next.files, ".log")).toEqual([]);
    expect((await next.open()).next).toBe(2);
  });
});

describe("close", () => {
  it("leaves no file open when a cursor is being created", async () => {
    const bed = createBed();
    const sound = faulty(bed, () => false);
    let open = 0;
    const files: FileSystem = {
      ...sound,
      async open(path, purpose) {
        const file = await sound.open(path, purpose);
        open += 1;
        const close = (): Promise<void> => {
          open -= 1;
          return file.close();
        };
        return { ...file, close };
      },
    };
    const journal = await bed.open({ files });
    void journal.cursor("reader");
    await journal.close();
    await bed.machine.advance(0);
    expect(open).toBe(0);
  });
});

describe("a lock that could not be removed", () => {
  it("keeps others out as long as its process lives, but not the process that gave it up", async () => {
    const bed = createBed();
    await (await bed.open({ files: faulty(bed, ({ name }) => name === "remove") })).close();
    expect(names(bed.files, "lock")).toEqual(["lock.1"]);
    await expect(createBed(bed.machine, bed.files).open()).rejects.toMatchObject({ code: "locked" });
    const again = await bed.open();
    await expect(bed.open()).rejects.toMatchObject({ code: "locked" });
    await again.close();
    expect(names(bed.files, "lock")).toEqual([]);
  });
});
