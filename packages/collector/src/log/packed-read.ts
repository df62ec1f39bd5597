/**
 * What was read of the log, as it goes to another thread: the records in one piece of memory, which changes hands instead
 * of being copied, and nothing that has to be taken apart on the way. Who reads it makes requests of it.
 */
import type { JournalRecord, ReadResult } from "@oncewire/journal";

export interface PackedRead extends Pick<ReadResult, "next" | "lost"> {
  readonly positions: Float64Array<ArrayBuffer>;
  /** Where each record ends in `bytes`. */
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export function packRead({ records, next, lost }: ReadResult): PackedRead {
  const positions = new Float64Array(records.length);
  const ends = new Uint32Array(records.length);
  const bytes = Buffer.allocUnsafeSlow(records.reduce((sum, record) => sum + record.bytes.byteLength, 0));
  let end = 0;
  for (const [index, record] of records.entries()) {
    bytes.set(record.bytes, end);
    end += record.bytes.byteLength;
    positions[index] = record.position;
    ends[index] = end;
  }
  return { positions, ends, bytes, next, lost };
}

export function unpackRead({ positions, ends, bytes, next, lost }: PackedRead): ReadResult {
  const records: JournalRecord[] = [];
  let from = 0;
  for (const [index, end] of ends.entries()) {
    records.push({ position: positions[index] ?? 0, bytes: bytes.subarray(from, end) });
    from = end;
  }
  return { records, next, lost };
}

/** What of it changes hands. */
export function transferOf(read: PackedRead): ArrayBuffer[] {
  return [read.bytes.buffer, read.positions.buffer, read.ends.buffer];
}
