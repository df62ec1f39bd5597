/** What a RudderStack gateway's answer means; its statuses and texts are listed in docs/protocols/rudderstack.md. */
import type { WireResponse } from "../http.js";
import type { Outcome } from "../outcome.js";
import { retryAfterMs } from "../retry-after.js";

export function classify(response: WireResponse, nowMs: number): Outcome {
  const { status } = response;
  if (status >= 200 && status <= 299) return { kind: "delivered" };
  const reason = describe(response);
  if (status === 413) return { kind: "split", reason };
  if (refusesUs(status)) return { kind: "denied", reason };
  if (!passes(status)) return { kind: "rejected", reason };
  const afterMs = retryAfterMs(response.headers, nowMs);
  return afterMs === null ? { kind: "retry", reason } : { kind: "retry", reason, afterMs };
}

/**
 * Wrong key, wrong address or a disabled source (which the gateway answers with 404): no event is to blame. A redirect
 * is one of them: to follow it would send the key to another origin.
 */
function refusesUs(status: number): boolean {
  return (status >= 300 && status <= 399) || [401, 403, 404, 405, 407, 410, 501, 505].includes(status);
}

function passes(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status < 200 || status >= 500;
}

const maxExcerpt = 200;

function describe(response: WireResponse): string {
  if (response.headers["content-encoding"] !== undefined) return `HTTP ${response.status}`;
  const text = new TextDecoder().decode(response.body.subarray(0, maxExcerpt * 4));
  const excerpt = text
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, maxExcerpt);
  return excerpt === "" ? `HTTP ${response.status}` : `HTTP ${response.status}: ${excerpt}`;
}
