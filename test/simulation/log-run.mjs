/**
 * A run of the journal alone: processes append, read behind themselves and acknowledge, on a disk that fails; they are
 * killed, the power fails, a second process wants the folder. Checked against what was appended:
 *
 * - what `committed` resolved for is read again, unchanged, in its place, unless damage or a bound is named for it;
 * - what `committed` rejected is never read, nor by a later process once the disk has worked; no record is garbled; positions rise and are never given twice;
 * - a stored cursor does not go back, and its memo belongs to its position;
 * - one process has the folder at a time; after its end the next one gets in;
 * - the journal accepts again when the disk does; nothing is left open or set when it is closed.
 */
import { Disk } from "./disk.mjs";
import { SimulatedProcess } from "./process.mjs";

const directory = "/log";
const readBounds = { maxRecords: 7, maxBytes: 2000 };
/** The journal's own longest wait before it tries a failed disk again, and some time for it to do so. */
const recoveryMs = 20_000;

export async function runLog(world, subject, steps) {
  const run = new LogRun(world, subject);
  await run.start();
  for (let step = 0; step < steps && !world.isViolated; step += 1) await run.step();
  if (!world.isViolated) await run.finish();
}

class LogRun {
  #world;
  #chance;
  #subject;
  #disk;
  #options;
  #living = new Set();
  #pids = 100;
  #process = null;
  #journal = null;
  /** By position: what was appended there, by the newest process that did. */
  #records = new Map();
  /** Those since the last commit. */
  #rejected = [];
  #read = 0;
  #isReading = false;
  #isOpening = false;
  #storedCursor = 0;
  #askedCursor = 0;
  #mayRot;
  #isFaulty;
  #rotten = 0;
  #lostToRot = new Set();
  #sequence = 0;

