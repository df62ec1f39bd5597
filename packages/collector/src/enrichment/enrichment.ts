/**
 * What is found out about an event beside what it says: its device, whether a program sent it, where it was, and whatever
 * modules of the operator's add. A step says what it found, as fields for the context; what the event says itself counts
 * before it, and so does what an earlier step found. A step that fails adds nothing, is reported, and stops no event.
 *
 * A step is a function of the event alone, so that a store made anew has the same events; only places follow their
 * database, and a newer one gives newer places.
 */
import type { BadEvent, CanonicalEvent, JsonObject } from "@oncewire/protocol";
import { withoutAddresses } from "./address-policy.js";
import { filled } from "./filled.js";
import type { IpPolicy } from "@oncewire/protocol";

/** What is found about the event, as fields for its context; nothing where there is nothing to say. */
export type Enrich = (event: CanonicalEvent) => JsonObject | null | undefined;

export interface Step {
  /** As the option names it. */
  readonly name: string;
  readonly enrich: Enrich;
}

export interface EnrichmentParts {
  readonly steps: readonly Step[];
  /** How much of an address stays when the steps are through. */
  readonly ipPolicy: IpPolicy;
  readonly onFailure: (message: string, step: string) => void;
}

export interface Enrichment {
  /** Whether JSON as it came still says what the event does: a policy for addresses knows values, not their text. */
  readonly keepsTexts: boolean;
  event(event: CanonicalEvent): CanonicalEvent;
  /** Nothing is found out about it, but the policy holds for it as well. */
  bad(bad: BadEvent): BadEvent;
}

export function createEnrichment({ steps, ipPolicy, onFailure }: EnrichmentParts): Enrichment {
  const attempt = (step: Step, event: CanonicalEvent): CanonicalEvent => {
    try {
      const found = step.enrich(event);
      return found === null || found === undefined ? event : filled(event, found);
    } catch (error) {
      onFailure(`${step.name}: ${error instanceof Error ? error.message : String(error)}`, step.name);
      return event;
    }
  };
  return {
    keepsTexts: ipPolicy === "keep",
    event: (event) =>
      withoutAddresses(
        steps.reduce((known, step) => attempt(step, known), event),
        ipPolicy,
      ),
    bad: (bad) => withoutAddresses(bad, ipPolicy),
  };
}
