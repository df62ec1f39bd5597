import type { ReadBounds } from "@oncewire/journal";
import { keepingCostBytes } from "./room.js";
import type { SpoolBounds } from "./spool.js";

const maxReadRecords = 1000;
const maxReadBytes = 4 * 1024 * 1024;

/** How much to read from a journal at once: what half of the room holds, keeping cost included, and never too much. */
export function readBoundsFor({ maxQueueBytes, maxQueueEvents }: SpoolBounds): ReadBounds {
  const maxRecords = Math.min(maxReadRecords, maxQueueEvents / 2, maxQueueBytes / 4 / keepingCostBytes);
  return { maxRecords: Math.max(1, Math.floor(maxRecords)), maxBytes: Math.min(maxReadBytes, maxQueueBytes / 4) };
}
