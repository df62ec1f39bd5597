import { sealedFiles, type Segment } from "./manifest.js";
import { putAside } from "./recovery.js";
import type { StoreFiles } from "./store-files.js";

/**
 * Puts aside what is not as it was sealed any more, which takes reading all of it: for when the engine could not answer.
 * Returns the names of what was put aside. The next opening finds a gap where it was, which the log fills.
 */
export async function putAsideDamaged(files: StoreFiles, segments: readonly Segment[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const segment of segments) {
    for (const file of sealedFiles([segment])) {
      if ((await files.checksum(file.name)) === file.crc) continue;
      names.push(...(await putAside(files, segment)));
      break;
    }
  }
  return names;
}
