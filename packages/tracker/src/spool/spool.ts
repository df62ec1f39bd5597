import type { EncodedEvent } from "@oncewire/protocol";
import type { QueuedEvent } from "./queued-event.js";

/**
 * Where the accepted events of one destination are until they have ended, in the order in which they came. An event is
 * appended, taken once, and released when it has ended; in between it counts against the bounds.
 */
export interface Spool {
  /** Events that have not been released. */
  readonly events: number;
  /** What they take, in bytes: their own and what keeping them costs. */
  readonly bytes: number;
  /** Of these, the events that have not been taken. */
  readonly waiting: number;
  /** Bytes of the encoded events that have not been taken. */
  readonly waitingBytes: number;
  /** Puts the event at the tail; null when there is no room for it. */
  append(event: EncodedEvent, acceptedAtMs: number): QueuedEvent | null;
  /** The oldest event that has not been taken; stays where it is. */
  peek(): QueuedEvent | undefined;
  /** The oldest event that has not been taken, which now is. */
  take(): QueuedEvent | undefined;
  /** Gives back the room of an event that was taken and has ended. */
  release(event: QueuedEvent): void;
}

export interface SpoolBounds {
  readonly maxQueueBytes: number;
  readonly maxQueueEvents: number;
}
