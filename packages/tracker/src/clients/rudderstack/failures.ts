/**
 * What this client does about a request that failed, beside what the engine does: it tries so often and not more, and it
 * tells `onError` of every event that a request has been the end of.
 */
import type { EncodedEvent, JsonObject } from "@oncewire/protocol";
import type { FailedRequest, Verdict } from "../../delivery/destination.js";
import { apiError } from "./api-error.js";
import type { OnError } from "./client-options.js";

export interface FailureOptions {
  readonly maxRetries: number;
  readonly onError: OnError | null;
}

export function createFailureHandler({ maxRetries, onError }: FailureOptions): (failed: FailedRequest) => Verdict {
  return (failed) => {
    const verdict = judge(failed, maxRetries);
    if (onError !== null && (verdict === "give-up" || isEnd(failed))) tell(onError, failed);
    return verdict;
  };
}

/** A data plane that refuses the key or the address will refuse every further attempt. */
function judge({ outcome, attempts }: FailedRequest, maxRetries: number): Verdict {
  if (outcome.kind === "denied") return "give-up";
  return outcome.kind === "retry" && attempts > maxRetries ? "give-up" : "keep";
}

/** Of a batch that is refused or too large the engine sends parts; an event that is refused alone has ended. */
function isEnd({ outcome, events }: FailedRequest): boolean {
  return events.length === 1 && (outcome.kind === "rejected" || outcome.kind === "split");
}

/** What the caller's function does wrong is its own affair: neither an error nor a rejection of it goes further. */
function tell(onError: OnError, failed: FailedRequest): void {
  try {
    const told: unknown = onError(apiError(failed), failed.events.map(messageOf));
    void Promise.resolve(told).catch(() => undefined);
  } catch {
    // As above.
  }
}

function messageOf({ bytes }: EncodedEvent): JsonObject {
  return JSON.parse(new TextDecoder().decode(bytes));
}
