/** A file system whose calls fail as they are told to: for tests of every path that an error can take. */
import type { File, FileSystem } from "./files.js";

export const fileCalls = [
  "makeDirectory",
  "list",
  "open",
  "rename",
  "remove",
  "stat",
  "touch",
  "syncDirectory",
  "writeNow",
  "read",
  "write",
  "sync",
  "truncate",
  "bytes",
  "close",
] as const;

export interface FileCall {
  /** Counted over all calls, from 0. */
  readonly index: number;
  readonly name: (typeof fileCalls)[number];
  readonly path: string;
}

/** An error code (`EIO`), `short` for a write that takes only a part, or null: nothing happens to this call. */
export type DecideFault = (call: FileCall) => string | null;

export interface FaultyFiles extends FileSystem {
  /** Calls made so far. */
  readonly calls: number;
}

export function createFaultyFiles(files: FileSystem, decide: DecideFault): FaultyFiles {
  let calls = 0;
  const ask = (name: FileCall["name"], path: string): string | null => {
    const index = calls;
    calls += 1;
    return decide({ index, name, path });
  };
  const call = async <Value>(name: FileCall["name"], path: string, act: () => Promise<Value>): Promise<Value> => {
    const code = ask(name, path);
    if (code !== null && code !== "short") throw faultOfCode(code, path);
    return act();
  };
  return {
    get calls() {
      return calls;
    },
    makeDirectory: (path) => call("makeDirectory", path, () => files.makeDirectory(path)),
    list: (path) => call("list", path, () => files.list(path)),
    open: (path, purpose) =>
      call("open", path, async () => faultyFile(await files.open(path, purpose), (name) => ask(name, path))),
    rename: (from, to) => call("rename", from, () => files.rename(from, to)),
    remove: (path) => call("remove", path, () => files.remove(path)),
    stat: (path) => call("stat", path, () => files.stat(path)),
    touch: (path, atMs) => call("touch", path, () => files.touch(path, atMs)),
    syncDirectory: (path) => call("syncDirectory", path, () => files.syncDirectory(path)),
    writeNow(path, buffers, offset) {
      const code = ask("writeNow", path);
      if (code !== null && code !== "short") throw faultOfCode(code, path);
      files.writeNow(path, buffers, offset);
    },
  };
}

function faultyFile(file: File, ask: (name: FileCall["name"]) => string | null): File {
  const call = async <Value>(name: FileCall["name"], act: () => Promise<Value>): Promise<Value> => {
    const code = ask(name);
    if (code === null || code === "short") return act();
    // After a failed sync the system counts the pages as clean: no later sync will write them.
    if (name === "sync" && "forgetUnsynced" in file && typeof file.forgetUnsynced === "function") file.forgetUnsynced();
    // A failed close has closed the file all the same.
    if (name === "close") await file.close();
    throw faultOfCode(code, "the file");
  };
  return {
    read: (target, offset) => call("read", () => file.read(target, offset)),
    async write(buffers, offset) {
      const code = ask("write");
      if (code === null) return file.write(buffers, offset);
      const part = halfOf(buffers);
      // A write that fails may have taken a part, too.
      const bytes = part.length === 0 ? 0 : await file.write([part], offset);
      if (code === "short") return bytes;
      throw faultOfCode(code, "the file");
    },
    sync: () => call("sync", () => file.sync()),
    truncate: (bytes) => call("truncate", () => file.truncate(bytes)),
    bytes: () => call("bytes", () => file.bytes()),
    close: () => call("close", () => file.close()),
  };
}

function halfOf(buffers: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(buffers);
  return bytes.subarray(0, Math.ceil(bytes.length / 2));
}

function faultOfCode(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
