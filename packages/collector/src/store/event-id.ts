import { hash } from "node:crypto";
import { idHash, type IdHash } from "./seen-ids.js";

/**
 * What stands for (project, id) in the table of seen ids. The engine makes the same from the columns of a sealed file
 * (`sealedIdSql`), so the table can be rebuilt. MD5 is enough: whoever could make two of their own ids collide would
 * only lose their own event, and no one can aim at an id that another project has yet to use.
 *
 * A lone surrogate counts as U+FFFD here, as it does in the columns.
 */
export function hashEventId(project: string, id: string): IdHash {
  const digest = hash("md5", `${project}\0${id}`, "binary");
  return idHash([word(digest, 0), word(digest, 4), word(digest, 8), word(digest, 12)]);
}

/** Two columns, the low and the high half of the same hash: what `eachIdHash` reads. */
export const sealedIdSql: string = (() => {
  const digest = "md5_number(project || chr(0) || id)";
  return `CAST(${digest} & 18446744073709551615 AS UBIGINT) AS low, CAST(${digest} >> 64 AS UBIGINT) AS high`;
})();

/** Calls `take` for each pair of halves. */
export function eachIdHash(halves: BigUint64Array, take: (id: IdHash) => void): void {
  const words = new Uint32Array(halves.buffer, halves.byteOffset, halves.length * 2);
  for (let at = 0; at + 3 < words.length; at += 4) {
    take(idHash([words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0]));
  }
}

/** A 32-bit word, low byte first. */
function word(digest: string, at: number): number {
  const low = digest.charCodeAt(at) | (digest.charCodeAt(at + 1) << 8);
  return (low | (digest.charCodeAt(at + 2) << 16) | (digest.charCodeAt(at + 3) << 24)) >>> 0;
}
