/**
 * Turns texts into bytes without an allocation of memory for each: texts lie one behind the other in slabs, and each
 * result is a view of its own stretch, never written again. A slab lives as long as any of its views.
 */
export interface ByteSlab {
  /** The UTF-8 bytes of the text; a lone surrogate becomes U+FFFD. */
  encode(text: string): Uint8Array;
}

const slabBytes = 64 * 1024;
/** Longer texts get memory of their own, so that one of them does not hold a slab, nor waste the end of one. */
const maxShared = 8 * 1024;

export function createByteSlab(): ByteSlab {
  const encoder = new TextEncoder();
  let slab = new ArrayBuffer(0);
  let used = 0;
  return {
    encode(text) {
      if (text.length > maxShared) return encoder.encode(text);
      // A UTF-16 unit takes at most three bytes.
      if (slab.byteLength - used < text.length * 3) {
        slab = new ArrayBuffer(slabBytes);
        used = 0;
      }
      const start = used;
      used += encoder.encodeInto(text, new Uint8Array(slab, start)).written;
      return new Uint8Array(slab, start, used - start);
    },
  };
}
