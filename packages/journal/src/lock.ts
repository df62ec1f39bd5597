/**
 * One process per folder. Node has no lock that the kernel gives back when a process dies, so a file says who holds it:
 * `lock.<number>`, created only if no file has that name. Whoever finds locks of the dead takes the next number; two
 * who do so at once cannot both create it, and each looks again after creating its own.
 *
 * Who is dead is told by pid, start time, boot and pid namespace. Where that cannot tell (another host or container, a
 * file whose content is lost), the lock counts as held while its time of change is fresh: the holder renews it, and with
 * it the content, where that could not be written at first.
 */
import { join } from "node:path";
import { JournalError, faultOf } from "./errors.js";
import { readFully, writeFully, type File, type FileSystem } from "./files.js";
import type { Owner, Processes } from "./processes.js";
import type { JournalRuntime } from "./runtime.js";

export interface LockOptions {
  readonly files: FileSystem;
  readonly directory: string;
  readonly runtime: JournalRuntime;
}

export interface Lock {
  /** Calls back if the lock is taken away: someone else took this process for dead. */
  onLost(callback: () => void): void;
  release(): Promise<void>;
}

interface FoundLock {
  readonly path: string;
  readonly number: number;
  readonly owner: Owner | null;
  readonly modifiedAtMs: number;
}

export const heartbeatMs = 2_000;
/** A holder that cannot be asked after is given up when it has not renewed its lock for so long. */
export const silentAfterMs = 10_000;
const maxClockSkewMs = 3_600_000;
const maxAttempts = 3;
const maxLockBytes = 4096;
const lockPattern = /^lock\.(\d{1,15})$/;

/** Locks that could not be removed when they were given up, by the process that had them: it does not hold them. */
const abandoned = new WeakMap<Processes, Set<string>>();

/** Rejects with `locked` where a living process has the folder. */
export async function acquireLock(options: LockOptions): Promise<Lock> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const found = await findLocks(options);
    const holder = found.find((lock) => isHeld(lock, options.runtime));
    if (holder !== undefined) throw lockedError(options.directory, holder);
    const number = 1 + found.reduce((most, lock) => Math.max(most, lock.number), 0);
    const path = join(options.directory, `lock.${number}`);
    const created = await createLock(path, options);
    if (created === "taken" || !(await isAlone(path, options))) continue;
    abandoned.get(options.runtime.processes)?.delete(path);
    for (const stale of found) await options.files.remove(stale.path).catch(ignored);
    return hold(path, options, created);
  }
  throw new JournalError("locked", `${options.directory} is being opened by several processes at once: try again`);
}

/** Whether a folder holds a journal that no living process has open; it can be opened, and what it holds be taken over. */
export async function isUnlocked(options: LockOptions): Promise<boolean> {
  const found = await findLocks(options);
  return !found.some((lock) => isHeld(lock, options.runtime));
}

/** Whether its file says whose it is. */
type CreatedLock = "named" | "nameless";

async function createLock(path: string, options: LockOptions): Promise<CreatedLock | "taken"> {
  const { files, directory, runtime } = options;
  try {
    const file = await files.open(path, "create");
    try {
      // A full disk may refuse the content. The file alone is a lock too: then its time of change decides.
      await writeOwner(file, runtime);
      await files.syncDirectory(directory);
      return "named";
    } catch {
      await files.touch(path, runtime.nowMs()).catch(ignored);
      return "nameless";
    } finally {
      await file.close().catch(ignored);
    }
  } catch (error) {
    if (faultOf(error) === "EEXIST") return "taken";
    throw error;
  }
}

async function writeOwner(file: File, { processes }: JournalRuntime): Promise<void> {
  await writeFully(file, [Buffer.from(JSON.stringify(processes.self()))], 0);
  await file.sync();
}

/** Whether the file says whose it is now. One that names somebody is left as it is. */
async function nameLock(path: string, { files, runtime }: LockOptions): Promise<boolean> {
  if ((await readOwner(path, files).catch(() => null)) !== null) return true;
  try {
    const file = await files.open(path, "update");
    try {
      await writeOwner(file, runtime);
      return true;
    } finally {
      await file.close().catch(ignored);
    }
  } catch {
    return false;
  }
}

/** Someone who found the folder free at the same moment may have created a lock of another number: then both withdraw. */
async function isAlone(path: string, options: LockOptions): Promise<boolean> {
  const others = (await findLocks(options)).filter((lock) => lock.path !== path);
  if (!others.some((lock) => isHeld(lock, options.runtime))) return true;
  await giveUp(path, options);
  return false;
}

