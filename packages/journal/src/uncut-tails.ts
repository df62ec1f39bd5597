import { join } from "node:path";
import { faultOf } from "./errors.js";
import type { FileSystem } from "./files.js";
import { cutOff, type Segment } from "./segment.js";

/**
 * Files that may hold more than was committed to them, after a write or a sync that failed. Until such a tail is cut off,
 * the header of the next segment says where the records before it end, if there is a next segment.
 */
export class UncutTails {
  readonly #place: { readonly files: FileSystem; readonly directory: string };
  readonly #segments = new Set<Segment>();

  constructor(place: { readonly files: FileSystem; readonly directory: string }) {
    this.#place = place;
  }

  add(segment: Segment): void {
    this.#segments.add(segment);
  }

  has(segment: Segment): boolean {
    return this.#segments.has(segment);
  }

  /** Cuts off what the disk lets us; never rejects. */
  async cut(): Promise<void> {
    const { files, directory } = this.#place;
    for (const segment of this.#segments) {
      const fault = await cutOff(files, join(directory, segment.name), segment.bytes).then(() => null, faultOf);
      if (fault === null || fault === "ENOENT") this.#segments.delete(segment);
    }
  }

  /** They are another process's now. */
  letGo(): void {
    this.#segments.clear();
  }
}
