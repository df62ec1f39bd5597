/** How much goes into one request. Pure. */

export interface BatchLimits {
  readonly maxEvents: number;
  /** The whole body, with what framing adds. */
  readonly maxBytes: number;
  /** The encoded events alone, as the destination has taught us by answering 413. */
  readonly maxPayloadBytes: number;
  /** What framing adds to so many events, at most. */
  overheadBytes(events: number): number;
}

export interface BatchSize {
  readonly events: number;
  /** The encoded events alone. */
  readonly bytes: number;
}

export const emptyBatch: BatchSize = Object.freeze({ events: 0, bytes: 0 });

/** Whether one more event may join. The first always may: an event that is too large alone is found out elsewhere. */
export function fits(batch: BatchSize, eventBytes: number, limits: BatchLimits): boolean {
  if (batch.events === 0) return true;
  const events = batch.events + 1;
  const bytes = batch.bytes + eventBytes;
  if (events > limits.maxEvents || bytes > limits.maxPayloadBytes) return false;
  return bytes + limits.overheadBytes(events) <= limits.maxBytes;
}

export function withEvent(batch: BatchSize, eventBytes: number): BatchSize {
  return { events: batch.events + 1, bytes: batch.bytes + eventBytes };
}

/** How many of the first events go into one request. */
export function countThatFit(eventBytes: readonly number[], limits: BatchLimits): number {
  let batch = emptyBatch;
  for (const bytes of eventBytes) {
    if (!fits(batch, bytes, limits)) break;
    batch = withEvent(batch, bytes);
  }
  return batch.events;
}

/**
 * The payload to try after one of `bytes` was too large. A little over half, so that of events that are about as large
 * as each other half of them still fit when some are a few bytes larger.
 */
export function smallerPayload(bytes: number): number {
  return Math.floor(bytes * 0.55);
}

export function payloadBytes(events: readonly { readonly event: { readonly bytes: Uint8Array } }[]): number {
  return events.reduce((total, { event }) => total + event.bytes.byteLength, 0);
}