function hold(path: string, options: LockOptions, created: CreatedLock): Lock {
  const { files, runtime } = options;
  let isNamed = created === "named";
  let cancel: () => void = () => undefined;
  let tellLoss: () => void = () => undefined;
  let isOver = false;
  const renew = async (): Promise<void> => {
    if (!isNamed) isNamed = await nameLock(path, options);
    const fault = await files.touch(path, runtime.nowMs()).then(() => null, faultOf);
    if (isOver) return;
    isOver = fault === "ENOENT";
    if (isOver) tellLoss();
    else renewLater();
  };
  const renewLater = (): void => {
    cancel = runtime.setTimer(() => void renew(), heartbeatMs);
  };
  renewLater();
  return {
    onLost(callback) {
      tellLoss = callback;
    },
    async release() {
      isOver = true;
      cancel();
      await giveUp(path, { files, runtime });
    },
  };
}

/** Where the file cannot be removed, this process at least knows that nobody holds it. */
async function giveUp(path: string, { files, runtime }: Pick<LockOptions, "files" | "runtime">): Promise<void> {
  const fault = await files.remove(path).then(() => null, faultOf);
  if (fault === null || fault === "ENOENT") return;
  const paths = abandoned.get(runtime.processes) ?? new Set();
  abandoned.set(runtime.processes, paths.add(path));
}

function isHeld(lock: FoundLock, runtime: JournalRuntime): boolean {
  const fate = lock.owner === null ? "unknown" : runtime.processes.fate(lock.owner);
  if (fate !== "unknown") return fate === "alive" && !isAbandoned(lock, runtime.processes);
  const silentMs = runtime.nowMs() - lock.modifiedAtMs;
  // The other clock may be ahead of ours; a time far in the future is one that was wrong and has been put right.
  return silentMs < silentAfterMs && silentMs > -maxClockSkewMs;
}

/** A lock of the same name may have been created since, by another process. */
function isAbandoned({ path, owner }: FoundLock, processes: Processes): boolean {
  if (owner === null || abandoned.get(processes)?.has(path) !== true) return false;
  const self = processes.self();
  return owner.pid === self.pid && owner.started === self.started && owner.host === self.host;
}

async function findLocks({ files, directory }: LockOptions): Promise<readonly FoundLock[]> {
  const entries = await files.list(directory);
  const found: FoundLock[] = [];
  for (const { name } of entries) {
    const number = lockPattern.exec(name)?.[1];
    const lock = number === undefined ? null : await readLock(join(directory, name), Number(number), files);
    if (lock !== null) found.push(lock);
  }
  return found;
}

/** Null where it is gone again. */
async function readLock(path: string, number: number, files: FileSystem): Promise<FoundLock | null> {
  try {
    const { modifiedAtMs } = await files.stat(path);
    return { path, number, owner: await readOwner(path, files).catch(() => null), modifiedAtMs };
  } catch (error) {
    if (faultOf(error) === "ENOENT") return null;
    throw error;
  }
}

async function readOwner(path: string, files: FileSystem): Promise<Owner | null> {
  const file = await files.open(path, "read");
  try {
    const content = await readFully(file, Buffer.alloc(maxLockBytes), 0);
    return parseOwner(JSON.parse(content.toString("utf8")));
  } finally {
    await file.close();
  }
}

function parseOwner(value: unknown): Owner | null {
  if (typeof value !== "object" || value === null || !("pid" in value) || typeof value.pid !== "number") return null;
  const text = (key: string): string => {
    const found: unknown = Reflect.get(value, key);
    return typeof found === "string" ? found : "";
  };
  const { pid } = value;
  return { pid, host: text("host"), boot: text("boot"), namespace: text("namespace"), started: text("started") };
}

function lockedError(directory: string, lock: FoundLock): JournalError {
  const who =
    lock.owner === null ? "a process that did not leave its name" : `process ${lock.owner.pid} on ${lock.owner.host}`;
  const message = `${directory} is in use by ${who}: give each process a folder of its own, or wait for that one to end`;
  return new JournalError("locked", message, {
    fields: lock.owner === null ? {} : { pid: lock.owner.pid, host: lock.owner.host },
  });
}

/** For steps whose failure changes nothing: a lock left behind is judged like any other. */
const ignored = (): void => undefined;
