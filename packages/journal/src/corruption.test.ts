import { describe, expect, it } from "vitest";
import { commit, createBed, directory, names, readAll } from "./journal.fixture.js";
import { createMachine, type Machine } from "./machine.js";
import type { MemoryFiles } from "./memory-files.js";
import { recordHeadBytes } from "./record.js";
import { segmentHeadBytes } from "./segment.js";

/** Where a record lies, and what it says. */
interface Laid {
  readonly position: number;
  readonly text: string;
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

const damages = [
  "flip a bit",
  "flip many bits",
  "zero a page",
  "overwrite with noise",
  "truncate",
  "claim a length of 2 GiB",
  "insert bytes",
  "remove bytes",
  "repeat bytes",
  "damage the header",
  "lose the file",
  "empty the file",
  "copy the file",
  "rename the file",
  "rename the file to nonsense",
  "turn two files around",
  "append noise",
  "claim another version",
] as const;

type Damage = (typeof damages)[number];

/** A random segment, and a random stretch of it. */
interface Target {
  readonly path: string;
  readonly content: Buffer;
  readonly at: number;
  readonly length: number;
}

/** A folder with several segments of records of many sizes, and the place of each. */
async function lay(machine: Machine): Promise<{ readonly files: MemoryFiles; readonly laid: readonly Laid[] }> {
  const bed = createBed(machine);
  const journal = await bed.open({ segmentBytes: 4096 });
  const laid: Laid[] = [];
  for (let position = 0; position < 60; position += 1) {
    const bytes = machine.random() < 0.1 ? 1500 : Math.floor(machine.random() * 300);
    const text = `${position}:`.padEnd(bytes, String.fromCharCode(97 + (position % 26)));
    await commit(journal, text);
    const path = `${directory}/${names(bed.files, ".log").at(-1)}`;
    const to = bed.files.contentOf(path).length;
    laid.push({ position, text, path, from: to - recordHeadBytes - text.length, to });
  }
  return { files: bed.afterKill().files, laid };
}

class Mutator {
  readonly #files: MemoryFiles;
  readonly #laid: readonly Laid[];
  readonly #machine: Machine;
  /** Positions that the damage may cost. */
  readonly touched = new Set<number>();

  constructor(machine: Machine, files: MemoryFiles, laid: readonly Laid[]) {
    this.#machine = machine;
    this.#files = files;
    this.#laid = laid;
  }

  apply(kind: Damage): void {
    const path = this.#pick(this.#paths());
    const content = this.#files.contentOf(path);
    this.#damages[kind]({ path, content, at: this.#upTo(content.length), length: 1 + this.#upTo(600) });
  }

  readonly #damages: Readonly<Record<Damage, (target: Target) => void>> = {
    "flip a bit": ({ path, content, at }) =>
      this.#overwrite(path, at, Buffer.from([(content[at] ?? 0) ^ (1 << this.#upTo(8))])),
    "flip many bits": () => {
      for (let count = 0; count < 8; count += 1) this.apply("flip a bit");
    },
    "zero a page": ({ path, content, at, length }) =>
      this.#overwrite(path, at, Buffer.alloc(Math.min(length, content.length - at))),
    "overwrite with noise": ({ path, content, at, length }) =>
      this.#overwrite(path, at, this.#noise(Math.min(length, content.length - at))),
    truncate: ({ path, content, at }) => {
      this.#touch(path, at, content.length);
      this.#files.place(path, content.subarray(0, at));
    },
    "claim a length of 2 GiB": ({ path }) => {
      const record = this.#pick(this.#laid.filter((candidate) => candidate.path === path));
      this.#overwrite(path, record.from, Buffer.from([0, 0, 0, 0x80]));
    },
    "insert bytes": ({ path, at, length }) => this.#splice(path, { at, removed: 0, inserted: this.#noise(length) }),
    "remove bytes": ({ path, at, length }) => this.#splice(path, { at, removed: length, inserted: Buffer.alloc(0) }),
    "repeat bytes": ({ path, content, at, length }) =>
      this.#splice(path, { at, removed: 0, inserted: content.subarray(at, at + length) }),
    "damage the header": ({ path }) => this.#overwrite(path, this.#upTo(segmentHeadBytes - 8), this.#noise(8)),
    "lose the file": ({ path, content }) => {
      this.#touch(path, 0, content.length);
      this.#lose(path);
    },
    "empty the file": ({ path, content }) => {
      this.#touch(path, 0, content.length);
      this.#files.place(path, Buffer.alloc(0));
    },
    "copy the file": ({ content }) =>
      this.#files.place(`${directory}/${this.#pick(["copy.log", "0000000000000017-00000000.log"])}`, content),
    "rename the file": ({ path, content }) => {
      this.#lose(path);
      this.#files.place(`${directory}/${String(this.#upTo(100)).padStart(16, "0")}-12345678.log`, content);
    },
    "rename the file to nonsense": ({ path, content }) => {
      this.#lose(path);
      this.#files.place(`${directory}/nonsense.log`, content);
    },
    "turn two files around": ({ path, content }) => {
      const other = this.#pick(this.#paths());
      const otherContent = this.#files.contentOf(other);
      this.#files.place(path, otherContent);
      this.#files.place(other, content);
    },
    "append noise": ({ path, content, length }) =>
      this.#files.place(path, Buffer.concat([content, this.#noise(length)])),
    "claim another version": ({ path, content }) => {
      this.#touch(path, 0, content.length);
      this.#overwrite(path, 8, Buffer.from([2]));
    },
  };

