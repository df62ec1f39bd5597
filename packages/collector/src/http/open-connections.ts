/** How many connections are open, for whoever waits for them to become few. */
export class OpenConnections {
  readonly #checks = new Set<() => void>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** One more is open; what is returned is to be called when it has ended. */
  opened(): () => void {
    this.#count += 1;
    return () => {
      this.#count -= 1;
      // One turn later whatever else ends with a connection has heard of it, too.
      setImmediate(() => this.#checkAll());
    };
  }

  /** Resolves when no more are open than `most` says, which is asked whenever one has ended. */
  atMost(most: () => number): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.#count > most()) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
      check();
    });
  }

  #checkAll(): void {
    for (const check of this.#checks) check();
  }
}
