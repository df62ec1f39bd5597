import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { beginDocumentFile, openDocumentFile } from "./document-file.js";
import { isDamagedDocument } from "./document-record.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oncewire-documents-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const names = (): string[] => readdirSync(folder).toSorted();

function written(position: number, count = 3): void {
  const file = openDocumentFile(folder);
  for (let at = 0; at < count; at += 1) file.put(`d${at}`, { at });
  file.commit(position);
  file.close();
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = ~(copy[at] ?? 0) & 255;
  return copy;
}

function indexPaths(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".index"))
    .map((name) => join(directory, name));
}

function indexesOf(directory: string): readonly Buffer[] {
  return indexPaths(directory).map((path) => readFileSync(path));
}

/** All three close the file without a commit. */
function isCrash(kind: string): boolean {
  return ["crash", "damage", "putBack"].includes(kind);
}

/** Flips a byte, or cuts the file there. */
function damageIndex(directory: string, where: number): void {
  for (const path of indexPaths(directory)) {
    const bytes = readFileSync(path);
    const at = Math.floor(where * (bytes.length - 1));
    if (at % 2 === 0) writeFileSync(path, flipped(bytes, at));
    else truncateSync(path, at);
  }
}

function putBackIndex(directory: string, index: Uint8Array | undefined): void {
  for (const path of indexPaths(directory)) if (index !== undefined) writeFileSync(path, index);
}

