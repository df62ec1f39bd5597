/** An event as it is within a scope: what it does not say itself is the scope's. */
import type { JsonObject, TrackedEvent } from "@oncewire/protocol";
import type { Scope } from "./scope.js";

/** An event that names a user, by either id, is about that user alone: neither id of the scope's is added to it. */
export function scopedEvent(event: TrackedEvent, scope: Scope | undefined): TrackedEvent {
  if (scope === undefined) return event;
  const isNamed = Boolean(event.userId || event.anonymousId);
  return {
    ...event,
    userId: isNamed ? event.userId : (scope.userId ?? null),
    anonymousId: isNamed ? event.anonymousId : (scope.anonymousId ?? null),
    groupId: event.groupId ?? scope.groupId ?? null,
    sessionId: event.sessionId ?? scope.sessionId ?? null,
    context: scopedContext(event.context, scope) as JsonObject,
  };
}

/** What the context says, above what the scope's says. A context that is not plain, or cannot be read, stays as it is. */
export function scopedContext(context: object, { context: around }: Scope): object {
  if (around === undefined) return context;
  try {
    const prototype: unknown = Object.getPrototypeOf(context);
    return prototype === Object.prototype || prototype === null ? { ...around, ...context } : context;
  } catch {
    return context;
  }
}
