/** Knows which reads are in progress, so that a file nobody lists any more is removed only when nobody reads it. */
export class Readers {
  readonly #reading = new Set<Promise<unknown>>();

  async during<T>(read: () => Promise<T>): Promise<T> {
    const reading = read();
    this.#reading.add(reading);
    try {
      return await reading;
    } finally {
      this.#reading.delete(reading);
    }
  }

  /** Resolves when every read that is in progress now has ended. */
  async passed(): Promise<void> {
    await Promise.allSettled(this.#reading);
  }
}