describe("a file of documents", () => {
  it("has what was committed when it is opened again, with its position, and nothing that was not", () => {
    const file = openDocumentFile(folder);
    file.put("a", { n: 1 });
    file.put("b", { n: 2 });
    file.commit(7);
    file.put("a", { n: 3 });
    file.remove("b");
    expect([file.get("a"), file.get("b"), file.changes]).toEqual([{ n: 3 }, undefined, 2]);
    file.close();
    const again = openDocumentFile(folder);
    expect([again.position, again.get("a"), again.get("b"), again.damage]).toEqual([7, { n: 1 }, { n: 2 }, null]);
    again.remove("b");
    again.commit(9);
    again.close();
    const last = openDocumentFile(folder);
    expect([last.position, last.get("a"), last.get("b")]).toEqual([9, { n: 1 }, undefined]);
    last.close();
  });

  it("reads nothing behind its checkpoint, whatever a crash left there", () => {
    written(5);
    appendFileSync(join(folder, "documents-1.log"), Buffer.alloc(100, 7));
    writeFileSync(join(folder, "checkpoint.json.next"), '{"v":1,"posi');
    const file = openDocumentFile(folder);
    expect([file.position, file.get("d2"), file.damage]).toEqual([5, { at: 2 }, null]);
    expect(names()).toEqual(["checkpoint.json", "documents-1.log"]);
    file.put("d3", { at: 3 });
    file.commit(6);
    file.close();
    const again = openDocumentFile(folder);
    expect([again.position, again.get("d2"), again.get("d3")]).toEqual([6, { at: 2 }, { at: 3 }]);
    again.close();
  });

  it.each<[string, () => void]>([
    ["no JSON", () => writeFileSync(join(folder, "checkpoint.json"), "{")],
    ["another version's", () => writeFileSync(join(folder, "checkpoint.json"), '{"v":2}')],
    [
      "about a file elsewhere",
      () => writeFileSync(join(folder, "checkpoint.json"), '{"v":1,"position":1,"bytes":0,"file":"../x.log"}'),
    ],
    ["about more bytes than there are", () => truncateSync(join(folder, "documents-1.log"), 50)],
    ["about a file that is gone", () => rmSync(join(folder, "documents-1.log"))],
    ["about bytes that are no records", () => writeFileSync(join(folder, "documents-1.log"), Buffer.alloc(500, 255))],
  ])("begins without documents, and says why, when the checkpoint is %s", (_what, damage) => {
    written(5);
    damage();
    const file = openDocumentFile(folder);
    expect([file.position, file.get("d0")]).toEqual([0, undefined]);
    expect(file.damage).not.toBeNull();
    file.put("d0", { at: 10 });
    file.commit(1);
    file.close();
    const again = openDocumentFile(folder);
    expect([again.position, again.get("d0"), again.damage]).toEqual([1, { at: 10 }, null]);
    again.close();
  });

  it("says of a document that is not as it was written that it is damaged, and can begin anew", () => {
    written(5);
    const path = join(folder, "documents-1.log");
    const bytes = readFileSync(path);
    bytes[bytes.length - 3] = 0x20;
    writeFileSync(path, bytes);
    const file = openDocumentFile(folder);
    expect(file.get("d0")).toEqual({ at: 0 });
    let thrown: unknown;
    try {
      file.get("d2");
    } catch (error) {
      thrown = error;
    }
    expect(isDamagedDocument(thrown)).toBe(true);
    file.close();
    const anew = beginDocumentFile(folder);
    expect([anew.position, anew.get("d0")]).toEqual([0, undefined]);
    anew.close();
  });

  it("reads documents of any size and text", () => {
    const file = openDocumentFile(folder);
    const large = { text: '\u{1F600}\u0000"'.repeat(120_000) };
    file.put("größe\n", large);
    file.put("empty", {});
    file.commit(1);
    file.close();
    const again = openDocumentFile(folder);
    expect(again.get("größe\n")).toEqual(large);
    expect(again.get("empty")).toEqual({});
    again.close();
  });

  it("is rewritten when most of it is out of date, and takes changes meanwhile", async () => {
    const file = openDocumentFile(folder, { leastRecordsToTidy: 10 });
    for (let round = 0; round < 20; round += 1) {
      for (const name of ["a", "b", "c"]) file.put(name, { round });
      file.put(`gone${round}`, { round });
      if (round > 0) file.remove(`gone${round - 1}`);
      file.commit(round);
    }
    const tidying = file.tidy();
    file.put("a", { round: 20 });
    await tidying;
    expect(names()).toEqual(["checkpoint.json", "documents-2.log"]);
    expect(file.changes).toBe(1);
    file.commit(20);
    file.close();
    const again = openDocumentFile(folder);
    expect(again.position).toBe(20);
    expect(["a", "b", "gone18", "gone19"].map((name) => again.get(name))).toEqual([
      { round: 20 },
      { round: 19 },
      undefined,
      { round: 19 },
    ]);
    again.close();
  });

  it("tells its documents in the order in which they were last written", () => {
    const file = openDocumentFile(folder);
    for (const name of ["a", "b", "c"]) file.put(name, { name });
    file.commit(1);
    file.put("a", { name: "a2" });
    file.remove("b");
    file.commit(2);
    file.put("d", { name: "d" });
    expect([file.size, [...file.oldest()]]).toEqual([
      2,
      [
        ["c", { name: "c" }],
        ["a", { name: "a2" }],
      ],
    ]);
    file.close();
  });

  it("knows of many changes which were removed, and which came again", () => {
    const file = openDocumentFile(folder);
    const changeMany = (round: number, without: string): void => {
      for (let at = 0; at < 10_000; at += 1) if (`d${at}` !== without) file.put(`d${at}`, { round });
      file.remove(without);
      file.commit(round);
    };
    const held = (): unknown[] => ["d1", "d2", "d3"].map((name) => file.get(name));
    changeMany(1, "none");
    changeMany(2, "d1");
    expect(held()).toEqual([undefined, { round: 2 }, { round: 2 }]);
    changeMany(3, "d2");
    expect(held()).toEqual([{ round: 3 }, undefined, { round: 3 }]);
    file.remove("d3");
    file.commit(4);
    expect([...held(), file.size]).toEqual([{ round: 3 }, undefined, undefined, 9_998]);
    file.close();
  });

  it("leaves a file alone that is mostly in use", async () => {
    written(5, 30);
    const file = openDocumentFile(folder, { leastRecordsToTidy: 10 });
    await file.tidy();
    expect(names()).toEqual(["checkpoint.json", "documents-1.log"]);
    file.close();
  });

  it("holds what a map would, over any commits, crashes, tidyings and damages of the index", async () => {
    const name = fc.nat({ max: 40 }).map((at) => `name-${at}`);
    const step = fc.oneof(
      fc.record({ kind: fc.constant("put" as const), name, value: fc.nat() }),
      fc.record({ kind: fc.constant("remove" as const), name }),
      fc.record({ kind: fc.constantFrom("commit" as const, "crash" as const, "tidy" as const) }),
      fc.record({ kind: fc.constant("damage" as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({ kind: fc.constant("putBack" as const), which: fc.nat({ max: 5 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), fc.constantFrom(4, 1_000), async (steps, least) => {
        const options = { leastRecordsToTidy: least, leastRecordsToIndex: 3 };
        const own = mkdtempSync(join(folder, "run-"));
        const open = (): ReturnType<typeof openDocumentFile> => openDocumentFile(own, options);
        const indexes: Buffer[] = [];
        let file = open();
        let kept = new Map<string, object>();
        let now = new Map<string, object>();
        for (const [position, one] of steps.entries()) {
          if (one.kind === "put") now.set(one.name, { value: one.value });
          if (one.kind === "put") file.put(one.name, { value: one.value });
          if (one.kind === "remove") now.delete(one.name);
          if (one.kind === "remove") file.remove(one.name);
          if (one.kind === "commit") {
            file.commit(position);
            kept = new Map(now);
          }
          if (one.kind === "tidy") await file.tidy();
          if (isCrash(one.kind)) {
            file.close();
            indexes.push(...indexesOf(own));
            if (one.kind === "damage") damageIndex(own, one.at);
            if (one.kind === "putBack") putBackIndex(own, indexes.at(-1 - one.which));
            file = open();
            now = new Map(kept);
          }
          for (let at = 0; at <= 40; at += 1) expect(file.get(`name-${at}`)).toEqual(now.get(`name-${at}`));
        }
        expect(file.damage).toBeNull();
        file.close();
      }),
      { numRuns: 60 },
    );
  }, 20_000);
});
