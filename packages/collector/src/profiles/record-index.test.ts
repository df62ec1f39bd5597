import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDocumentFile } from "./document-file.js";
import { isDamagedDocument } from "./document-record.js";

let folder: string;
let documentsPath: string;
let indexPath: string;
let checkpointPath: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "oncewire-index-"));
  documentsPath = join(folder, "documents-1.log");
  indexPath = join(folder, "documents-1.index");
  checkpointPath = join(folder, "checkpoint.json");
  await fill();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** `d0` to `d199`: the half of them in the index's base, then two blocks of fifty; beside it the checkpoint at 150. */
async function fill(): Promise<void> {
  const file = openDocumentFile(folder, { leastRecordsToIndex: 99 });
  for (let at = 1; at <= 200; at += 1) {
    file.put(`d${at - 1}`, { at: at - 1 });
    if (at % 50 > 0) continue;
    file.commit(at);
    if (at === 100) await file.tidy();
    if (at === 150) copyFileSync(checkpointPath, join(folder, "checkpoint-at-150"));
  }
  file.close();
}

const blockBytes = 8 + 50 * 16;
/** Bytes of documents in the base, and of one in the last block. */
const [early, late] = [40, 5_100];

/** A byte that is not what was written. */
function spoil(path: string, at: number): void {
  const bytes = readFileSync(path);
  const from = at < 0 ? bytes.length + at : at;
  bytes.fill(~(bytes[from] ?? 0), from, from + 1);
  writeFileSync(path, bytes);
}

function cutLastBlock(): void {
  truncateSync(indexPath, readFileSync(indexPath).length - blockBytes);
}

/** Heads that reading would stumble over. */
function spoilDocuments(at: number): void {
  const bytes = readFileSync(documentsPath);
  writeFileSync(documentsPath, bytes.fill(255, at, at + 40));
}

describe("the index of a file of documents", () => {
  it.each<[string, () => void]>([
    ["as it was left", () => spoilDocuments(late)],
    ["damaged in its last block", () => spoil(indexPath, -5)],
    ["without its last block", cutLastBlock],
    [
      "that is told at an opening of what it did not have",
      () => {
        cutLastBlock();
        openDocumentFile(folder).close();
        spoilDocuments(late);
      },
    ],
    [
      "ahead of a checkpoint that was put back",
      () => {
        copyFileSync(join(folder, "checkpoint-at-150"), checkpointPath);
        spoilDocuments(late);
      },
    ],
  ])("opens the documents that it knows without reading them, %s", (_how, prepare) => {
    prepare();
    spoilDocuments(early);
    const file = openDocumentFile(folder);
    expect(file.damage).toBeNull();
    expect([file.size, file.get("d0"), file.get("d149")]).toEqual([file.position, { at: 0 }, { at: 149 }]);
    file.close();
  });

  it("leads to what came after it was written, whether or not it was told", () => {
    const told = openDocumentFile(folder);
    told.put("d0", { at: "later" });
    told.remove("d1");
    told.commit(300);
    told.close();
    const before = readFileSync(indexPath);
    const untold = openDocumentFile(folder);
    untold.put("d2", { at: "last" });
    untold.commit(400);
    untold.close();
    writeFileSync(indexPath, before);
    const file = openDocumentFile(folder);
    expect([file.position, file.size]).toEqual([400, 199]);
    expect(["d0", "d1", "d2", "d3"].map((name) => file.get(name))).toEqual([
      { at: "later" },
      undefined,
      { at: "last" },
      { at: 3 },
    ]);
    file.close();
  });

  it.each<[string, () => void]>([
    ["gone", () => rmSync(indexPath)],
    ["empty", () => writeFileSync(indexPath, "")],
    ["cut in its head", () => truncateSync(indexPath, 100)],
    ["cut in its parts", () => truncateSync(indexPath, 20_000)],
    ["damaged in its extent", () => spoil(indexPath, 4)],
    ["damaged in its head", () => spoil(indexPath, 1_000)],
    ["damaged in a part", () => spoil(indexPath, 8_300)],
    ["damaged in its last block", () => spoil(indexPath, -5)],
    [
      "there twice over",
      () => writeFileSync(indexPath, Buffer.concat([readFileSync(indexPath), readFileSync(indexPath)])),
    ],
  ])("is done without, and made again, where it is %s", async (_what, damage) => {
    damage();
    const file = openDocumentFile(folder, { leastRecordsToIndex: 10 });
    for (let at = 0; at < 200; at += 1) expect(file.get(`d${at}`)).toEqual({ at });
    file.put("d1", { at: "later" });
    file.commit(300);
    await file.tidy();
    file.close();
    spoilDocuments(early + 40);
    const again = openDocumentFile(folder);
    expect([again.damage, again.position, again.get("d0"), again.get("d1")]).toEqual([
      null,
      300,
      { at: 0 },
      { at: "later" },
    ]);
    again.close();
  });

  it("is not believed where it is that of other documents", () => {
    const foreign = readFileSync(indexPath);
    rmSync(checkpointPath);
    const file = openDocumentFile(folder);
    for (let at = 199; at >= 0; at -= 1) file.put(`d${at}`, { at });
    file.commit(200);
    file.close();
    writeFileSync(indexPath, foreign);
    const again = openDocumentFile(folder);
    for (let at = 0; at < 200; at += 1) expect(again.get(`d${at}`)).toEqual({ at });
    expect(again.damage).toBeNull();
    again.close();
  });

  it("goes on behind a commit whose checkpoint could not be written", async () => {
    const file = openDocumentFile(folder, { leastRecordsToIndex: 10 });
    mkdirSync(join(folder, "checkpoint.json.next"));
    for (let at = 0; at < 100; at += 1) file.put(`e${at}`, { at });
    expect(() => file.commit(300)).toThrow("EISDIR");
    rmdirSync(join(folder, "checkpoint.json.next"));
    await file.tidy();
    const end = readFileSync(documentsPath).length;
    file.put("last", { text: "of more bytes than are spoiled" });
    file.commit(301);
    file.close();
    spoilDocuments(early);
    spoilDocuments(end);
    const again = openDocumentFile(folder);
    expect([again.damage, again.size, again.get("e99")]).toEqual([null, 301, { at: 99 }]);
    again.close();
  });

  it.each<[string, () => void]>([
    ["a length", () => spoilDocuments(early)],
    ["the hash of a name", () => spoil(documentsPath, 10)],
  ])("hides no damage of %s from who copies the documents", async (_what, damage) => {
    damage();
    const file = openDocumentFile(folder, { leastRecordsToTidy: 10 });
    for (let round = 0; round < 3; round += 1) {
      for (let at = 2; at < 200; at += 1) file.put(`d${at}`, { round });
      file.commit(300 + round);
    }
    await expect(file.tidy()).rejects.toSatisfy(isDamagedDocument);
    file.close();
  });

  it("leaves nothing of itself behind where the documents are closed while it is written", async () => {
    const file = openDocumentFile(folder, { leastRecordsToIndex: 10 });
    for (let at = 0; at < 100; at += 1) file.put(`e${at}`, { at });
    file.commit(300);
    const before = readFileSync(indexPath);
    const tidying = file.tidy();
    file.close();
    await tidying;
    expect(readFileSync(indexPath)).toEqual(before);
    const again = openDocumentFile(folder);
    expect([again.position, again.size, again.get("e99")]).toEqual([300, 300, { at: 99 }]);
    again.close();
  });
});
