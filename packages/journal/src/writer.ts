/**
 * The one place that writes records. Appended records gather in groups; one loop writes a group, syncs it, settles it
 * and takes the next, so that nothing is ever written out of order.
 *
 * After a failed write or sync nobody knows what is on disk, and a second sync that succeeds proves nothing. So the
 * file is given up where its last sound sync left it, everything that waits is rejected, and a timer tries, at growing
 * intervals, to begin a new file. Positions given to what was rejected are not used again. What was rejected and may be
 * in a file all the same is cut off: at once, or as soon as the disk lets us, at `close` at the latest.
 */
import { join } from "node:path";
import { createDeferred } from "./deferred.js";
import { faultOf } from "./errors.js";
import { writeFully, type File } from "./files.js";
import { ChunkPool, Group, type SegmentPlan } from "./group.js";
import type { ResolvedJournalOptions } from "./options.js";
import { recordHeadBytes } from "./record.js";
import { full, refusalFor, suspended, tooLarge, type WriterState } from "./refusals.js";
import {
  createSegmentFile,
  encodeSegmentHead,
  Segment,
  segmentHeadBytes,
  segmentName,
  type SegmentList,
} from "./segment.js";
import { UncutTails } from "./uncut-tails.js";

export interface WriterOptions {
  readonly options: ResolvedJournalOptions;
  readonly segments: SegmentList;
  /** Where the committed records end. */
  readonly end: number;
  /** The position of the next record. */
  readonly next: number;
  /** After every group that is on stable storage. */
  readonly onCommitted: () => void;
}

/** The file that is being written; its segment's `bytes` is how far it is on stable storage. */
interface OpenSegment {
  readonly segment: Segment;
  readonly file: File;
  readonly plan: SegmentPlan;
}

/** Positions whose group could not be written. */
interface Rejected {
  readonly from: number;
  readonly to: number;
  readonly fault: string;
}

const firstProbeMs = 100;
/** Small enough that the journal is back a few seconds after the fault ended, whatever it was. */
const maxProbeMs = 3_000;

export class Writer {
  readonly #options: ResolvedJournalOptions;
  readonly #segments: SegmentList;
  readonly #onCommitted: () => void;
  readonly #pool = new ChunkPool();
  readonly #rejected: Rejected[] = [];
  readonly #tails: UncutTails;
  /** Not yet on stable storage, oldest first; the first is the one being written while the loop runs. */
  #groups: Group[] = [];
  #state: WriterState = { kind: "accepting" };
  #next: number;
  /** Where the committed records end. */
  #end: number;
  #open: OpenSegment | null = null;
  /** The segment that the next record goes to, and how large it will be then; null: a new one. */
  #plan: SegmentPlan | null = null;
  #plannedBytes = 0;
  /** What is appended and not on disk yet, headers of segments to come included. */
  #waitingBytes = 0;
  #isWriting = false;
  #isOver = false;
  #work: Promise<void> = Promise.resolve();
  #probeMs = firstProbeMs;
  #stopWaiting: () => void = () => undefined;

  constructor({ options, segments, end, next, onCommitted }: WriterOptions) {
    this.#options = options;
    this.#segments = segments;
    this.#tails = new UncutTails(options);
    this.#onCommitted = onCommitted;
    this.#next = next;
    this.#end = end;
  }

  get state(): WriterState {
    return this.#state;
  }

  get next(): number {
    return this.#next;
  }

  get durable(): number {
    return this.#groups[0]?.from ?? this.#next;
  }

  /** The segment that may still grow, which is not to be deleted. */
  get growing(): Segment | null {
    return this.#open?.segment ?? null;
  }

