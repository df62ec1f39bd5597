import type { Runtime } from "../runtime.js";

/** How long whoever was told is left alone: short for those who wait for an event, long for a thread that is busy. */
const shortestRestMs = 5;
/** Where the news does not end, so that larger pieces are told of; a tenth of what the live page may take. */
const longestRestMs = 25;

export interface PaceParts {
  readonly runtime: Pick<Runtime, "after">;
  readonly tell: () => void;
  /** Whether somebody waits for what comes of it: then rests stay short. */
  readonly isAwaited: () => boolean;
}

/**
 * Tells another thread of news, at once when it has been quiet, and under load once in a while for everything that came
 * meanwhile: a message, and the reading that follows it, cost the accept path more than the request they are about.
 */
export function createPace({ runtime, tell, isAwaited }: PaceParts): () => void {
  let isResting = false;
  let hasNews = false;
  const tellThenRest = (restMs: number): void => {
    hasNews = false;
    tell();
    runtime.after(restMs, () => {
      if (hasNews) tellThenRest(isAwaited() ? shortestRestMs : Math.min(restMs * 2, longestRestMs));
      else isResting = false;
    });
  };
  return () => {
    hasNews = true;
    if (isResting) return;
    isResting = true;
    setImmediate(() => tellThenRest(shortestRestMs));
  };
}
