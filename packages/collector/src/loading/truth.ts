/** What is known of a user, for the reply to the request that has just been kept. */
import type { UserTruth } from "@oncewire/protocol";
import type { Loading } from "./start-loading.js";

export interface LoadedQuestion {
  /** Of the request in the log. */
  readonly position: number;
  readonly project: string;
  readonly userId: string;
  readonly eventId: string;
}

/**
 * A request is kept before it is loaded, so its reply waits for that, but not long: a loader that is behind answers null,
 * and so does one that is far behind at once.
 */
const maxWaitMs = 250;
const maxBehind = 2_000;

export function createTruth(
  loading: Pick<Loading, "reached" | "people" | "progress">,
): (question: LoadedQuestion) => Promise<UserTruth | null> {
  return async ({ position, project, userId, eventId }) => {
    if (position - loading.progress().loadedTo > maxBehind) return null;
    try {
      await loading.reached(position + 1, maxWaitMs);
      const { value, behind } = await loading.people({ kind: "truth", project, id: userId, eventId });
      return behind === 0 ? value : null;
    } catch {
      // It was kept all the same, and the plain reply says so.
      return null;
    }
  };
}
