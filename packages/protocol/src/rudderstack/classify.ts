/**
 * What a RudderStack gateway's answer means: its status says all of it. A disabled source is answered with 404, as a
 * wrong address is; both refuse us and no event. 429 comes without Retry-After.
 */
import type { WireResponse } from "../http.js";
import type { Outcome } from "../outcome.js";
import { statusOutcome } from "../status-outcome.js";

export function classify(response: WireResponse, nowMs: number): Outcome {
  return statusOutcome(response, nowMs);
}
