/** What the journal's tests share: a journal on files in memory, and words for what they do with it. */
import { openJournal, type Journal, type ReadResult } from "./journal.js";
import { createMachine, type Machine, type MachineProcess } from "./machine.js";
import { createMemoryFiles, type MemoryFiles } from "./memory-files.js";
import type { JournalOptions } from "./options.js";

export const directory = "/journal";

export interface Bed {
  readonly machine: Machine;
  readonly process: MachineProcess;
  readonly files: MemoryFiles;
  open(options?: Partial<JournalOptions>): Promise<Journal>;
  /** The process dies, or the power fails too; the bed of the next process, on what is left. */
  afterKill(): Bed;
  afterPowerCut(random?: () => number): Bed;
}

export function createBed(machine: Machine = createMachine(), files: MemoryFiles = createMemoryFiles()): Bed {
  const process = machine.start();
  return {
    machine,
    process,
    files,
    open: (options) => openJournal({ directory, files, runtime: process, ...options }),
    afterKill() {
      process.kill();
      return createBed(machine, files.kill());
    },
    afterPowerCut(random = () => machine.random()) {
      process.kill();
      return createBed(machine, files.cutPower(random));
    },
  };
}

export function append(journal: Journal, ...texts: readonly string[]): readonly number[] {
  return texts.map((text) => journal.append([Buffer.from(text)]));
}

/** Appends and waits until it is on stable storage. */
export async function commit(journal: Journal, ...texts: readonly string[]): Promise<readonly number[]> {
  const positions = append(journal, ...texts);
  await Promise.all(positions.map((position) => journal.committed(position)));
  return positions;
}

export interface Everything {
  readonly texts: readonly string[];
  readonly positions: readonly number[];
  readonly lost: ReadResult["lost"];
}

/** Reads from a position to the end, in steps of a few records. */
export async function readAll(journal: Journal, from = 0): Promise<Everything> {
  const texts: string[] = [];
  const positions: number[] = [];
  const lost: ReadResult["lost"][number][] = [];
  let next = from;
  for (;;) {
    const result = await journal.read(next, { maxRecords: 7, maxBytes: 64 * 1024 });
    for (const record of result.records) {
      texts.push(Buffer.from(record.bytes).toString("latin1"));
      positions.push(record.position);
    }
    lost.push(...result.lost);
    if (result.next === next) return { texts, positions, lost };
    next = result.next;
  }
}

/** The names of the folder's files with this in them. */
export function names(files: MemoryFiles, part: string): readonly string[] {
  return files
    .paths()
    .map((path) => path.slice(directory.length + 1))
    .filter((name) => name.includes(part));
}