  append(parts: readonly Uint8Array[]): number {
    if (this.#state.kind !== "accepting") throw refusalFor(this.#state);
    const length = lengthOf(parts);
    this.#checkRoom(length);
    const group = this.#groupFor(recordHeadBytes + length);
    const position = this.#next;
    group.add(parts, length);
    this.#next += 1;
    this.#waitingBytes += recordHeadBytes + length;
    if (!this.#isWriting) this.#startWriting();
    return position;
  }

  committed(position: number): Promise<void> {
    if (!Number.isSafeInteger(position) || position < 0 || position >= this.#next) {
      const expected = `one that append returned, below ${this.#next}`;
      return rejection(new RangeError(`\`position\` must be ${expected}, got ${position}`));
    }
    const last = this.#groups.at(-1);
    if (last !== undefined && position >= last.from) return last.outcome;
    const rejected = this.#rejected.find((range) => position >= range.from && position < range.to);
    if (rejected !== undefined) return rejection(suspended(rejected.fault));
    const group = this.#groups.find((candidate) => position < candidate.to);
    return group === undefined ? Promise.resolve() : group.outcome;
  }

  /** Hands what waits to the operating system before it returns. The loop stops: the process is about to end. */
  writeNow(): void {
    this.#state = { kind: "closed" };
    this.#isOver = true;
    try {
      this.#writeGroupsNow();
    } catch (error) {
      throw suspended(faultOf(error), error);
    }
  }

  #writeGroupsNow(): void {
    const { files, directory } = this.#options;
    let plan = this.#open?.plan;
    let offset = this.#open?.segment.bytes ?? 0;
    let end = this.#end;
    for (const group of this.#groups) {
      const path = join(directory, segmentName(group.plan));
      if (group.plan !== plan) {
        const head = { ...group.plan, previousEnd: end, createdAtMs: this.#options.runtime.nowMs() };
        files.writeNow(path, [encodeSegmentHead(head)], 0);
        plan = group.plan;
        offset = segmentHeadBytes;
      }
      // The group that is being written has its place already: the same bytes are written there again.
      files.writeNow(path, group.buffers(), offset);
      offset += group.bytes;
      end = group.to;
    }
  }

  /** The folder is another process's: what it holds is no longer mended here. */
  letGo(): void {
    this.#tails.letGo();
  }

  /** Writes what waits, then closes the file. */
  async close(): Promise<void> {
    this.#state = { kind: "closed" };
    this.#stopWaiting();
    await this.#work;
    await this.#leaveSegment();
    await this.#tails.cut();
  }

  #checkRoom(length: number): void {
    const { maxBytes, maxRecordBytes } = this.#options;
    if (length > maxRecordBytes) throw tooLarge(length, maxRecordBytes);
    const bytes = this.#segments.bytes + this.#waitingBytes + segmentHeadBytes + recordHeadBytes + length;
    if (bytes > maxBytes) throw full(bytes, maxBytes);
  }

  #groupFor(frameBytes: number): Group {
    const isFull =
      this.#plannedBytes > segmentHeadBytes && this.#plannedBytes + frameBytes > this.#options.segmentBytes;
    if (this.#plan === null || isFull) {
      this.#plan = { base: this.#next, salt: this.#options.runtime.randomUint32() };
      this.#plannedBytes = segmentHeadBytes;
      this.#waitingBytes += segmentHeadBytes;
    }
    this.#plannedBytes += frameBytes;
    const last = this.#groups.at(-1);
    // While the loop writes, the first group is on its way and takes nothing more.
    const isOpen = last !== undefined && last.plan === this.#plan && !last.isSealed;
    if (isOpen) return last;
    const group = new Group(this.#plan, this.#next, this.#pool);
    this.#groups.push(group);
    return group;
  }

  #startWriting(): void {
    this.#isWriting = true;
    this.#work = this.#writeGroups();
  }

