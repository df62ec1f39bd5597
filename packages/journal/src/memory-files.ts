/**
 * A file system in memory that forgets what was not synced, as real ones may: for tests that cut the power.
 *
 * Of each file it keeps what programs see and, apart from it, what is on stable storage; `sync` moves the writes since
 * the last one over. Names likewise: a created, renamed or removed name is safe after `syncDirectory` only. A power cut
 * keeps any part of what was not synced: each write whole, in part, as zeros or not at all, in any combination.
 */
import { basename, dirname } from "node:path";
import type { File, FileSystem } from "./files.js";

export interface MemoryFiles extends FileSystem {
  /** The process ends: what follows finds everything that was written. Calls on this object never settle again. */
  kill(): MemoryFiles;
  /** The power fails: what follows finds what was synced, and of the rest what `random` (0 ≤ n < 1) leaves: at 0, nothing. */
  cutPower(random: () => number): MemoryFiles;
  /** All files, sorted. */
  paths(): readonly string[];
  /** A file's content as programs see it; throws where there is none. */
  contentOf(path: string): Buffer;
  /** Puts a file there, on stable storage: to prepare or damage one. */
  place(path: string, content: Uint8Array): void;
}

/** A file of this file system, which can also do what a disk does when a sync fails. */
export interface MemoryFile extends File {
  /** What was written since the last sync counts as written back and never reaches stable storage. */
  forgetUnsynced(): void;
}

type Change =
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly bytes: number };

type NameChange =
  | { readonly kind: "link"; readonly path: string; readonly node: Node }
  | { readonly kind: "unlink"; readonly path: string }
  | { readonly kind: "rename"; readonly from: string; readonly to: string };

export function createMemoryFiles(): MemoryFiles {
  return new ForgetfulFiles(new Map(), new Set());
}

/** A file's bytes; grows by doubling. */
class Content {
  #bytes: Buffer;
  #length: number;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = Buffer.from(bytes);
    this.#length = bytes.byteLength;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  /** What fits of what there is from `offset` on; how much that was. */
  copyTo(target: Uint8Array, offset: number): number {
    return this.#bytes.copy(target, 0, Math.min(offset, this.#length), this.#length);
  }

  apply(change: Change): void {
    if (change.kind === "truncate") {
      this.#resize(change.bytes);
      return;
    }
    this.#resize(Math.max(this.#length, change.offset + change.bytes.length));
    this.#bytes.set(change.bytes, change.offset);
  }

