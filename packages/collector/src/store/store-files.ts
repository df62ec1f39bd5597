import { mkdir, open, readdir, readFile, rename, rm, writeFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { piecesOf } from "./file-parts.js";

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
  /** The whole file, in `into` where that is large enough; undefined where there is no such file. */
  readBytes(name: string, into?: Uint8Array): Promise<Uint8Array | undefined>;
  /** Parts of one file, each as far as the file reaches. */
  readParts(name: string, parts: readonly FilePart[]): Promise<readonly Uint8Array[]>;
  /** Whole or not at all; not synced. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  writeSynced(name: string, contents: string | Uint8Array): Promise<void>;
  sync(name: string): Promise<void>;
  /** Takes the place of whatever has that name; not synced. */
  rename(from: string, to: string): Promise<void>;
  /** Makes names that were given and taken away last. */
  syncFolder(): Promise<void>;
  /** Nothing happens where there is no such file. */
  remove(name: string): Promise<void>;
  /** Length and outline of a Parquet file; undefined where there is no such file. */
  inspect(name: string): Promise<FileOutline | undefined>;
  /** CRC-32 of all its bytes; undefined where there is no such file. */
  checksum(name: string): Promise<number | undefined>;
}

export interface FilePart {
  readonly at: number;
  readonly bytes: number;
}

export interface FileOutline {
  readonly bytes: number;
  /** CRC-32 of its footer, which says where everything is in it; null where it does not begin and end as Parquet does. */
  readonly footerCrc: number | null;
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
    readBytes: (name, into) => orUndefined(withFile(at(name), (file) => readWhole(file, into))),
    readParts: (name, parts) =>
      withFile(at(name), async (file) => {
        const read: Uint8Array[] = [];
        for (const piece of piecesOf(parts)) {
          const bytes = await readPart(file, piece);
          for (const [index, part] of piece.parts)
            read[index] = bytes.subarray(part.at - piece.at).subarray(0, part.bytes);
        }
        return read;
      }),
    async write(name, bytes) {
      try {
        await writeFile(at(name), bytes, { mode: 0o600 });
      } catch (error) {
        // A part of it would be read as a damaged line.
        await rm(at(name), { force: true }).catch(ignore);
        throw error;
      }
    },
    async writeSynced(name, contents) {
      await writeFile(at(name), contents, { mode: 0o600 });
      await syncPath(at(name), "r+");
    },
    sync: (name) => syncPath(at(name), "r+"),
    rename: (from, to) => rename(at(from), at(to)),
    syncFolder: () => syncPath(root, "r"),
    remove: (name) => rm(at(name), { force: true }),
    inspect: (name) => orUndefined(withFile(at(name), outlineOf)),
    checksum: (name) => orUndefined(withFile(at(name), checksumOf)),
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

const parquetMagic = "PAR1";
/** The footer is followed by its length and the magic again. */
const tailBytes = 8;
const pieceBytes = 1024 * 1024;

async function outlineOf(file: FileHandle): Promise<FileOutline> {
  const { size } = await file.stat();
  const head = await readPart(file, { at: 0, bytes: 4 });
  const tail = await readPart(file, { at: Math.max(0, size - tailBytes), bytes: tailBytes });
  const isParquet =
    tail.length === tailBytes && [head, tail.subarray(4)].every((part) => part.toString("latin1") === parquetMagic);
  const at = isParquet ? size - tailBytes - tail.readUInt32LE(0) : 0;
  if (at < head.length) return { bytes: size, footerCrc: null };
  return { bytes: size, footerCrc: crc32(await readPart(file, { at, bytes: size - at })) };
}

async function checksumOf(file: FileHandle): Promise<number> {
  let [sum, at] = [0, 0];
  for (;;) {
    const piece = await readPart(file, { at, bytes: pieceBytes });
    if (piece.length === 0) return sum;
    sum = crc32(piece, sum);
    at += piece.length;
  }
}

async function readWhole(file: FileHandle, into: Uint8Array = new Uint8Array()): Promise<Uint8Array> {
  const { size } = await file.stat();
  const whole = into.byteLength >= size ? into.subarray(0, size) : new Uint8Array(size);
  for (let at = 0; at < size;) {
    const { bytesRead } = await file.read(whole, at, size - at, at);
    if (bytesRead === 0) return whole.subarray(0, at);
    at += bytesRead;
  }
  return whole;
}

async function readPart(file: FileHandle, { at, bytes }: FilePart): Promise<Buffer> {
  const part = Buffer.allocUnsafe(bytes);
  const { bytesRead } = await file.read(part, 0, bytes, at);
  return part.subarray(0, bytesRead);
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, "r");
  try {
    return await use(file);
  } finally {
    await file.close();
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
