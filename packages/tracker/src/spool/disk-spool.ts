/**
 * Keeps events on disk, in a journal of this process's own, and as many of them in memory as the bounds allow.
 *
 * What it promises: an event that is durable is delivered by this process or, should it end before, by the next one
 * that uses the folder, with the same id. Several processes may use the folder; each writes a journal of its own, and
 * what a dead process left is taken over by a living one. Events of one process come out in the order in which they
 * went in. An event that ended is not delivered again, but for those whose end was not yet stored when the process was
 * killed: their ids are the same.
 *
 * Where the disk fails, events are kept in memory alone as long as there is room, and the disk is used again as soon as
 * it can be. Where memory is full, events are on disk alone until their turn comes, up to the journal's bound.
 */
import type { EncodedEvent } from "@oncewire/protocol";
import type { Settlement } from "../report.js";
import type { Runtime } from "../runtime.js";
import { Delays } from "./delays.js";
import { DiskHealth, isClosed } from "./disk-health.js";
import { EventChain } from "./event-chain.js";
import { openSource, type JournalSource, type SourceReading } from "./journal-source.js";
import { QueuedEvent } from "./queued-event.js";
import { readBoundsFor } from "./read-bounds.js";
import { Room } from "./room.js";
import { SpilledEvent } from "./spilled-event.js";
import { SpoolClock } from "./spool-clock.js";
import type { SpoolPlace } from "./spool-place.js";
import { encodeRecord } from "./spool-record.js";
import type { Appended, Spool, SpoolBounds, SpoolListener } from "./spool.js";

export interface DiskSpoolParts {
  readonly place: SpoolPlace;
  readonly bounds: SpoolBounds;
  readonly runtime: Runtime;
  readonly listener: SpoolListener;
}

/** How often to look for what dead processes left, and how soon to try again what a disk refused. */
const adoptEveryMs = 5000;
const retryMs = 1000;

/** Events that the journal will write together. */
interface Group {
  readonly committed: Promise<void>;
  readonly members: { readonly queued: QueuedEvent; readonly spilled: SpilledEvent | null }[];
}

export class DiskSpool implements Spool {
  /** Whether the disk takes an event is found out by trying. */
  readonly isFull = false;
  readonly #place: SpoolPlace;
  readonly #bounds: SpoolBounds;
  readonly #listener: SpoolListener;
  readonly #room: Room;
  readonly #chain = new EventChain();
  readonly #sources: JournalSource[] = [];
  readonly #clock: SpoolClock;
  /** Came before the journal was open. */
  #early: QueuedEvent[] = [];
  /** Could not be written, and came after what is on disk alone: go on in memory when that has been read. */
  #stranded: { readonly queued: QueuedEvent; readonly position: number }[] = [];
  #own: JournalSource | null = null;
  #opening: Promise<void>;
  #isOpening = true;
  #isDetached = false;
  #isReading = false;
  #group: Group | null = null;
  #spillingBytes = 0;
  #volatile = 0;
  readonly #delays: Delays;
  readonly #health: DiskHealth;

  constructor({ place, bounds, runtime, listener }: DiskSpoolParts) {
    this.#place = place;
    this.#bounds = bounds;
    this.#listener = listener;
    this.#room = new Room(bounds);
    this.#clock = new SpoolClock(runtime);
    this.#delays = new Delays(runtime);
    this.#health = new DiskHealth((fault) => listener.diskFailed(fault));
    this.#opening = this.#open();
  }

  get events(): number {
    return this.#room.events;
  }

  get bytes(): number {
    return this.#room.bytes;
  }

  get waiting(): number {
    return this.#chain.count;
  }

  get waitingBytes(): number {
    return this.#chain.bytes;
  }

  get volatile(): number {
    return this.#volatile;
  }

  get unread(): number {
    return this.#isDetached ? 0 : this.#sources.reduce((sum, source) => sum + source.unread, 0);
  }

  /** Whether events go to disk. */
  get isOpen(): boolean {
    return this.#own !== null;
  }

