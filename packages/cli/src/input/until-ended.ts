import type { Terminal } from "../terminal.js";

/** A sequence that a signal cuts short. */
export interface UntilEnded<Item> extends AsyncIterable<Item> {
  /** What ended it early; null while nothing has. */
  readonly endedBy: string | null;
  /** Aborts when that happens, for waits between two items. */
  readonly signal: AbortSignal;
}

/**
 * The items, until somebody ends the command: then no more of them, and whoever reads them brings what it has to an end.
 * A source that just then waits for more is left waiting.
 */
export function untilEnded<Item>(items: AsyncIterable<Item>, { ended }: Pick<Terminal, "ended">): UntilEnded<Item> {
  const stop = new AbortController();
  let endedBy: string | null = null;
  const watch = async (): Promise<void> => {
    endedBy = await ended();
    stop.abort();
  };
  // Its end is not waited for: most commands come to theirs before.
  void watch();
  return {
    get endedBy() {
      return endedBy;
    },
    signal: stop.signal,
    async *[Symbol.asyncIterator]() {
      const source = items[Symbol.asyncIterator]();
      try {
        for (;;) {
          const next = await nextUnlessAborted(source, stop.signal);
          if (next === null || next.done === true) return;
          yield next.value;
        }
      } finally {
        if (endedBy === null) await source.return?.();
      }
    },
  };
}

/** Null once the signal has been given. Leaves no listener behind: there may be millions of items. */
function nextUnlessAborted<Item>(
  source: AsyncIterator<Item>,
  signal: AbortSignal,
): Promise<IteratorResult<Item> | null> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(null);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    source
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", stop));
  });
}
