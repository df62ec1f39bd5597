/** What an event says of the program that its user sits before, or that is the user. */
import type { CanonicalEvent } from "@oncewire/protocol";

/** A longer one names no more; reading is not for those who send whole books. */
const maxLength = 1_024;

export function userAgentOf({ context }: CanonicalEvent): string | null {
  const { userAgent } = context;
  return typeof userAgent === "string" && userAgent.trim() !== "" ? userAgent.slice(0, maxLength) : null;
}
