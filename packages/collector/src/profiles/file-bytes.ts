/** Reads and writes that are whole: a system call may do less than it was asked for. */
import { readSync, writeSync } from "node:fs";

/** All of `bytes`, with what the file has from `at` on. Throws where it ends before. */
export function readWhole(fd: number, bytes: Uint8Array, at: number): void {
  for (let read = 0; read < bytes.length;) {
    const got = readSync(fd, bytes, read, bytes.length - read, at + read);
    if (got === 0) throw new Error(`expected ${bytes.length} bytes at ${at}, the file ends before`);
    read += got;
  }
}

export function writeWhole(fd: number, bytes: Uint8Array, at: number): void {
  for (let written = 0; written < bytes.length;)
    written += writeSync(fd, bytes, written, bytes.length - written, at + written);
}

/** The same memory, as bytes. */
export function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