  #paths(): readonly string[] {
    return names(this.#files, ".log").map((name) => `${directory}/${name}`);
  }

  #lose(path: string): void {
    void this.#files.remove(path);
  }

  #overwrite(path: string, at: number, bytes: Buffer): void {
    const content = this.#files.contentOf(path);
    for (const [index, byte] of bytes.entries()) {
      if (content[at + index] !== byte) this.#touch(path, at + index, at + index + 1);
    }
    bytes.copy(content, at);
    this.#files.place(path, content);
  }

  #splice(path: string, { at, removed, inserted }: { at: number; removed: number; inserted: Buffer }): void {
    const content = this.#files.contentOf(path);
    // What lies at the seam is touched; what lies behind it is whole, at another place.
    this.#touch(path, at, Math.min(at + Math.max(1, removed), content.length));
    if (at < segmentHeadBytes) this.#touch(path, 0, content.length);
    this.#files.place(path, Buffer.concat([content.subarray(0, at), inserted, content.subarray(at + removed)]));
  }

  #touch(path: string, from: number, to: number): void {
    for (const record of this.#laid) {
      if (record.path === path && record.from < to && record.to > from) this.touched.add(record.position);
    }
  }

  #upTo(end: number): number {
    return Math.floor(this.#machine.random() * end);
  }

  #noise(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.#upTo(256)));
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[this.#upTo(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }
}

async function check(seed: number, kind: Damage): Promise<void> {
  const machine = createMachine(seed);
  const { files, laid } = await lay(machine);
  const mutator = new Mutator(machine, files, laid);
  mutator.apply(kind);
  const journal = await createBed(machine, files).open({ segmentBytes: 4096 });
  const { positions, texts, lost } = await readAll(journal);

  expect(positions, "positions rise").toEqual([...new Set(positions)].toSorted((left, right) => left - right));
  for (const [index, position] of positions.entries()) expect(texts[index]).toBe(laid[position]?.text);
  const given = new Set(positions);
  const named = (position: number): boolean => lost.some(({ from, to }) => position >= from && position < to);
  for (const { position } of laid) {
    if (!mutator.touched.has(position))
      expect(given.has(position), `${position} is untouched and must be read`).toBe(true);
    if (!given.has(position) && position < journal.next)
      expect(named(position), `${position} must be named`).toBe(true);
  }
  for (const position of positions) expect(named(position), `${position} was read and must not be named`).toBe(false);
  for (let from = 0; from < journal.durable; from += 7) {
    const reading = await journal.read(from, { maxRecords: 1, maxBytes: 1 });
    expect(reading.records[0]?.position).toBe(positions.find((position) => position >= from));
    const losses = reading.lost.map((loss) => loss.from);
    expect(
      losses.filter((position) => position < from),
      "nothing is named that was not asked for",
    ).toEqual([]);
  }
  const [position] = await commit(journal, "life goes on");
  expect((await readAll(journal, position)).texts).toEqual(["life goes on"]);
}

describe("damage", () => {
  it.each(damages)("of the kind '%s' costs only what it touched", async (kind) => {
    for (let seed = 1; seed <= 40; seed += 1) {
      await check(seed, kind).catch((error: unknown) => {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      });
    }
  });
});