  constructor(world, subject) {
    const { chance } = world;
    this.#world = world;
    this.#subject = subject;
    this.#mayRot = chance.is(0.2);
    const isFaulty = !this.#mayRot && chance.is(0.7);
    this.#isFaulty = isFaulty;
    this.#disk = new Disk(world, subject, {
      faultRate: isFaulty ? chance.pick([0, 0.003, 0.02]) : 0,
      shortRate: chance.pick([0, 0.05]),
    });
    this.#options = {
      segmentBytes: chance.pick([4096, 4096, 8192, 65536]),
      maxBytes: chance.pick([Infinity, Infinity, 32_768]),
      groupDelayMs: chance.pick([0, 0, 5]),
    };
    this.#chance = chance.fork();
  }

  async start() {
    this.#begin();
    await this.#pass(50);
  }

  async step() {
    const action = this.#chance.weighted({
      append: 40,
      wait: 20,
      read: 18,
      acknowledge: 8,
      kill: 2,
      cutPower: 2,
      failDisk: this.#isFaulty ? 1.5 : 0,
      healDisk: 4,
      intrude: 1,
      close: 1,
      rot: this.#mayRot ? 0.4 : 0,
      jump: 0.5,
    });
    await this[`_${action}`]();
    this.#check();
  }

  /** Everything is well from now on: what was promised must be there. */
  async finish() {
    this.#world.note("all is well from here on");
    this.#disk.healForEver();
    await this.#pass(recoveryMs);
    // A lock whose content was lost counts until it has been silent for a while, and longer if the clock was put back.
    for (const waitMs of [recoveryMs, recoveryMs, 3_700_000, recoveryMs]) {
      if (this.#journal === null && !this.#isOpening) this.#begin();
      await this.#pass(this.#journal === null ? waitMs : recoveryMs);
    }
    if (this.#journal === null) return this.#world.violate("the journal cannot be opened on a sound disk");
    await this.#expectAccepting();
    void this.#readOn();
    await this.#pass(5000);
    if (!this.#world.isViolated) await this.#readEverything();
    await this.#close();
  }

  async #expectAccepting() {
    const status = this.#journal.status();
    if (status.state !== "accepting") this.#world.violate(`on a sound disk the journal is ${status.state}`);
    for (let burst = 0; burst < 3 && !this.#world.isViolated; burst += 1) {
      this.#append();
      await this.#pass(1000);
    }
  }

  #begin() {
    this.#pids += 1;
    const process = new SimulatedProcess(this.#world, { pid: this.#pids, living: this.#living, isInexact: false });
    this.#process = process;
    this.#isOpening = true;
    this.#open(process).then(
      (journal) => this.#opened(process, journal),
      (error) => this.#notOpened(process, error),
    );
  }

  #open(process) {
    const files = this.#disk.filesOf(process);
    return this.#subject.openJournal({ directory, files, runtime: process.journalRuntime, ...this.#options });
  }

  #opened(process, journal) {
    this.#isOpening = false;
    this.#world.note(`p${process.pid} opened, next ${journal.next}, first ${journal.first}`);
    this.#journal = journal;
    const used = Math.max(-1, ...[...this.#records].filter(([, { state }]) => state === "durable").map(([at]) => at));
    if (journal.next <= used && this.#rotten === 0)
      this.#world.violate(`position ${used} was committed, but the next one is ${journal.next}`);
    journal.cursor("reader").then(
      (cursor) => this.#gotCursor(cursor),
      (error) => this.#refusedWhileOpen("cursor", error),
    );
  }

  #gotCursor(cursor) {
    if (this.#journal === null) return;
    this.#cursor = cursor;
    this.#world.note(`cursor at ${cursor.position}`);
    if (cursor.position < this.#storedCursor && !this.#mayRot) {
      this.#world.violate(`the cursor was stored at ${this.#storedCursor} and came back at ${cursor.position}`);
    }
    if (cursor.position > Math.max(this.#askedCursor, this.#journal.first)) {
      this.#world.violate(`the cursor came back at ${cursor.position}, beyond ${this.#askedCursor} where it was put`);
    }
    const memo = cursor.memo === null ? null : Buffer.from(cursor.memo).toString();
    if (memo !== null && memo !== `memo of ${cursor.position}`) {
      this.#world.violate(`the cursor at ${cursor.position} came back with the ${memo}`);
    }
    this.#read = cursor.position;
  }

  #cursor = null;

  #notOpened(process, error) {
    this.#isOpening = false;
    this.#world.note(`p${process.pid} could not open: ${error.code}`);
    const isKnown = error.code === "unusable" || error.code === "locked";
    if (!isKnown) return this.#world.violate(`opening failed with ${String(error)}`);
    process.kill();
    this.#forgetProcess();
  }

  #refusedWhileOpen(what, error) {
    this.#world.note(`${what} refused: ${error.code}`);
    if (error.code === undefined) this.#world.violate(`${what} failed with ${String(error)}`);
  }

  _append() {
    for (let count = this.#chance.int(1, 6); count > 0; count -= 1) this.#append();
    return this.#pass(this.#chance.next() * 2);
  }

  #append() {
    const journal = this.#journal;
    if (journal === null) return;
    this.#sequence += 1;
    const bytes = payload(this.#sequence, this.#chance);
    try {
      const position = journal.append(bytes.length > 20 ? [bytes.subarray(0, 9), bytes.subarray(9)] : [bytes]);
      const record = { bytes: Buffer.from(bytes), state: "appended", process: this.#process, isVoid: false };
      if (this.#rotten === 0 && this.#records.get(position)?.state === "durable") {
        this.#world.violate(`position ${position} was given twice`);
      }
      this.#records.set(position, record);
      // The caller may use its buffer again.
      bytes.fill(0xff);
      void this.#watch(journal.committed(position), record, position);
    } catch (error) {
      this.#appendRefused(journal, error);
    }
  }

  async #watch(committed, record, position) {
    const { pid } = this.#process;
    try {
      await committed;
      record.state = "durable";
      this.#voidRejected(record.process);
      this.#world.note(`p${pid} committed ${position}`);
    } catch (error) {
      record.state = "rejected";
      this.#rejected.push(record);
      this.#world.note(`p${pid} rejected ${position}: ${error.code}`);
    }
  }

  /** From now on it is known where the records end: what the process was refused cannot be read any more. */
  #voidRejected(process) {
    for (const rejected of this.#rejected.splice(0)) rejected.isVoid = rejected.process === process;
  }

  #appendRefused(journal, error) {
    this.#world.note(`append refused: ${error.code}`);
    const { state, bytes } = journal.status();
    const waiting = [...this.#records.values()].filter((record) => record.process === this.#process);
    const waitingBytes = waiting.reduce(
      (sum, each) => sum + (each.state === "appended" ? each.bytes.length + 16 : 0),
      0,
    );
    const isRight =
      (error.code === "suspended" && state === "suspended") ||
      (error.code === "closed" && state === "closed") ||
      (error.code === "full" && bytes + waitingBytes + 12_000 > this.#options.maxBytes);
    if (!isRight) this.#world.violate(`append threw ${String(error)} while ${state} with ${bytes} bytes`);
  }

  _wait() {
    return this.#pass(this.#chance.spread(0.1, this.#chance.is(0.1) ? 60_000 : 50));
  }

  _read() {
    void this.#readOn();
    return this.#pass(this.#chance.next() * 3);
  }

  async #readOn() {
    const journal = this.#journal;
    if (journal === null || this.#isReading || this.#cursor === null) return;
    this.#isReading = true;
    const { pid } = this.#process;
    const from = this.#read;
    try {
      const result = await journal.read(from, readBounds);
      this.#world.note(`p${pid} read ${result.records.length} from ${from} to ${result.next}`);
      this.#checkReading(from, result);
      this.#read = result.next;
    } catch (error) {
      this.#refusedWhileOpen("read", error);
    }
    this.#isReading = false;
  }

  #checkReading(from, { records, next, lost }) {
    let at = from;
    const named = new Set();
    for (const stretch of lost)
      for (let position = stretch.from; position < stretch.to; position += 1) named.add(position);
    for (const { position, bytes } of records) {
      if (position < at) this.#world.violate(`position ${position} was read when ${at} or later was due`);
      this.#checkSkipped(at, position, named);
      this.#checkRecord(position, Buffer.from(bytes));
      at = position + 1;
    }
    this.#checkSkipped(at, next, named);
  }

  #checkRecord(position, bytes) {
    const record = this.#records.get(position);
    if (record === undefined) return this.#world.violate(`position ${position} was read but never appended`);
    if (!record.bytes.equals(bytes)) this.#world.violate(`the record at ${position} was read with other bytes`);
    // A crash may keep what was rejected, unless something was committed since: then it is known where it ended.
    if (record.state === "rejected" && (record.isVoid || record.process === this.#process)) {
      this.#world.violate(`the record at ${position} was rejected, and read all the same`);
    }
  }

  #checkSkipped(from, to, named) {
    // What was acknowledged may be gone, whether or not the acknowledgement was stored.
    for (let position = Math.max(from, this.#askedCursor); position < to; position += 1) {
      if (this.#rotten > 0 && named.has(position)) this.#lostToRot.add(position);
      else if (this.#rotten === 0 && this.#records.get(position)?.state === "durable") {
        this.#world.violate(`the record at ${position} was committed and is not read`);
      }
    }
    if (this.#lostToRot.size > this.#rotten * 3) {
      this.#world.violate("a damaged bit cost more than the records it touched");
    }
  }

  /** What is still there, from its first position on. */
  async #readEverything() {
    const journal = this.#journal;
    let from = Math.max(journal.first, this.#storedCursor);
    while (from < journal.durable && !this.#world.isViolated) {
      let result = null;
      journal.read(from, readBounds).then((read) => (result = read));
      await this.#pass(2000);
      if (result === null || result.next <= from) return this.#world.violate(`reading from ${from} does not go on`);
      this.#checkReading(from, result);
      from = result.next;
    }
  }

  _acknowledge() {
    const cursor = this.#cursor;
    if (cursor !== null && this.#read >= cursor.position) void this.#advance(cursor, this.#read);
    return this.#pass(this.#chance.next() * 2);
  }

  async #advance(cursor, position) {
    this.#askedCursor = Math.max(this.#askedCursor, position);
    try {
      await cursor.advance(position, Buffer.from(`memo of ${position}`));
      this.#storedCursor = Math.max(this.#storedCursor, position);
      this.#world.note(`cursor stored at ${position}`);
    } catch (error) {
      this.#refusedWhileOpen("advance", error);
    }
  }

  _kill() {
    this.#world.note(`p${this.#process.pid} is killed`);
    this.#process.kill();
    this.#disk.openFiles.delete(this.#process.pid);
    return this.#restart();
  }

  _cutPower() {
    this.#process.kill();
    this.#disk.cutPower();
    return this.#restart();
  }

  async #restart() {
    this.#forgetProcess();
    if (this.#chance.is(0.5)) this.#disk.heal();
    this.#begin();
    await this.#pass(this.#chance.spread(1, 100));
  }

  /** What it had appended and heard nothing of may be there or not. */
  #forgetProcess() {
    this.#journal = null;
    this.#cursor = null;
    this.#isReading = false;
    this.#isOpening = false;
  }

  _failDisk() {
    this.#disk.fail(this.#chance.pick(["ENOSPC", "EROFS", "EIO"]));
    return this.#pass(this.#chance.spread(1, 3000));
  }

  async _healDisk() {
    this.#disk.heal();
    if (this.#journal === null && !this.#isOpening) this.#begin();
    await this.#pass(this.#chance.spread(1, 3000));
  }

  /** Another process wants the folder, which only works when nobody has it. */
  async _intrude() {
    if (this.#journal === null) return;
    const process = new SimulatedProcess(this.#world, {
      pid: 9000 + this.#pids,
      living: this.#living,
      isInexact: false,
    });
    this.#open(process).then(
      () => this.#world.violate("two processes have the folder at once"),
      (error) => this.#world.note(`another process is refused: ${error.code}`),
    );
    await this.#pass(500);
    process.kill();
  }

  async _close() {
    if (this.#journal === null) return;
    await this.#close();
    if (this.#chance.is(0.9)) this.#begin();
  }

  async #close() {
    const journal = this.#journal;
    this.#world.note("close");
    this.#forgetProcess();
    const process = this.#process;
    const { failures } = this.#disk;
    let isClosed = false;
    const closing = async () => {
      await journal.close();
      isClosed = true;
      if (process.timers > 0) this.#world.violate(`${process.timers} timers are set after close`);
    };
    void closing();
    await this.#pass(recoveryMs);
    const open = this.#disk.openFiles.get(process.pid);
    if (open > 0) this.#world.violate(`${open} files are open after close`);
    if (!isClosed) return this.#world.violate("close does not come to an end");
    // On a disk that works, close sees to it that the next process finds nothing of what was rejected.
    if (this.#disk.failures === failures) this.#voidRejected(process);
    // Where its lock could not be removed, the end of the process makes it void.
    this.#process.kill();
  }

  _rot() {
    // Of a folder in use nobody can say what its process has in memory: the bit turns while the machine is off.
    this.#process.kill();
    this.#disk.cutPower();
    const bit = this.#disk.rot((candidate) => candidate.endsWith(".log"));
    if (bit !== null) this.#rotten += 1;
    return this.#restart();
  }

  _jump() {
    // Whose lock nobody can read is held as long as it is renewed, which a clock that jumps cannot tell.
    if (this.#disk.hasNamelessLock) return undefined;
    const deltaMs = this.#chance.pick([-1, 1]) * this.#chance.spread(1000, 10 * 365 * 86_400_000);
    this.#world.note(`the wall clock jumps by ${Math.round(deltaMs)} ms`);
    this.#world.wallOffsetMs += deltaMs;
    return this.#pass(10);
  }

  #check() {
    const journal = this.#journal;
    if (journal === null) return;
    if (journal.durable > journal.next)
      this.#world.violate(`durable ${journal.durable} is beyond next ${journal.next}`);
    // What a file kept that was given up after a failed write is only found at the next opening.
    const { maxBytes, segmentBytes } = this.#options;
    const { bytes } = journal.status();
    if (bytes > maxBytes + segmentBytes) this.#world.violate(`${bytes} bytes are kept, ${maxBytes} allowed`);
  }

  #pass(durationMs) {
    return this.#world.pass(durationMs, () => undefined);
  }
}

/** A record that tells its number and fills the rest with what follows from it. */
function payload(sequence, chance) {
  const length = chance.is(0.03) ? chance.int(2000, 6000) : chance.int(0, 300);
  const bytes = Buffer.alloc(8 + length, sequence & 0xff);
  bytes.writeUInt32LE(sequence, 0);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}
