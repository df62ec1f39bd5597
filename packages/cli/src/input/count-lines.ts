import { createReadStream, statSync } from "node:fs";

const lineFeed = 10;

/** How many lines a file has, for a progress bar; null for what can be read only once, or not at all. */
export async function countLines(path: string): Promise<number | null> {
  if (path === "-" || statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return null;
  let lines = 0;
  let last = lineFeed;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>) {
      for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, at + 1)) lines += 1;
      last = chunk.at(-1) ?? last;
    }
  } catch {
    // Whoever reads it for its events says what is wrong.
    return null;
  }
  return last === lineFeed ? lines : lines + 1;
}
