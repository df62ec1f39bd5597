import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * What the store asks of the file system, with names relative to its folder. Tests pass one that fails where they
 * choose. What is not synced here need not outlive a power cut.
 */
export interface StoreFiles {
  /** Makes the folder, and those in it, readable by its owner only. */
  prepare(folders: readonly string[]): Promise<void>;
  list(folder: string): Promise<readonly string[]>;
  /** Undefined where there is no such file. */
  readText(name: string): Promise<string | undefined>;
  /** Whole or not at all; not synced. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  writeSynced(name: string, text: string): Promise<void>;
  sync(name: string): Promise<void>;
  /** Takes the place of whatever has that name; not synced. */
  rename(from: string, to: string): Promise<void>;
  /** Makes names that were given and taken away last. */
  syncFolder(): Promise<void>;
  /** Nothing happens where there is no such file. */
  remove(name: string): Promise<void>;
  /** Length, first and last four bytes; undefined where there is no such file. */
  inspect(name: string): Promise<FileEnds | undefined>;
}

export interface FileEnds {
  readonly bytes: number;
  readonly head: string;
  readonly tail: string;
}

export function openStoreFiles(root: string): StoreFiles {
  const at = (name: string): string => join(root, name);
  return {
    async prepare(folders) {
      await mkdir(root, { recursive: true, mode: 0o700 });
      for (const folder of folders) await mkdir(at(folder), { recursive: true, mode: 0o700 });
    },
    list: async (folder) => (await readdir(at(folder), { withFileTypes: true })).filter(isFile).map(nameOf),
    readText: (name) => orUndefined(readFile(at(name), "utf8")),
    async write(name, bytes) {
      try {
        await writeFile(at(name), bytes, { mode: 0o600 });
      } catch (error) {
        // A part of it would be read as a damaged line.
        await rm(at(name), { force: true }).catch(ignore);
        throw error;
      }
    },
    async writeSynced(name, text) {
      await writeFile(at(name), text, { mode: 0o600 });
      await syncPath(at(name), "r+");
    },
    sync: (name) => syncPath(at(name), "r+"),
    rename: (from, to) => rename(at(from), at(to)),
    syncFolder: () => syncPath(root, "r"),
    remove: (name) => rm(at(name), { force: true }),
    inspect: (name) => orUndefined(inspectFile(at(name))),
  };
}

const isFile = (entry: { isFile(): boolean }): boolean => entry.isFile();
const nameOf = (entry: { readonly name: string }): string => entry.name;
const ignore = (): void => {};

async function syncPath(path: string, mode: "r" | "r+"): Promise<void> {
  const handle = await open(path, mode);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function inspectFile(path: string): Promise<FileEnds> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const ends = Buffer.alloc(8);
    await handle.read(ends, 0, 4, 0);
    await handle.read(ends, 4, 4, Math.max(0, size - 4));
    return { bytes: size, head: ends.toString("latin1", 0, 4), tail: ends.toString("latin1", 4, 8) };
  } finally {
    await handle.close();
  }
}

async function orUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
