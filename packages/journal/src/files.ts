/**
 * The file system as the journal uses it: a port, so that tests can lose, tear and refuse what they like. The real one
 * creates files as 0600 in folders of 0700, follows no symbolic link and passes errors on as Node gives them (`code`).
 */
import { constants } from "node:fs";
import * as fs from "node:fs";
import { dirname } from "node:path";

export interface FileSystem {
  /** Makes the folder and its parents where they are missing. Fails with ELOOP where it is a symbolic link. */
  makeDirectory(path: string): Promise<void>;
  list(path: string): Promise<readonly DirectoryEntry[]>;
  open(path: string, purpose: OpenPurpose): Promise<File>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  stat(path: string): Promise<FileStat>;
  /** Sets the time of last change. Fails with ENOENT where there is no file. */
  touch(path: string, atMs: number): Promise<void>;
  /** Brings the names in a folder to stable storage: what was created, renamed and removed. */
  syncDirectory(path: string): Promise<void>;
  /** Writes before it returns, creating the file where it is missing: for the moment in which a process ends. */
  writeNow(path: string, buffers: readonly Uint8Array[], offset: number): void;
}

/** `create` fails with EEXIST where something has the name; `read` and `update` fail with ENOENT where nothing has. */
export type OpenPurpose = "create" | "read" | "update";

export interface DirectoryEntry {
  readonly name: string;
  /** False for links, folders, pipes and the like. */
  readonly isFile: boolean;
}

export interface FileStat {
  readonly bytes: number;
  readonly modifiedAtMs: number;
}

/** An open file. Everything is positional: there is no current offset. */
export interface File {
  /** Bytes read into `target`, fewer than it holds only where the file ends. */
  read(target: Uint8Array, offset: number): Promise<number>;
  /** Bytes written of the buffers laid end to end; may be fewer than given, without an error. */
  write(buffers: readonly Uint8Array[], offset: number): Promise<number>;
  /** Brings content and size to stable storage. After a failure what is on disk is unknown, for ever. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  bytes(): Promise<number>;
  close(): Promise<void>;
}

/** The operating system's files. */
export const systemFiles: FileSystem = {
  async makeDirectory(path) {
    const created = await fs.promises.mkdir(path, { recursive: true, mode: 0o700 });
    const found = await fs.promises.lstat(path);
    if (found.isSymbolicLink()) throw refusal("ELOOP", path);
    if (!found.isDirectory()) throw refusal("ENOTDIR", path);
    if (created !== undefined) await syncDirectory(dirname(created));
  },
  async list(path) {
    const entries = await fs.promises.readdir(path, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, isFile: entry.isFile() }));
  },
  open: (path, purpose) =>
    new Promise((resolve, reject) => {
      fs.open(path, openFlags[purpose], 0o600, (error, fd) =>
        error === null ? resolve(new SystemFile(fd)) : reject(error),
      );
    }),
  rename: (from, to) => fs.promises.rename(from, to),
  remove: (path) => fs.promises.unlink(path),
  async stat(path) {
    const found = await fs.promises.lstat(path);
    return { bytes: found.size, modifiedAtMs: found.mtimeMs };
  },
  touch: (path, atMs) => fs.promises.lutimes(path, atMs / 1000, atMs / 1000),
  syncDirectory,
  writeNow(path, buffers, offset) {
    const fd = fs.openSync(path, constants.O_RDWR | constants.O_CREAT | guarded, 0o600);
    try {
      let at = offset;
      for (let rest = buffers; rest.length > 0;) {
        const bytes = fs.writevSync(fd, firstOf(rest), at);
        at += bytes;
        rest = afterWriting(rest, bytes);
      }
    } finally {
      fs.closeSync(fd);
    }
  },
};

// Windows has no O_NOFOLLOW and no O_NONBLOCK; the latter keeps a pipe in a file's place from blocking a thread.
const guarded = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const openFlags: Readonly<Record<OpenPurpose, number>> = {
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | guarded,
  read: constants.O_RDONLY | guarded,
  update: constants.O_RDWR | guarded,
};

class SystemFile implements File {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  read(target: Uint8Array, offset: number): Promise<number> {
    return count((done) => fs.read(this.#fd, target, 0, target.byteLength, offset, done));
  }

  write(buffers: readonly Uint8Array[], offset: number): Promise<number> {
    return count((done) => fs.writev(this.#fd, buffers, offset, done));
  }

  sync(): Promise<void> {
    return settle((done) => fs.fdatasync(this.#fd, done));
  }

  truncate(bytes: number): Promise<void> {
    return settle((done) => fs.ftruncate(this.#fd, bytes, done));
  }

  bytes(): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.fstat(this.#fd, (error, found) => (error === null ? resolve(found.size) : reject(error)));
    });
  }

  close(): Promise<void> {
    return settle((done) => fs.close(this.#fd, done));
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a folder; its file systems journal names by themselves.
  if (process.platform === "win32") return;
  const handle = await fs.promises.open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function count(start: (done: (error: Error | null, bytes: number) => void) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    start((error, bytes) => (error === null ? resolve(bytes) : reject(error)));
  });
}

function settle(start: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });
}

function refusal(code: string, path: string): Error {
  const what = code === "ELOOP" ? "is a symbolic link" : "is not a folder";
  return Object.assign(new Error(`${code}: ${path} ${what}`), { code });
}

/** Reads until `target` is full or the file ends; the part that was filled. */
export async function readFully(file: File, target: Buffer, offset: number): Promise<Buffer> {
  let filled = 0;
  while (filled < target.byteLength) {
    const bytes = await file.read(target.subarray(filled), offset + filled);
    if (bytes === 0) break;
    filled += bytes;
  }
  return target.subarray(0, filled);
}

/** Writes everything, however short the single writes are: a full disk may take a part without an error. */
export async function writeFully(file: File, buffers: readonly Uint8Array[], offset: number): Promise<void> {
  let at = offset;
  for (let rest = buffers; rest.length > 0;) {
    const bytes = await file.write(firstOf(rest), at);
    at += bytes;
    rest = afterWriting(rest, bytes);
  }
}

/** The system call takes at most IOV_MAX (1,024) buffers. */
const maxBuffersPerWrite = 1024;

function firstOf(buffers: readonly Uint8Array[]): readonly Uint8Array[] {
  return buffers.length > maxBuffersPerWrite ? buffers.slice(0, maxBuffersPerWrite) : buffers;
}

/** What is left after a write of so many bytes. */
function afterWriting(buffers: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  if (bytes <= 0) throw Object.assign(new Error("ENOSPC: a write took no byte"), { code: "ENOSPC" });
  let skip = bytes;
  for (let at = 0; at < buffers.length; at += 1) {
    const buffer = buffers[at];
    if (buffer === undefined) break;
    if (skip < buffer.byteLength) return [buffer.subarray(skip), ...buffers.slice(at + 1)];
    skip -= buffer.byteLength;
  }
  return [];
}
