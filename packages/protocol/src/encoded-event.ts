import type { Problem } from "./problem.js";

/** An event that passed validation, as the bytes that will be counted, spooled and sent. It never changes again. */
export interface EncodedEvent {
  /** Names the event in reports; the same over every retry and restart. Its bytes may say another, made of it. */
  readonly id: string;
  /** Events of one lane are delivered in order: the user's id, or what stands for it. */
  readonly lane: string;
  /** The encoded event. Fields that are only known when it is sent (`sentAt`, say) are spliced in by `frame`. */
  readonly bytes: Uint8Array;
  /** What the caller passed and JSON cannot carry, where there was any: docs/values.md says what stands for it. */
  readonly replaced?: readonly Problem[];
}
