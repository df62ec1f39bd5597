/** What a Snowplow collector's answer means: it says no more than its status, and "ok" only that it keeps the bytes. */
import type { WireResponse } from "../http.js";
import type { Outcome } from "../outcome.js";
import { statusOutcome } from "../status-outcome.js";

export function classify(response: WireResponse, nowMs: number): Outcome {
  return statusOutcome(response, nowMs);
}
