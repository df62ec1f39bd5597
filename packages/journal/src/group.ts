/** Records on their way to the disk: those of one group are written together and share one fate. */
import { crc32 } from "node:zlib";
import { createDeferred, type Deferred } from "./deferred.js";
import { markSpacingBytes, recordHeadBytes, writeHead, type Mark } from "./record.js";

/** A buffer and how much of it is used. Records run on from one chunk into the next; a head never does. */
interface Chunk {
  readonly bytes: Buffer;
  used: number;
}

const chunkBytes = 256 * 1024;
const maxSpareChunks = 8;

/** Keeps buffers for the next group: fresh memory costs more than the copy into it. */
export class ChunkPool {
  readonly #spare: Buffer[] = [];

  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(chunkBytes);
  }

  giveBack(bytes: Buffer): void {
    if (this.#spare.length < maxSpareChunks) this.#spare.push(bytes);
  }
}

/** The segment that a group is meant for, which may not exist yet. */
export interface SegmentPlan {
  readonly base: number;
  readonly salt: number;
}

export class Group {
  readonly plan: SegmentPlan;
  readonly from: number;
  /** Position after the last record. */
  to: number;
  /** On disk, heads included. */
  bytes = 0;
  #isSealed = false;
  readonly #pool: ChunkPool;
  readonly #chunks: Chunk[] = [];
  readonly #marks: Mark[] = [];
  #last: Chunk;
  #outcome: Deferred | null = null;

  constructor(plan: SegmentPlan, from: number, pool: ChunkPool) {
    this.plan = plan;
    this.from = from;
    this.to = from;
    this.#pool = pool;
    this.#last = this.#grow();
  }

  /** Copies a record in; `length` is what its parts hold together. */
  add(parts: readonly Uint8Array[], length: number): void {
    const chunk = this.#last.bytes.length - this.#last.used < recordHeadBytes ? this.#grow() : this.#last;
    const at = chunk.used;
    chunk.used += recordHeadBytes;
    let crc = 0;
    for (const part of parts) {
      crc = crc32(part, crc);
      this.#copy(part);
    }
    writeHead(chunk.bytes, at, { length, index: this.to - this.plan.base, crc, salt: this.plan.salt });
    if (this.bytes >= (this.#marks.at(-1)?.offset ?? -markSpacingBytes) + markSpacingBytes) {
      this.#marks.push({ position: this.to, offset: this.bytes });
    }
    this.to += 1;
    this.bytes += recordHeadBytes + length;
  }

  /** It is being written and takes nothing more. */
  get isSealed(): boolean {
    return this.#isSealed;
  }

  seal(): void {
    this.#isSealed = true;
  }

  /** Where some of the records begin, counted from the group's first byte. */
  get marks(): readonly Mark[] {
    return this.#marks;
  }

  buffers(): readonly Uint8Array[] {
    return this.#chunks.map((chunk) => chunk.bytes.subarray(0, chunk.used));
  }

  /** One promise for everyone who waits. */
  get outcome(): Promise<void> {
    this.#outcome ??= createDeferred();
    return this.#outcome.promise;
  }

  succeed(): void {
    this.#release();
    this.#outcome?.resolve();
  }

  fail(error: unknown): void {
    this.#release();
    this.#outcome?.reject(error);
  }

  #copy(part: Uint8Array): void {
    let done = 0;
    while (done < part.byteLength) {
      const chunk = this.#last.used === this.#last.bytes.length ? this.#grow() : this.#last;
      const bytes = Math.min(part.byteLength - done, chunk.bytes.length - chunk.used);
      chunk.bytes.set(bytes === part.byteLength ? part : part.subarray(done, done + bytes), chunk.used);
      chunk.used += bytes;
      done += bytes;
    }
  }

  #grow(): Chunk {
    this.#last = { bytes: this.#pool.take(), used: 0 };
    this.#chunks.push(this.#last);
    return this.#last;
  }

  #release(): void {
    for (const chunk of this.#chunks) this.#pool.giveBack(chunk.bytes);
    this.#chunks.length = 0;
  }
}
