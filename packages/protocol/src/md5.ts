/**
 * MD5 (RFC 1321), for names only: the UUIDs of RFC 9562 version 3, and what RudderStack derives with it. It protects
 * nothing.
 */

const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const sines = Uint32Array.from({ length: 64 }, (_, step) => Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32));

/** The 16 bytes of the digest. */
export function md5(message: Uint8Array): Uint8Array {
  const blocks = new DataView(padded(message).buffer);
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let block = 0; block < blocks.byteLength; block += 64) {
    mix(state, (word) => blocks.getUint32(block + word * 4, true));
  }
  const digest = new DataView(new ArrayBuffer(16));
  state.forEach((word, index) => digest.setUint32(index * 4, word, true));
  return new Uint8Array(digest.buffer);
}

/** The message, one bit, zeros, and the message's length in bits. */
function padded(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((Math.floor((message.length + 8) / 64) + 1) * 64);
  bytes.set(message);
  bytes[message.length] = 0x80;
  new DataView(bytes.buffer).setBigUint64(bytes.length - 8, BigInt(message.length) * 8n, true);
  return bytes;
}

function mix(state: Uint32Array, wordAt: (index: number) => number): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let step = 0; step < 64; step += 1) {
    const [bits, word] = round(step, { b, c, d });
    const sum = (a + bits + (sines[step] ?? 0) + wordAt(word)) >>> 0;
    const shift = shifts[(step >> 4) * 4 + (step & 3)] ?? 0;
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) >>> 0];
  }
  [a, b, c, d].forEach((word, index) => {
    state[index] = ((state[index] ?? 0) + word) >>> 0;
  });
}

/** The bits that a step mixes in, and the word it reads. */
function round(step: number, { b, c, d }: { b: number; c: number; d: number }): readonly [number, number] {
  if (step < 16) return [(b & c) | (~b & d), step];
  if (step < 32) return [(d & b) | (~d & c), (5 * step + 1) % 16];
  if (step < 48) return [b ^ c ^ d, (3 * step + 5) % 16];
  return [c ^ (b | ~d), (7 * step) % 16];
}