  append(event: EncodedEvent, acceptedAtMs: number): Appended | null {
    const queued = new QueuedEvent(event, acceptedAtMs);
    if (this.#own === null) return this.#keepInMemory(queued);
    const spills = this.#own.unread > 0 || !this.#room.isThereFor(event);
    if (spills && this.#spillingBytes > this.#bounds.maxQueueBytes) return null;
    if (!this.#write(queued, this.#own)) return spills ? null : this.#keepInMemory(queued);
    this.#volatile += 1;
    return spills ? this.#spill(queued) : this.#keep(queued);
  }

  peek(): QueuedEvent | undefined {
    return this.#chain.peek();
  }

  take(): QueuedEvent | undefined {
    return this.#chain.take();
  }

  release(queued: QueuedEvent, settlement: Settlement): void {
    queued.place?.source.settle(queued.place.position, settlement);
    this.leave(queued);
    this.#refill();
  }

  leave(queued: QueuedEvent): void {
    this.#room.leave(queued.event);
    if (!queued.isDurable) this.#volatile -= 1;
    queued.place = null;
  }

  detach(): void {
    this.#isDetached = true;
    this.#rejoin(Infinity);
    for (const queued of this.#early.splice(0)) this.#chain.add(queued);
  }

  writeNow(): void {
    this.#isDetached = true;
    this.#own?.writeNow();
  }

  async close(): Promise<void> {
    this.#isDetached = true;
    this.#delays.cancel();
    await this.#opening;
    await Promise.all(this.#sources.map((source) => source.close().catch(() => undefined)));
    this.#delays.cancel();
  }

  async #open(): Promise<void> {
    try {
      const own = await openSource(await this.#place.openOwn());
      this.#sources.push(own);
      this.#own = own;
      this.#isOpening = false;
      this.#health.worked();
      this.#appendEarly(own);
      this.#refill();
      await this.#adopt();
    } catch (error) {
      this.#isOpening = false;
      this.#health.failed(error);
      for (const queued of this.#early.splice(0)) this.#chain.add(queued);
      this.#listener.readable();
      this.#openLater();
    }
  }

  /** What dead processes left is delivered by this one. */
  async #adopt(): Promise<void> {
    const journals = await this.#place.adopt().catch(() => []);
    for (const journal of journals) {
      // Where the disk does not let it begin, it is found again the next time.
      const source = await openSource(journal).catch(() => null);
      if (source !== null) this.#sources.push(source);
    }
    this.#refill();
    this.#later(adoptEveryMs, () => {
      this.#opening = this.#adopt();
    });
  }

  #openLater(): void {
    this.#later(retryMs, () => {
      this.#opening = this.#open();
    });
  }

  #later(delayMs: number, act: () => void): void {
    if (!this.#isDetached) this.#delays.after(delayMs, act);
  }

