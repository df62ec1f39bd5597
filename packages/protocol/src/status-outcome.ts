/** What an HTTP status means for a batch, where the vendor's answer says no more than its status. */
import type { WireResponse } from "./http.js";
import type { Outcome } from "./outcome.js";
import { retryAfterMs } from "./retry-after.js";

/** Every status has an outcome; the reason holds the status and the beginning of what the answer said. */
export function statusOutcome(response: WireResponse, nowMs: number): Outcome {
  const { status } = response;
  if (status >= 200 && status <= 299) return { kind: "delivered" };
  const reason = describe(response);
  if (status === 413) return { kind: "split", reason };
  if (refusesUs(status)) return { kind: "denied", reason };
  if (!passes(status)) return { kind: "rejected", reason };
  const afterMs = retryAfterMs(response.headers, nowMs);
  return afterMs === null ? { kind: "retry", reason } : { kind: "retry", reason, afterMs };
}

/** Wrong key or wrong address: no event is to blame. To follow a redirect would send the key to another origin. */
function refusesUs(status: number): boolean {
  return (status >= 300 && status <= 399) || [401, 403, 404, 405, 407, 410, 501, 505].includes(status);
}

function passes(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status < 200 || status >= 500;
}

const maxExcerpt = 200;

function describe(response: WireResponse): string {
  const name = `HTTP ${response.status}`;
  if (response.headers["content-encoding"] !== undefined) return name;
  const text = new TextDecoder().decode(response.body.subarray(0, maxExcerpt * 4));
  const excerpt = text
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, maxExcerpt);
  return excerpt === "" ? name : `${name}: ${excerpt}`;
}
