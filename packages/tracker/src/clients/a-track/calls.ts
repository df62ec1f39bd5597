/** The three calls of this wire, as they are handed to the engine: each field read once, with the scope's context. */
import type { Problem } from "@oncewire/protocol";
import { current } from "../../context/scope.js";
import { scopedContext } from "../../context/scoped-event.js";
import type { EventHandle } from "../../handle.js";
import type { Outbox } from "../../outbox.js";

type Fields = Readonly<Record<string, unknown>>;

const noUser = {
  path: "uuid",
  message:
    "expected a user, got none: call `init()` and wait for it, name a `uuid`, use `forUser(uuid)`, or call within " +
    "`runInScope({ userId }, …)`",
};
const noAttributes = { path: "attributes", message: "expected an object with the user's attributes, got none" };
const unreadable = {
  path: "",
  message: "expected an object whose fields can be read, got something else; pass a plain object",
};

const eventNames = ["uuid", "event", "attributes", "timestamp", "context", "id"] as const;
const initNames = ["context", "profile", "mode", "id"] as const;
const attributesNames = ["profile", "id"] as const;

export class Calls {
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** `userOf` is asked whom the event is about, with what the payload says. */
  event(payload: unknown, userOf: (named: unknown) => unknown): EventHandle {
    const fields = readFields(payload, eventNames);
    return this.#say(fields && withContext({ ...fields, kind: "event", uuid: userOf(fields["uuid"]) }));
  }

  init(payload: unknown, user: Fields): EventHandle {
    const fields = readFields(payload, initNames);
    return this.#say(fields && withContext({ ...fields, ...user, kind: "init" }));
  }

  attributes(options: unknown, call: Fields): EventHandle {
    const fields = readFields(options, attributesNames);
    // The encoder would take it for an empty object: with `replace`, all there is would go.
    if (isAbsent(call["attributes"])) return this.#refuse(noAttributes);
    return this.#say(fields && { ...fields, ...call, kind: "attributes" });
  }

  #say(call: Fields | null): EventHandle {
    if (call === null) return this.#refuse(unreadable);
    if (isAbsent(call["uuid"])) return this.#refuse(noUser);
    return this.#outbox.trackVendor(call, this.#outbox.stamp());
  }

  #refuse(problem: Pick<Problem, "path" | "message">): EventHandle {
    return this.#outbox.refuse(this.#outbox.stamp().id, problem);
  }
}

/** Null for what is no object or has a field that throws. */
function readFields(from: unknown, names: readonly string[]): Fields | null {
  if (typeof from !== "object" || from === null) return null;
  try {
    return Object.fromEntries(names.map((name): [string, unknown] => [name, Reflect.get(from, name)]));
  } catch {
    return null;
  }
}

/** The call with what its scope says of the surroundings; the scope's session is in the context on this wire. */
function withContext(call: Fields): Fields {
  const scope = current();
  if (scope === undefined) return call;
  const { sessionId } = scope;
  const around = { ...(sessionId === undefined ? {} : { sessionId }), ...scope.context };
  const context = call["context"] ?? {};
  return typeof context === "object" ? { ...call, context: scopedContext(context, { context: around }) } : call;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
