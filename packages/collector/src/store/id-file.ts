/**
 * The ids of the events of one segment, in a file beside it, `ids-<from>-<to>.ids`: an id that comes again is found with
 * one small read, and no start has to read the events themselves.
 *
 * Four words of head (what it is, how many ids, the CRC-32 of all ids, 0), then the ids: four words each, 32 bits
 * unsigned, in the order of the upper 29 bits of the first word. Words have the byte order of the machine that wrote
 * them; another one takes the file for damaged, and whatever is damaged or missing is made again from the events.
 */
import { crc32 } from "node:zlib";
import type { LogRange } from "./manifest.js";
import { wordsPerId, type IdHash } from "./seen-ids.js";

export function idFileName({ from, to }: LogRange): string {
  return `ids-${digits(from)}-${digits(to)}.ids`;
}

export function idFileBytes(count: number): number {
  return headBytes + count * bytesPerId;
}

/** The file's bytes; `packed` are ids in any order, four words each. */
export function encodeIdFile(packed: Uint32Array): Uint8Array {
  const count = packed.length / wordsPerId;
  const order = new Float64Array(count);
  for (let index = 0; index < count; index += 1) order[index] = keyOf(packed[index * wordsPerId]) * maxIds + index;
  order.sort();
  const file = new Uint32Array(headWords + packed.length);
  let at = headWords;
  for (const ordered of order) {
    const from = (ordered % maxIds) * wordsPerId;
    for (let word = 0; word < wordsPerId; word += 1) file[at + word] = packed[from + word] ?? 0;
    at += wordsPerId;
  }
  file.set([magic, count, crc32(bytesOf(file.subarray(headWords)))]);
  return bytesOf(file);
}

/** The ids in the file, in its order; undefined where it does not hold `count` whole ids. */
export function decodeIdFile(bytes: Uint8Array, count: number): Uint32Array | undefined {
  if (bytes.byteLength !== idFileBytes(count)) return undefined;
  const file = wordsOf(bytes);
  const ids = file.subarray(headWords);
  return file[0] === magic && file[1] === count && file[2] === crc32(bytesOf(ids)) ? ids : undefined;
}

/** Where to look in the file for an id: the key of the first id of every page. */
export type IdFences = Uint32Array;

export function fencesOf(ids: Uint32Array): IdFences {
  const fences = new Uint32Array(Math.ceil(ids.length / pageWords));
  for (let page = 0; page < fences.length; page += 1) fences[page] = keyOf(ids[page * pageWords]);
  return fences;
}

/** The bytes of the file in which the id is, if it is there at all. */
export function placeOf(fences: IdFences, id: IdHash): { readonly at: number; readonly bytes: number } {
  const key = keyOf(id[0]);
  // Ids of one key may begin on the page before the first that begins with it.
  const first = Math.max(0, firstReaching(fences, key) - 1);
  const end = firstReaching(fences, key + 1);
  return { at: headBytes + first * pageBytes, bytes: Math.max(1, end - first) * pageBytes };
}

/** Whether the id is in that part of the file. */
export function holdsId(part: Uint8Array, id: IdHash): boolean {
  const words = wordsOf(part);
  for (let at = 0; at + wordsPerId <= words.length; at += wordsPerId) {
    if (words[at] === id[0] && words[at + 1] === id[1] && words[at + 2] === id[2] && words[at + 3] === id[3]) {
      return true;
    }
  }
  return false;
}

/** The first page that begins with that key or a later one. */
function firstReaching(fences: IdFences, key: number): number {
  let [low, high] = [0, fences.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((fences[middle] ?? 0) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** "OWi1" */
const magic = 0x31_69_57_4f;
const headWords = 4;
const headBytes = headWords * 4;
const bytesPerId = wordsPerId * 4;
const idsPerPage = 256;
const pageWords = idsPerPage * wordsPerId;
const pageBytes = idsPerPage * bytesPerId;
/** A key and the place of an id, side by side in one number: 29 bits and 24. */
const keyShift = 3;
const maxIds = 2 ** 24;

function keyOf(firstWord: number | undefined): number {
  return (firstWord ?? 0) >>> keyShift;
}

/** The whole words of the bytes, copied only where they do not lie as words must. */
function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array {
  if (byteOffset % 4 === 0) return new Uint32Array(buffer, byteOffset, byteLength >> 2);
  return new Uint32Array(buffer.slice(byteOffset, byteOffset + byteLength - (byteLength % 4)));
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

function digits(position: number): string {
  return String(position).padStart(16, "0");
}
