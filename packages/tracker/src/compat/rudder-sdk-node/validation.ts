/**
 * What @rudderstack/rudder-sdk-node refuses at the call, in its words and its order; docs/compat.md lists where we take
 * more than it does.
 */
import { AssertionError } from "node:assert";
import type { EventType } from "@oncewire/protocol/rudderstack";

type Fields = Readonly<Record<string, unknown>>;

/** Throws an AssertionError for a message that cannot be sent. */
export function validateMessage(message: unknown, type: EventType): asserts message is Fields {
  demand(isPlainObject(message), "You must pass a message object.");
  for (const [name, isFit, wanted] of rules) {
    const value = message[name];
    // The original looks at truthy values only.
    if (value) demand(isFit(value), `"${name}" must be ${wanted}.`);
  }
  demandFields(message, type);
}

/** Throws an AssertionError with this message. */
export function demand(holds: boolean, message: string): asserts holds {
  if (!holds) throw new AssertionError({ message });
}

const isId = (value: unknown): boolean => typeof value === "string" || typeof value === "number";
const isText = (value: unknown): boolean => typeof value === "string";

/** An invalid Date is let through, as it is there: it then counts as no time. */
const isTime = (value: unknown): boolean =>
  value instanceof Date || (typeof value === "string" && !Number.isNaN(Date.parse(value)));

const rules: readonly (readonly [string, (value: unknown) => boolean, string])[] = [
  ["anonymousId", isId, "a string or number"],
  ["category", isText, "a string"],
  ["context", isPlainObject, "an object"],
  ["event", isText, "a string"],
  ["groupId", isId, "a string or number"],
  ["integrations", isPlainObject, "an object"],
  ["name", isText, "a string"],
  ["previousId", isId, "a string or number"],
  ["timestamp", isTime, "a date"],
  ["userId", isId, "a string or number"],
];

function demandFields(message: Fields, type: EventType): void {
  const { userId, anonymousId, event, groupId, previousId } = message;
  if (type === "alias") {
    demand(Boolean(userId), 'You must pass a "userId".');
    demand(Boolean(previousId), 'You must pass a "previousId".');
    return;
  }
  demand(Boolean(anonymousId) || Boolean(userId), 'You must pass either an "anonymousId" or a "userId".');
  if (type === "track") demand(Boolean(event), 'You must pass an "event".');
  if (type === "group") demand(Boolean(groupId), 'You must pass a "groupId".');
}

function isPlainObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object Object]";
}