  /** What an earlier process left goes before what has come since. */
  #appendEarly(own: JournalSource): void {
    for (const queued of this.#early.splice(0)) {
      const isBehind = own.unread > 0;
      this.#room.leave(queued.event);
      if (this.#write(queued, own)) {
        if (isBehind) this.#follow(queued, this.#spill(queued));
        else this.#keep(queued);
        continue;
      }
      this.#room.enter(queued.event);
      this.#chain.add(queued);
    }
    this.#listener.readable();
  }

  /** Its owner has the event itself for a handle, which on disk alone another object will stand for. */
  #follow(queued: QueuedEvent, { fate }: Appended): void {
    void fate.settled().then((end) => queued.settle(end));
  }

  /** Whether the journal has taken the event. */
  #write(queued: QueuedEvent, own: JournalSource): boolean {
    const { event, acceptedAtMs } = queued;
    try {
      const position = own.append(encodeRecord({ event, ...this.#clock.timesOf(acceptedAtMs) }));
      queued.place = { position, source: own };
      this.#join(own.committed(position));
      this.#health.worked();
      return true;
    } catch (error) {
      this.#health.failed(error);
      if (isClosed(error)) this.#openAgain(own);
      return false;
    }
  }

  /** Somebody took this process for dead, as after a long freeze, and has its journal now. */
  #openAgain(own: JournalSource): void {
    this.#forget(own);
    this.#own = null;
    this.#openLater();
  }

  #forget(source: JournalSource): void {
    const index = this.#sources.indexOf(source);
    if (index !== -1) this.#sources.splice(index, 1);
  }

  /** Records of one group share a promise, so there is one reaction for all of them. */
  #join(committed: Promise<void>): void {
    if (this.#group?.committed === committed) return;
    const group: Group = { committed, members: [] };
    this.#group = group;
    committed.then(
      () => this.#persist(group),
      (error: unknown) => this.#fallBack(group, error),
    );
  }

  #keepInMemory(queued: QueuedEvent): QueuedEvent | null {
    if (!this.#room.isThereFor(queued.event)) return null;
    this.#volatile += 1;
    this.#room.enter(queued.event);
    if (this.#isOpening && !this.#isDetached) this.#early.push(queued);
    else this.#chain.add(queued);
    return queued;
  }

  #keep(queued: QueuedEvent): QueuedEvent {
    this.#own?.passBy(queued.place?.position ?? 0);
    this.#room.enter(queued.event);
    this.#chain.add(queued);
    this.#group?.members.push({ queued, spilled: null });
    return queued;
  }

  #spill(queued: QueuedEvent): Appended {
    if (queued.place === null || this.#own === null) return queued;
    const spilled = new SpilledEvent(queued, queued.place.position, this.#own);
    this.#spillingBytes += queued.event.bytes.byteLength;
    this.#group?.members.push({ queued, spilled });
    return { fate: spilled, queued };
  }

  #persist(group: Group): void {
    for (const { queued, spilled } of group.members) {
      if (spilled !== null) this.#spillingBytes -= queued.event.bytes.byteLength;
      // It has ended before it was on disk.
      if (queued.place === null) continue;
      this.#volatile -= 1;
      queued.persist();
      spilled?.letGo();
      this.#listener.persisted(queued);
    }
    this.#refill();
  }

  /** The group is not on disk, and will not be: its events go on in memory, behind those that came before them. */
  #fallBack(group: Group, error: unknown): void {
    this.#health.failed(error);
    for (const { queued, spilled } of group.members) {
      const position = queued.place?.position ?? 0;
      queued.place = null;
      if (spilled === null) continue;
      this.#spillingBytes -= queued.event.bytes.byteLength;
      this.#room.enter(queued.event);
      if (this.#isDetached) this.#listener.stranded(queued);
      else this.#stranded.push({ queued, position });
    }
    this.#listener.readable();
    this.#refill();
  }

  /** Takes into memory what is on disk alone, when there is room for a good deal of it. */
  #refill(): void {
    if (this.#own?.isReadable !== true) this.#rejoin(Infinity);
    // What is stranded takes room, too, and waits for this very reading.
    const isThereRoom = this.#room.isRoomy || this.#room.events === this.#stranded.length;
    if (this.#isReading || this.#isDetached || !isThereRoom) return;
    const source = this.#sources.find(({ isReadable }) => isReadable);
    if (source !== undefined) void this.#readFrom(source);
  }

  /** Nothing that came before these is on disk alone any more. */
  #rejoin(before: number): void {
    const first = this.#stranded.findIndex(({ position }) => position >= before);
    const free = this.#stranded.splice(0, first === -1 ? this.#stranded.length : first);
    for (const { queued } of free) this.#chain.add(queued);
  }

  async #readFrom(source: JournalSource): Promise<void> {
    this.#isReading = true;
    try {
      const reading = await source.read(readBoundsFor(this.#bounds));
      this.#isReading = false;
      if (!this.#isDetached) this.#takeIn(source, reading);
      this.#refill();
    } catch (error) {
      if (isClosed(error)) this.#forget(source);
      // Nothing is known to be lost: it is read again.
      this.#later(retryMs, () => {
        this.#isReading = false;
        this.#refill();
      });
    }
  }

  #takeIn(source: JournalSource, { records, lost }: SourceReading): void {
    for (const { position, record } of records) {
      if (source === this.#own) this.#rejoin(position);
      const queued = new QueuedEvent(record.event, this.#clock.acceptedAtMs(record));
      queued.place = { position, source };
      queued.isDurable = true;
      this.#room.enter(record.event);
      this.#chain.add(queued);
      if (!source.isOurs(position)) this.#listener.recovered();
    }
    if (lost.ours > 0) this.#listener.lost(lost.ours, "damaged", "ours");
    if (lost.others > 0) this.#listener.lost(lost.others, "damaged", "others");
    this.#listener.readable();
  }
}
