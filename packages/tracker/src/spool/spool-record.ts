/**
 * An event as a record of the journal. Pure. Little-endian:
 *
 *     1  version (1)
 *     8  wall clock at the call, milliseconds since the epoch, float64
 *     8  monotonic clock at the call, milliseconds, float64
 *     8  the process that wrote it: chance, float64
 *     4  length of the id, 4  length of the lane
 *        id and lane in UTF-8, then the encoded event to the record's end
 *
 * The monotonic clock says how old an event is to the process that wrote it, whatever the wall clock does meanwhile;
 * another process has only the wall clock to go by.
 */
import type { EncodedEvent } from "@oncewire/protocol";

export interface SpoolRecord {
  readonly event: EncodedEvent;
  readonly wallMs: number;
  readonly monotonicMs: number;
  readonly writer: number;
}

const version = 1;
const headBytes = 33;

/** The parts of the record, to be written one after the other. */
export function encodeRecord({ event, wallMs, monotonicMs, writer }: SpoolRecord): readonly Uint8Array[] {
  const idBytes = Buffer.byteLength(event.id);
  const laneBytes = Buffer.byteLength(event.lane);
  const head = Buffer.allocUnsafe(headBytes + idBytes + laneBytes);
  head.writeUInt8(version, 0);
  head.writeDoubleLE(wallMs, 1);
  head.writeDoubleLE(monotonicMs, 9);
  head.writeDoubleLE(writer, 17);
  head.writeUInt32LE(idBytes, 25);
  head.writeUInt32LE(laneBytes, 29);
  head.write(event.id, headBytes);
  head.write(event.lane, headBytes + idBytes);
  return [head, event.bytes];
}

/** Null for a record that this version did not write. */
export function decodeRecord(bytes: Uint8Array): SpoolRecord | null {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (record.byteLength < headBytes || record.readUInt8(0) !== version) return null;
  const idEnd = headBytes + record.readUInt32LE(25);
  const laneEnd = idEnd + record.readUInt32LE(29);
  if (laneEnd > record.byteLength) return null;
  const id = record.toString("utf8", headBytes, idEnd);
  const lane = record.toString("utf8", idEnd, laneEnd);
  return {
    event: { id, lane, bytes: record.subarray(laneEnd) },
    wallMs: record.readDoubleLE(1),
    monotonicMs: record.readDoubleLE(9),
    writer: record.readDoubleLE(17),
  };
}
