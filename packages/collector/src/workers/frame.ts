/**
 * What is written between a worker and the collector's own process: u32 little-endian length of the payload, u8 kind,
 * u32 id, payload. The id joins an answer to its question.
 */
export const frameKinds = ["keep", "kept", "unavailable", "ask", "answer", "tell"] as const;
export type FrameKind = (typeof frameKinds)[number];

export interface Frame {
  readonly kind: FrameKind;
  readonly id: number;
  readonly payload: Uint8Array;
}

const headBytes = 9;
/** Larger than any request may be, so that only bytes that are no frame are ever over it. */
const maxPayloadBytes = 256 * 1024 * 1024;

/** The head of a frame, to be followed by so many bytes of payload. */
export function frameHead(kind: FrameKind, id: number, payloadBytes: number): Uint8Array {
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt32LE(payloadBytes, 0);
  head.writeUInt8(frameKinds.indexOf(kind), 4);
  head.writeUInt32LE(id, 5);
  return head;
}

/**
 * Cuts a stream into frames, however it was cut into chunks before. A payload that came in one chunk is not copied.
 *
 * @throws Error for bytes that are no frame: the stream is of no use from there on.
 */
export function createFrameReader(take: (frame: Frame) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let wantedBytes = headBytes;
  return (chunk) => {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes < wantedBytes) return;
    let rest = chunks.length === 1 ? chunk : Buffer.concat(chunks, bytes);
    for (wantedBytes = frameBytes(rest); rest.byteLength >= wantedBytes; wantedBytes = frameBytes(rest)) {
      take(frameOf(rest.subarray(0, wantedBytes)));
      rest = rest.subarray(wantedBytes);
    }
    chunks = rest.byteLength === 0 ? [] : [rest];
    bytes = rest.byteLength;
  };
}

/** Of the frame that begins here; of its head alone while that is not whole. */
function frameBytes(bytes: Buffer): number {
  if (bytes.byteLength < headBytes) return headBytes;
  const payloadBytes = bytes.readUInt32LE(0);
  if (payloadBytes > maxPayloadBytes) {
    throw new Error(`expected a frame of at most ${maxPayloadBytes} bytes, got one of ${payloadBytes}`);
  }
  return headBytes + payloadBytes;
}

function frameOf(bytes: Buffer): Frame {
  const code = bytes.readUInt8(4);
  const kind = frameKinds[code];
  if (kind === undefined) throw new Error(`expected a kind of frame below ${frameKinds.length}, got ${code}`);
  return { kind, id: bytes.readUInt32LE(5), payload: bytes.subarray(headBytes) };
}
