/**
 * A storage of files: one for each key, written aside, synced and renamed, so that a crash leaves the old text or the
 * new one. For one process at a time; of several that write, the last one counts.
 */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import type { ATrackStorage } from "./storage.js";

let writes = 0;

/** The directory is made where there is none; its files are for this user alone. */
export function fileStorage(directory: string): ATrackStorage {
  const pathOf = (key: string): string => join(directory, `${encodeURIComponent(key)}.json`);
  return {
    async get(key) {
      try {
        return await readFile(pathOf(key), "utf8");
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    async set(key, text) {
      await mkdir(directory, { recursive: true });
      writes += 1;
      const aside = `${pathOf(key)}.${process.pid}-${threadId}-${writes}.tmp`;
      try {
        await writeSynced(aside, text);
        await rename(aside, pathOf(key));
      } catch (error) {
        await rm(aside, { force: true });
        throw error;
      }
    },
  };
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT";
}