  async #writeGroups(): Promise<void> {
    // One turn of the microtask queue: what the caller appends without waiting shares a group.
    await Promise.resolve();
    for (;;) {
      if (this.#options.groupDelayMs > 0 && this.#state.kind === "accepting") await this.#wait();
      const group = this.#groups[0];
      if (group === undefined || this.#isOver) break;
      try {
        await this.#write(group);
      } catch (error) {
        await this.#suspend(error);
        break;
      }
      this.#settle(group);
      await this.#leaveIfFull();
    }
    // In the same turn as the last look at the groups: whoever appends from now on starts the loop again.
    this.#isWriting = false;
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.runtime.setTimer(resolve, this.#options.groupDelayMs);
      this.#stopWaiting = () => {
        cancel();
        resolve();
      };
    });
  }

  async #write(group: Group): Promise<void> {
    group.seal();
    const open = this.#open?.plan === group.plan ? this.#open : await this.#beginFor(group);
    await writeFully(open.file, group.buffers(), open.segment.bytes);
    if (this.#options.sync === "group") await open.file.sync();
  }

  #settle(group: Group): void {
    const segment = this.#open?.segment;
    if (segment !== undefined) {
      for (const mark of group.marks) segment.mark(mark.position, segment.bytes + mark.offset);
      this.#segments.grow(segment, group.bytes, group.to);
    }
    this.#end = group.to;
    this.#waitingBytes -= group.bytes;
    this.#probeMs = firstProbeMs;
    this.#groups.shift();
    group.succeed();
    this.#onCommitted();
  }

  async #beginFor(group: Group): Promise<OpenSegment> {
    const open = await this.#begin(group.plan);
    this.#waitingBytes -= segmentHeadBytes;
    return open;
  }

  async #begin(plan: SegmentPlan): Promise<OpenSegment> {
    await this.#leaveSegment();
    const { files, directory, runtime } = this.#options;
    const head = { ...plan, previousEnd: this.#end, createdAtMs: runtime.nowMs() };
    const file = await createSegmentFile(files, directory, head);
    const segment = new Segment(head, { name: segmentName(head), bytes: segmentHeadBytes, end: plan.base });
    this.#segments.add(segment);
    this.#open = { segment, file, plan };
    return this.#open;
  }

  /** A segment that nothing more goes to is closed at once, so that it can be deleted once it is acknowledged. */
  async #leaveIfFull(): Promise<void> {
    if (this.#plannedBytes >= this.#options.segmentBytes) this.#plan = null;
    const open = this.#open;
    if (open === null || open.plan === this.#plan || this.#groups.some((group) => group.plan === open.plan)) return;
    await this.#leaveSegment();
    this.#onCommitted();
  }

  /** Closes the open file, and removes it if nothing was committed to it. */
  async #leaveSegment(): Promise<void> {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    await open.file.close().catch(ignored);
    if (open.segment.bytes > segmentHeadBytes) return;
    this.#segments.remove(open.segment);
    // A name that was removed may come back with the power, and what is to be cut off with it.
    if (this.#tails.has(open.segment)) return;
    await this.#options.files.remove(join(this.#options.directory, open.segment.name)).catch(ignored);
  }

  async #suspend(cause: unknown): Promise<void> {
    const fault = faultOf(cause);
    const groups = this.#groups;
    this.#rememberRejected(groups[0]?.from ?? this.#next, fault);
    if (this.#state.kind !== "closed") this.#state = { kind: "suspended", fault };
    this.#groups = [];
    this.#plan = null;
    this.#plannedBytes = 0;
    this.#waitingBytes = 0;
    const error = suspended(fault, cause);
    for (const group of groups) group.fail(error);
    if (this.#open !== null) this.#tails.add(this.#open.segment);
    await this.#tails.cut();
    await this.#leaveSegment();
    this.#scheduleProbe();
  }

  #rememberRejected(from: number, fault: string): void {
    const last = this.#rejected.at(-1);
    const isContinued = last?.to === from && last.fault === fault;
    if (isContinued) this.#rejected.pop();
    this.#rejected.push({ from: isContinued ? last.from : from, to: this.#next, fault });
  }

  #scheduleProbe(): void {
    if (this.#state.kind !== "suspended") return;
    this.#stopWaiting = this.#options.runtime.setTimer(() => {
      this.#work = this.#probe();
    }, this.#probeMs);
    this.#probeMs = Math.min(this.#probeMs * 2, maxProbeMs);
  }

  /** Begins a new segment; the journal is back if that succeeds. */
  async #probe(): Promise<void> {
    const plan = { base: this.#next, salt: this.#options.runtime.randomUint32() };
    try {
      await this.#begin(plan);
    } catch (error) {
      if (this.#state.kind === "suspended") this.#state = { kind: "suspended", fault: faultOf(error) };
      this.#scheduleProbe();
      return;
    }
    await this.#tails.cut();
    if (this.#state.kind !== "suspended") return;
    this.#plan = plan;
    this.#plannedBytes = segmentHeadBytes;
    this.#state = { kind: "accepting" };
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) {
    if (!(part instanceof Uint8Array)) throw new TypeError(`A record's parts must be Uint8Arrays, got ${typeof part}`);
    length += part.byteLength;
  }
  return length;
}

function rejection(error: Error): Promise<void> {
  const { promise, reject } = createDeferred();
  reject(error);
  return promise;
}

/** For a step after a failure that is reported already. */
const ignored = (): void => undefined;
