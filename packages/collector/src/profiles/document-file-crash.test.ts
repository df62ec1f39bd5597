/** A process that is killed at any of its writes, by a file system that does the half of it and then nothing more. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openDocumentFile } from "./document-file.js";
import type { DocumentFile } from "./document-file.js";

/** Writes that are still done; the next one is done by half. */
const power = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));

vi.mock("node:fs", async (importOriginal) => {
  const real = await importOriginal<typeof fs>();
  const killed = (): boolean => {
    power.left -= 1;
    return power.left < 0;
  };
  const orDie = <Args extends unknown[], Result>(call: (...args: Args) => Result): ((...args: Args) => Result) => {
    return (...args) => {
      if (killed()) throw new Error("the process was killed");
      return call(...args);
    };
  };
  const writeSync = (fd: number, bytes: Uint8Array | string, ...rest: [number?, number?, number?]): number => {
    const all = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    if (!killed()) return real.writeSync(fd, all, ...rest);
    const [offset = 0, length = all.length, position] = rest;
    if (power.left === -1) real.writeSync(fd, all, offset, Math.floor(length / 2), position);
    throw new Error("the process was killed");
  };
  return {
    ...real,
    writeSync,
    writevSync: orDie(real.writevSync),
    renameSync: orDie(real.renameSync),
    ftruncateSync: orDie(real.ftruncateSync),
    rmSync: orDie(real.rmSync),
  };
});

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "oncewire-documents-"));
});
afterEach(() => {
  power.left = Number.POSITIVE_INFINITY;
  fs.rmSync(folder, { recursive: true, force: true });
});

type Held = ReadonlyMap<string, object>;

/** What the documents are at each position; the file begins at any of them. */
const rounds = 7;
const namesPerRound = 6;

function change(file: Pick<DocumentFile, "put" | "remove">, round: number): void {
  for (let at = 0; at < namesPerRound; at += 1) file.put(`d${(round * 5 + at) % 24}`, { round, at });
  file.remove(`d${(round * 7) % 24}`);
}

function heldAt(position: number): Held {
  const held = new Map<string, object>();
  for (let round = 0; round < position; round += 1) {
    change({ put: (name, document) => void held.set(name, document), remove: (name) => void held.delete(name) }, round);
  }
  return held;
}

function documentsOf(file: DocumentFile): Held {
  const names = Array.from({ length: 24 }, (_, at) => `d${at}`);
  return new Map(
    names.flatMap((name) => {
      const document = file.get(name);
      return document === undefined ? [] : [[name, document] as const];
    }),
  );
}

/** Opens and goes on to the last round. Says which commits returned. */
async function goOn(options: typeof tidying | typeof indexing, done: number[]): Promise<void> {
  const file = openDocumentFile(folder, options);
  try {
    for (let round = file.position; round < rounds; round += 1) {
      change(file, round);
      file.commit(round + 1);
      done.push(round + 1);
      await file.tidy();
    }
  } finally {
    file.close();
  }
}

const tidying = { leastRecordsToTidy: 20, leastRecordsToIndex: 8 };
const indexing = { leastRecordsToTidy: 1_000, leastRecordsToIndex: 20 };

describe("a file of documents whose process is killed", () => {
  it.each([
    ["rewritten", tidying],
    ["indexed", indexing],
  ])(
    "has those of its last checkpoint, and goes on from there, at any write while it is %s",
    async (_how, options) => {
      let kills = 0;
      for (let writes = 0; ; writes += 1) {
        fs.rmSync(folder, { recursive: true, force: true });
        const done: number[] = [0];
        power.left = writes;
        const isKilled = await goOn(options, done).then(
          () => power.left < 0,
          () => true,
        );
        power.left = Number.POSITIVE_INFINITY;
        const file = openDocumentFile(folder, options);
        expect(file.damage).toBeNull();
        expect([done.at(-1), (done.at(-1) ?? 0) + 1]).toContain(file.position);
        expect(documentsOf(file)).toEqual(heldAt(file.position));
        file.close();
        await goOn(options, []);
        const last = openDocumentFile(folder, options);
        expect([last.position, last.damage]).toEqual([rounds, null]);
        expect(documentsOf(last)).toEqual(heldAt(rounds));
        expect(last.size).toBe(heldAt(rounds).size);
        last.close();
        if (!isKilled) break;
        kills += 1;
      }
      expect(kills).toBeGreaterThan(25);
    },
    20_000,
  );
});
