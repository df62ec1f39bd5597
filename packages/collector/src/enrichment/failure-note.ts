import type { Runtime } from "../runtime.js";

const everyMs = 60_000;

/** Passes the first failure on at once, and then one in a minute, with the number of those between. */
export function createFailureNote(
  { monotonicMs }: Pick<Runtime, "monotonicMs">,
  say: (message: string) => void,
): (message: string) => void {
  let quietUntilMs = -Infinity;
  let unsaid = 0;
  return (message) => {
    const nowMs = monotonicMs();
    if (nowMs < quietUntilMs) {
      unsaid += 1;
      return;
    }
    say(unsaid === 0 ? message : `${message} (and ${unsaid} more in the last minute)`);
    quietUntilMs = nowMs + everyMs;
    unsaid = 0;
  };
}
