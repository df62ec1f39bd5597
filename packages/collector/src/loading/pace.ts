import type { Runtime } from "../runtime.js";

/** How long whoever was told is left alone: short for those who wait for an event, long for a thread that is busy. */
const restMs = 5;

/**
 * Tells another thread of news, at once when it has been quiet, and under load once in a while for everything that came
 * meanwhile: a message, and the reading that follows it, cost the accept path more than the request they are about.
 */
export function createPace({ after }: Pick<Runtime, "after">, tell: () => void): () => void {
  let isResting = false;
  let hasNews = false;
  const tellThenRest = (): void => {
    hasNews = false;
    tell();
    after(restMs, () => {
      if (hasNews) tellThenRest();
      else isResting = false;
    });
  };
  return () => {
    hasNews = true;
    if (isResting) return;
    isResting = true;
    setImmediate(tellThenRest);
  };
}
