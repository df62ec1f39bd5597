/**
 * The disk of the simulation: the journal's own crash-model file system behind system calls that take time, fail, and
 * are cut off by the end of the process that made them.
 */

/** Calls that a disk without room refuses, and those that a read-only one does. */
const needRoom = new Set(["write", "open-create", "makeDirectory"]);
const change = new Set([...needRoom, "rename", "remove", "truncate", "touch", "sync", "syncDirectory", "open-update"]);

/** Which calls a fault of the disk concerns. */
const faults = {
  ENOSPC: (name) => needRoom.has(name),
  EROFS: (name) => change.has(name) && name !== "sync",
  EIO: (name) => change.has(name) || name === "read",
};

export class Disk {
  /** How often single calls fail or fall short, where the run has such a disk. */
  #faultRate;
  #shortRate;
  #world;
  #chance;
  #subject;
  #files;
  #fault = null;
  /** Calls that have failed so far. */
  failures = 0;
  /** Files that are open, of all processes that live. */
  openFiles = new Map();

  constructor(world, subject, { faultRate, shortRate }) {
    this.#world = world;
    this.#chance = world.chance.fork();
    this.#subject = subject;
    this.#files = subject.createMemoryFiles();
    this.#faultRate = faultRate;
    this.#shortRate = shortRate;
  }

  /** From now on calls fail with `code`, until `heal`. */
  fail(code) {
    this.#world.note(`disk fails with ${code}`);
    this.#fault = code;
  }

  heal() {
    if (this.#fault !== null) this.#world.note("disk is well again");
    this.#fault = null;
  }

  /** No single faults any more, either. */
  healForEver() {
    this.heal();
    this.#faultRate = 0;
    this.#shortRate = 0;
  }

  /** What was not synced may be gone. All processes must have ended. */
  cutPower() {
    this.#world.note("power cut");
    this.#files = this.#files.cutPower(() => this.#chance.next());
    this.openFiles.clear();
  }

  /** Turns one bit of one file over: which one, and how far from its end; null when there is nothing to damage. */
  rot(isCandidate) {
    const path = this.#chance.pick(this.#files.paths().filter(isCandidate));
    if (path === undefined) return null;
    const bytes = this.#files.contentOf(path);
    if (bytes.length === 0) return null;
    const at = this.#chance.int(0, bytes.length - 1);
    bytes[at] ^= 1 << this.#chance.int(0, 7);
    this.#files.place(path, bytes);
    this.#world.note(`bit turned over at ${at} of ${path}`);
    return { path, bytesToEnd: bytes.length - at };
  }

  /** Whether there is a lock that does not say whose it is: then its age counts, by the wall clock. */
  get hasNamelessLock() {
    const locks = this.#files.paths().filter((path) => /\/lock\.\d+$/.test(path));
    return locks.some((path) => !isJson(this.#files.contentOf(path)));
  }

  /** The files in memory have no clock. */
  created(path) {
    void this.#files.touch(path, this.#world.wallMs);
  }

  /** The file system as one process sees it. */
  filesOf(process) {
    const decide = ({ name }) => this.#decide(name);
    return new ProcessFiles(this.#world, { process, disk: this, chance: this.#chance }, (purpose) =>
      this.#subject.createFaultyFiles(this.#files, ({ name }) =>
        decide({ name: name === "open" && purpose !== undefined ? `open-${purpose}` : name }),
      ),
    );
  }

  #decide(name) {
    const code = this.#fault !== null && faults[this.#fault](name) ? this.#fault : this.#singleFault(name);
    if (code !== null && code !== "short") this.failures += 1;
    return code;
  }

  #singleFault(name) {
    if (name === "write" && this.#chance.is(this.#shortRate)) return "short";
    if (!this.#chance.is(this.#faultRate)) return null;
    const code = this.#chance.pick(Object.keys(faults));
    if (!faults[code](name)) return null;
    this.#world.note(`${name} fails with ${code}`);
    return code;
  }
}

function isJson(bytes) {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}

class ProcessFiles {
  #world;
  #process;
  #disk;
  #chance;
  #faulty;

  constructor(world, { process, disk, chance }, faulty) {
    this.#world = world;
    this.#process = process;
    this.#disk = disk;
    this.#chance = chance;
    this.#faulty = { create: faulty("create"), read: faulty("read"), update: faulty("update") };
    disk.openFiles.set(process.pid, 0);
  }

  makeDirectory(path) {
    return this.#call("makeDirectory", path, () => this.#faulty.read.makeDirectory(path));
  }

  list(path) {
    return this.#call("list", path, () => this.#faulty.read.list(path));
  }

  async open(path, purpose) {
    const file = await this.#call(`open to ${purpose}`, path, () => this.#faulty[purpose].open(path, purpose));
    this.#countOpen(1);
    if (purpose === "create") this.#disk.created(path);
    return {
      read: (target, offset) => this.#call("read", path, () => file.read(target, offset)),
      write: (buffers, offset) => this.#call("write", path, () => file.write(this.#cutAtDeath(buffers), offset)),
      sync: () => this.#call("sync", path, () => file.sync()),
      truncate: (bytes) => this.#call("truncate", path, () => file.truncate(bytes)),
      bytes: () => this.#call("bytes", path, () => file.bytes()),
      close: () => {
        this.#countOpen(-1);
        return this.#call("close", path, () => file.close());
      },
    };
  }

  rename(from, to) {
    return this.#call("rename", from, () => this.#faulty.read.rename(from, to));
  }

  remove(path) {
    return this.#call("remove", path, () => this.#faulty.read.remove(path));
  }

  stat(path) {
    return this.#call("stat", path, () => this.#faulty.read.stat(path));
  }

  touch(path, atMs) {
    return this.#call("touch", path, () => this.#faulty.read.touch(path, atMs));
  }

  syncDirectory(path) {
    return this.#call("syncDirectory", path, () => this.#faulty.read.syncDirectory(path));
  }

  /** A process that dies in a write may leave a part of it. */
  #cutAtDeath(buffers) {
    if (this.#process.isAlive) return buffers;
    const bytes = Buffer.concat(buffers);
    return [bytes.subarray(0, this.#chance.int(0, bytes.length))];
  }

  #countOpen(by) {
    const { openFiles } = this.#disk;
    openFiles.set(this.#process.pid, (openFiles.get(this.#process.pid) ?? 0) + by);
  }

  #call(name, path, act) {
    this.#world.detail(() => `p${this.#process.pid} ${name} ${path}`);
    const delayMs = this.#chance.is(0.02) ? this.#chance.spread(1, 400) : this.#chance.next() * 0.6;
    return new Promise((resolve) => this.#process.call(delayMs, act, resolve));
  }
}
