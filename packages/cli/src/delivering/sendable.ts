/** An event that a person or a file gives, as the tracker takes it. */
import { eventKinds } from "@oncewire/protocol";
import type { EventKind } from "@oncewire/protocol";
import type { EventMessage } from "oncewire";
import { CommandError } from "../command-error.js";

export interface Sendable {
  readonly kind: EventKind;
  readonly message: EventMessage;
  /** Where it came from: everything up to here need not be read again once it is delivered. */
  readonly mark: number;
}

const sent: readonly string[] = [
  "id",
  "name",
  "userId",
  "anonymousId",
  "previousId",
  "groupId",
  "sessionId",
  "occurredAt",
  "properties",
  "entities",
  "context",
];
/** What an exported event has beside: it belongs to the way it came, not to the event. */
const passedOver: readonly string[] = [
  "kind",
  "protocol",
  "project",
  "position",
  "sentAt",
  "receivedAt",
  "time",
  "library",
  "wire",
  "refusal",
];

/**
 * The fields of the canonical event, as `oncewire export` writes them.
 *
 * @throws CommandError `usage` for an unknown kind or field, beginning with `where`.
 */
export function readSendable(value: object, mark: number, where: string): Sendable {
  const fields = Object.entries(value);
  const unknown = fields.find(([name]) => !sent.includes(name) && !passedOver.includes(name));
  if (unknown !== undefined) {
    throw new CommandError(
      "usage",
      `${where}: \`${unknown[0]}\` is not a field of an event; expected kind, ${sent.join(", ")}.`,
    );
  }
  const { kind } = value as { kind?: unknown };
  const known = eventKinds.find((one) => one === kind);
  if (known === undefined) {
    throw new CommandError(
      "usage",
      `${where}: \`kind\` must be one of ${eventKinds.join(", ")}, got ${JSON.stringify(kind)}.`,
    );
  }
  const message = Object.fromEntries(fields.filter(([name, field]) => sent.includes(name) && field !== null));
  return { kind: known, message, mark };
}
