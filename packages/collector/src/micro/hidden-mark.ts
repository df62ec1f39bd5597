/**
 * Which part of the log the Micro API shows: `reset` hides what came before it. Nothing is deleted, and nobody else looks
 * at the mark. It is kept in a small file, so that a restart does not bring back what was hidden; a file that cannot be
 * read hides nothing.
 */
import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";

export interface HiddenMark {
  /** A log position: what came before it is not shown. */
  readonly position: number;
  /** Resolves when the mark is on the disk. It counts at once. */
  moveTo(position: number): Promise<void>;
}

/** `end` is the log's: a mark beyond it is that of another log, and would hide what is yet to come. */
export function openHiddenMark(file: string, end: number): HiddenMark {
  let position = Math.min(read(file), end);
  let writing: Promise<void> = Promise.resolve();
  return {
    get position() {
      return position;
    },
    moveTo(to) {
      position = Math.max(position, to);
      const write = writing.catch(() => {}).then(() => replace(file, position));
      writing = write;
      return write;
    },
  };
}

function read(file: string): number {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof value !== "object" || value === null || !("hiddenBelow" in value)) return 0;
    const { hiddenBelow } = value;
    return Number.isSafeInteger(hiddenBelow) ? Math.max(0, Number(hiddenBelow)) : 0;
  } catch {
    return 0;
  }
}

async function replace(file: string, hiddenBelow: number): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify({ hiddenBelow })}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
