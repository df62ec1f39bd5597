import type { EncodedEvent } from "@oncewire/protocol";
import type { DropReason, Settlement } from "../report.js";
import type { Fate, QueuedEvent } from "./queued-event.js";

/**
 * Where the accepted events of one destination are until they have ended, in the order in which they came. An event is
 * appended, taken once, and released when it has ended; in between it counts against the bounds.
 */
export interface Spool {
  /** Events in memory that have not been released. */
  readonly events: number;
  /** What they take, in bytes: their own and what keeping them costs. */
  readonly bytes: number;
  /** Of these, the events that have not been taken. */
  readonly waiting: number;
  /** Bytes of the encoded events that have not been taken. */
  readonly waitingBytes: number;
  /** Events that would be lost with the process: neither ended nor on disk. */
  readonly volatile: number;
  /** Events on disk alone that are still to be taken, at most: a place on disk may turn out to be empty. */
  readonly unread: number;
  /** Whether it is known without trying that there is no room: since an event was refused, none has been released. */
  readonly isFull: boolean;
  /** Puts the event at the tail; null when there is no room for it. */
  append(event: EncodedEvent, acceptedAtMs: number): Appended | null;
  /** The oldest event that can be taken now and has not been; stays where it is. */
  peek(): QueuedEvent | undefined;
  /** The oldest event that can be taken now, which is taken with this. */
  take(): QueuedEvent | undefined;
  /** Gives back the room of an event that was taken and has ended. */
  release(event: QueuedEvent, settlement: Settlement): void;
  /** Gives back the room of an event that was taken and has not ended: it is left to the next process. */
  leave(event: QueuedEvent): void;
  /** From now on gives out nothing more of what is on disk alone: it is left to the next process. */
  detach(): void;
  /** Hands what is not on disk yet to the operating system before it returns: the process is ending. */
  writeNow(): void;
  /** Brings what can be brought to disk there, and closes files. */
  close(): Promise<void>;
}

/** An event that a spool has taken in. */
export interface Appended {
  /** What its owner is given to follow it by. */
  readonly fate: Fate;
  readonly queued: QueuedEvent;
}

export interface SpoolBounds {
  readonly maxQueueBytes: number;
  readonly maxQueueEvents: number;
}

/** What a spool tells. */
export interface SpoolListener {
  /** The event is on disk, and has not ended before. */
  persisted(event: QueuedEvent): void;
  /** There is something to take that was not there before. */
  readable(): void;
  /** An event of an earlier process came to light: it is pending here from now on. */
  recovered(): void;
  /** Events that were on disk cannot be had any more. `others`: an earlier process accepted them. */
  lost(events: number, reason: DropReason, whose: "ours" | "others"): void;
  /** After `detach`: the event could not be written after all, and nobody will take it any more. */
  stranded(event: QueuedEvent): void;
  /** Events are kept in memory alone from now on, for this reason; null: the disk takes them again. */
  diskFailed(fault: string | null): void;
}
