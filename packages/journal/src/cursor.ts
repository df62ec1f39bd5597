/**
 * A cursor on disk: two files, `<name>.cursor-0` and `<name>.cursor-1`, written in turn and in place. The one that is
 * not being written always holds the generation before, so a torn write costs one step, never the cursor; and since
 * both files have their blocks from the beginning, a cursor moves on a full disk too: acknowledging is what makes room.
 *
 *     0  magic "owcursor"
 *     8  u32  version, 1
 *    12  u32  CRC-32 of everything behind it
 *    16  u64  generation: the higher one counts
 *    24  u64  position
 *    32  u32  length of the memo in bytes; 2^32 − 1: none
 *    36  memo
 *
 * A cursor both of whose files are damaged begins again at the journal's first record: read twice rather than lost.
 */
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { faultOf, isGone } from "./errors.js";
import { readFully, writeFully, type DirectoryEntry, type File, type FileSystem } from "./files.js";

export interface CursorState {
  readonly generation: number;
  readonly position: number;
  readonly memo: Uint8Array | null;
}

export const maxMemoBytes: number = 64 * 1024;
const magic = Buffer.from("owcursor", "latin1");
const version = 1;
const headBytes = 36;
const noMemo = 2 ** 32 - 1;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const filePattern = /^([A-Za-z0-9][A-Za-z0-9._-]{0,99})\.cursor-[01]$/;

export function encodeCursor(state: CursorState): Buffer {
  const memo = state.memo ?? new Uint8Array(0);
  const bytes = Buffer.alloc(headBytes + memo.byteLength);
  magic.copy(bytes);
  bytes.writeUInt32LE(version, 8);
  bytes.writeBigUInt64LE(BigInt(state.generation), 16);
  bytes.writeBigUInt64LE(BigInt(state.position), 24);
  bytes.writeUInt32LE(state.memo === null ? noMemo : memo.byteLength, 32);
  bytes.set(memo, headBytes);
  bytes.writeUInt32LE(crc32(bytes.subarray(16)), 12);
  return bytes;
}

/** Null for what is not a whole, sound cursor. Bytes behind it are left over from a longer one before it. */
export function decodeCursor(bytes: Buffer): CursorState | null {
  if (bytes.byteLength < headBytes || !bytes.subarray(0, magic.length).equals(magic)) return null;
  if (bytes.readUInt32LE(8) !== version) return null;
  const length = bytes.readUInt32LE(32);
  const end = headBytes + (length === noMemo ? 0 : length);
  if (end > bytes.byteLength || bytes.readUInt32LE(12) !== crc32(bytes.subarray(16, end))) return null;
  const memo = length === noMemo ? null : new Uint8Array(bytes.subarray(headBytes, end));
  const generation = Number(bytes.readBigUInt64LE(16));
  return { generation, position: Number(bytes.readBigUInt64LE(24)), memo };
}

export function checkCursorName(name: unknown): asserts name is string {
  if (typeof name === "string" && namePattern.test(name)) return;
  const rule = "1 to 100 letters, digits, dots, dashes and underscores, beginning with a letter or digit";
  throw new TypeError(`A cursor's name must be ${rule}, got ${JSON.stringify(name) ?? String(name)}`);
}

/** The cursor that a file belongs to, or null. */
export function cursorOfFile(name: string): string | null {
  return filePattern.exec(name)?.[1] ?? null;
}

export interface CursorFilesOptions {
  readonly files: FileSystem;
  readonly directory: string;
}

export interface LoadedCursor {
  readonly name: string;
  /** Null where neither file is sound. */
  readonly state: CursorState | null;
  /** How many of its files are damaged. */
  readonly damaged: number;
}

/** Every cursor that a folder holds. */
export async function loadCursors(
  options: CursorFilesOptions,
  entries: readonly DirectoryEntry[],
): Promise<readonly LoadedCursor[]> {
  const found = entries.map((entry) => cursorOfFile(entry.name)).filter((name) => name !== null);
  const names = [...new Set(found)];
  return Promise.all(names.map(async (name) => ({ name, ...(await new CursorFiles(name, options).load()) })));
}

type Slot = 0 | 1;

/** The two files of one cursor. */
export class CursorFiles {
  readonly #files: FileSystem;
  readonly #directory: string;
  readonly #name: string;
  readonly #handles: [File | null, File | null] = [null, null];

  constructor(name: string, { files, directory }: CursorFilesOptions) {
    this.#name = name;
    this.#files = files;
    this.#directory = directory;
  }

  /** The newest sound state, and how many of the two files are damaged. */
  async load(): Promise<{ readonly state: CursorState | null; readonly damaged: number }> {
    const found = await Promise.all([this.#read(0), this.#read(1)]);
    const states = found.filter((state) => state !== null && state !== "missing");
    states.sort((left, right) => right.generation - left.generation);
    return { state: states[0] ?? null, damaged: found.filter((state) => state === null).length };
  }

  async save(state: CursorState): Promise<void> {
    const slot: Slot = state.generation % 2 === 0 ? 0 : 1;
    try {
      const file = this.#handles[slot] ?? (await this.#open(slot));
      this.#handles[slot] = file;
      await writeFully(file, [encodeCursor(state)], 0);
      await file.sync();
    } catch (error) {
      await this.#close(slot);
      throw error;
    }
  }

  async remove(): Promise<void> {
    await this.close();
    for (const slot of [0, 1] as const) {
      await this.#files.remove(this.#path(slot)).catch((error: unknown) => {
        if (faultOf(error) !== "ENOENT") throw error;
      });
    }
    await this.#files.syncDirectory(this.#directory);
  }

  async close(): Promise<void> {
    await Promise.all([this.#close(0), this.#close(1)]);
  }

  async #read(slot: Slot): Promise<CursorState | "missing" | null> {
    try {
      const file = await this.#files.open(this.#path(slot), "read");
      try {
        const bytes = Math.min(await file.bytes(), headBytes + maxMemoBytes);
        return decodeCursor(await readFully(file, Buffer.alloc(bytes), 0));
      } finally {
        await file.close();
      }
    } catch (error) {
      if (faultOf(error) === "ENOENT") return "missing";
      if (isGone(error)) return null;
      // A disk that cannot be read now says nothing about the cursor: to begin before it would be to go back.
      throw error;
    }
  }

  async #open(slot: Slot): Promise<File> {
    const path = this.#path(slot);
    try {
      return await this.#files.open(path, "update");
    } catch (error) {
      if (faultOf(error) !== "ENOENT") throw error;
    }
    const file = await this.#files.open(path, "create");
    try {
      await this.#files.syncDirectory(this.#directory);
      return file;
    } catch (error) {
      await file.close().catch(() => undefined);
      await this.#files.remove(path).catch(() => undefined);
      throw error;
    }
  }

  async #close(slot: Slot): Promise<void> {
    const file = this.#handles[slot];
    this.#handles[slot] = null;
    await file?.close().catch(() => undefined);
  }

  #path(slot: Slot): string {
    return join(this.#directory, `${this.#name}.cursor-${slot}`);
  }
}
