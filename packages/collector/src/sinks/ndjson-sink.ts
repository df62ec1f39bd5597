/**
 * A file of canonical events, one per line. The place in the log and the length of the file are stored together, so that
 * what a crash left behind the last stored place is cut off and written again: every event is in the file once.
 */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { CanonicalEvent } from "@oncewire/protocol";
import type { Sink, SinkResult } from "./sink.js";

interface FilePlace {
  /** Tells the file from one that took its place. */
  readonly inode: number;
  readonly bytes: number;
}

const append = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** `memo` is what the last `take` gave whose place in the log was stored. */
export async function openNdjsonSink(path: string, memo: Uint8Array | null): Promise<Sink> {
  await cutToPlace(path, memo);
  return {
    async take(events): Promise<SinkResult> {
      // Opened each time: whoever rotates the file needs to tell nobody.
      const place = await withFile(path, async (file) => {
        if (events.length > 0) {
          await file.appendFile(events.map(lineOf).join(""));
          await file.datasync();
        }
        return placeOf(file);
      });
      return { refused: [], memo: Buffer.from(JSON.stringify(place)) };
    },
    close: () => Promise.resolve(),
  };
}

function lineOf(event: CanonicalEvent): string {
  return `${JSON.stringify(event)}\n`;
}

async function cutToPlace(path: string, memo: Uint8Array | null): Promise<void> {
  if (memo === null) return;
  const known = JSON.parse(Buffer.from(memo).toString()) as FilePlace;
  await withFile(path, async (file) => {
    const { inode, bytes } = await placeOf(file);
    if (inode === known.inode && bytes > known.bytes) await file.truncate(known.bytes);
  });
}

async function placeOf(file: FileHandle): Promise<FilePlace> {
  const { ino, size } = await file.stat();
  return { inode: ino, bytes: size };
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, append, 0o600);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