  #resize(length: number): void {
    if (length > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(length, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    // What was cut off is zeros when the file grows again.
    if (length < this.#length) this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }
}

class Node {
  readonly seen: Content;
  readonly stable: Content;
  readonly unsynced: Change[] = [];
  modifiedAtMs = 0;

  constructor(content: Uint8Array = new Uint8Array(0)) {
    this.seen = new Content(content);
    this.stable = new Content(content);
  }

  change(change: Change): void {
    this.seen.apply(change);
    this.unsynced.push(change);
  }

  sync(): void {
    for (const change of this.unsynced) this.stable.apply(change);
    this.unsynced.length = 0;
  }

  /** What a power cut leaves. */
  remains(random: () => number): Buffer {
    const left = new Content(this.stable.bytes);
    for (const change of this.unsynced) {
      const part = remainsOf(change, random);
      if (part !== null) left.apply(part);
    }
    return Buffer.from(left.bytes);
  }
}

function remainsOf(change: Change, random: () => number): Change | null {
  const fate = random();
  if (fate < 0.3) return null;
  if (fate < 0.6 || change.kind === "truncate") return change;
  if (fate < 0.8) return { ...change, bytes: change.bytes.subarray(0, Math.floor(random() * change.bytes.length)) };
  return { ...change, bytes: Buffer.alloc(change.bytes.length) };
}

class ForgetfulFiles implements MemoryFiles {
  readonly #nodes: Map<string, Node>;
  readonly #stableNames: Map<string, Node>;
  readonly #folders: Set<string>;
  /** In the order they were made, with the folder they belong to. */
  #unsyncedNames: { readonly folder: string; readonly change: NameChange }[] = [];
  #isOver = false;

  constructor(nodes: Map<string, Node>, folders: Set<string>) {
    this.#nodes = nodes;
    this.#stableNames = new Map(nodes);
    this.#folders = folders;
  }

  kill(): MemoryFiles {
    this.#isOver = true;
    const nodes = [...this.#nodes].map(([path, node]) => [path, copyOf(node, node.seen.bytes)] as const);
    return new ForgetfulFiles(new Map(nodes), new Set(this.#folders));
  }

  cutPower(random: () => number): MemoryFiles {
    this.#isOver = true;
    const names = new Map(this.#stableNames);
    for (const { change } of this.#unsyncedNames) {
      if (random() >= 0.5) applyName(names, change);
    }
    const nodes = [...names].map(([path, node]) => [path, copyOf(node, node.remains(random))] as const);
    return new ForgetfulFiles(new Map(nodes), new Set(this.#folders));
  }

  paths(): readonly string[] {
    return [...this.#nodes.keys()].toSorted();
  }

  contentOf(path: string): Buffer {
    return Buffer.from(this.#node(path).seen.bytes);
  }

  place(path: string, content: Uint8Array): void {
    const node = new Node(content);
    this.#nodes.set(path, node);
    this.#stableNames.set(path, node);
    this.#folders.add(dirname(path));
  }

  makeDirectory(path: string): Promise<void> {
    return this.#do(() => {
      for (let folder = path; !this.#folders.has(folder); folder = dirname(folder)) this.#folders.add(folder);
    });
  }

  list(path: string): Promise<readonly { readonly name: string; readonly isFile: boolean }[]> {
    return this.#do(() => {
      if (!this.#folders.has(path)) throw fault("ENOENT", path);
      const paths = [...this.#nodes.keys()].filter((candidate) => dirname(candidate) === path);
      const folders = [...this.#folders].filter((candidate) => dirname(candidate) === path && candidate !== path);
      return [
        ...paths.map((found) => ({ name: basename(found), isFile: true })),
        ...folders.map((found) => ({ name: basename(found), isFile: false })),
      ];
    });
  }

  open(path: string, purpose: "create" | "read" | "update"): Promise<MemoryFile> {
    return this.#do(() => {
      if (purpose === "create") {
        if (!this.#folders.has(dirname(path))) throw fault("ENOENT", path);
        if (this.#nodes.has(path)) throw fault("EEXIST", path);
        this.#rename({ kind: "link", path, node: new Node() }, dirname(path));
      }
      return this.#fileOf(this.#node(path), purpose !== "read");
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#do(() => {
      this.#node(from);
      this.#rename({ kind: "rename", from, to }, dirname(to));
    });
  }

  remove(path: string): Promise<void> {
    return this.#do(() => {
      this.#node(path);
      this.#rename({ kind: "unlink", path }, dirname(path));
    });
  }

  stat(path: string): Promise<{ readonly bytes: number; readonly modifiedAtMs: number }> {
    return this.#do(() => {
      const node = this.#node(path);
      return { bytes: node.seen.length, modifiedAtMs: node.modifiedAtMs };
    });
  }

  touch(path: string, atMs: number): Promise<void> {
    return this.#do(() => {
      this.#node(path).modifiedAtMs = atMs;
    });
  }

  syncDirectory(path: string): Promise<void> {
    return this.#do(() => {
      const synced = this.#unsyncedNames.filter(({ folder }) => folder === path);
      for (const { change } of synced) applyName(this.#stableNames, change);
      this.#unsyncedNames = this.#unsyncedNames.filter(({ folder }) => folder !== path);
    });
  }

  writeNow(path: string, buffers: readonly Uint8Array[], offset: number): void {
    if (this.#isOver) return;
    if (!this.#nodes.has(path)) this.#rename({ kind: "link", path, node: new Node() }, dirname(path));
    this.#node(path).change({ kind: "write", offset, bytes: Buffer.concat(buffers) });
  }

  #rename(change: NameChange, folder: string): void {
    applyName(this.#nodes, change);
    this.#unsyncedNames.push({ folder, change });
  }

  #node(path: string): Node {
    const node = this.#nodes.get(path);
    if (node === undefined) throw fault("ENOENT", path);
    return node;
  }

  #fileOf(node: Node, isWritable: boolean): MemoryFile {
    const change = (what: Change): void => {
      if (!isWritable) throw fault("EBADF", "the file");
      node.change(what);
    };
    return {
      read: (target, offset) => this.#do(() => node.seen.copyTo(target, offset)),
      write: (buffers, offset) =>
        this.#do(() => {
          const bytes = Buffer.concat(buffers);
          change({ kind: "write", offset, bytes });
          return bytes.length;
        }),
      sync: () => this.#do(() => node.sync()),
      truncate: (bytes) => this.#do(() => change({ kind: "truncate", bytes })),
      bytes: () => this.#do(() => node.seen.length),
      close: () => this.#do(() => undefined),
      forgetUnsynced: () => {
        node.unsynced.length = 0;
      },
    };
  }

  /** Acts at once and answers a moment later, like a call that the system may have done without our hearing of it. */
  #do<Value>(act: () => Value): Promise<Value> {
    if (this.#isOver) return new Promise(() => undefined);
    return new Promise((resolve, reject) => {
      try {
        const value = act();
        queueMicrotask(() => (this.#isOver ? undefined : resolve(value)));
      } catch (error) {
        reject(error);
      }
    });
  }
}

function applyName(names: Map<string, Node>, change: NameChange): void {
  switch (change.kind) {
    case "link":
      names.set(change.path, change.node);
      break;
    case "unlink":
      names.delete(change.path);
      break;
    case "rename": {
      const node = names.get(change.from);
      names.delete(change.from);
      if (node !== undefined) names.set(change.to, node);
    }
  }
}

function copyOf(node: Node, content: Uint8Array): Node {
  const copy = new Node(content);
  copy.modifiedAtMs = node.modifiedAtMs;
  return copy;
}

function fault(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
