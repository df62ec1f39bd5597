/** The three calls of this wire, as they are handed to the engine: each field read once, with the scope's context. */
import type { Problem } from "@oncewire/protocol";
import type { ATrackEvent } from "@oncewire/protocol/a-track";
import { current } from "../../context/scope.js";
import { scopedContext } from "../../context/scoped-event.js";
import type { EventHandle } from "../../handle.js";
import type { Outbox } from "../../outbox.js";
import type { EventPayload, InitPayload, SetAttributesOptions } from "./payloads.js";

/** A call as callers make it, whatever they pass: what is wrong with it, the encoder says. */
type Call = {
  readonly [K in ATrackEvent["kind"]]: Unchecked<Extract<ATrackEvent, { readonly kind: K }>>;
}[ATrackEvent["kind"]];
type Unchecked<T> = { readonly [K in keyof T]: K extends "kind" ? T[K] : unknown };

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

/** What a call says of its user beside the payload. */
interface Said {
  readonly uuid: unknown;
  readonly attributes: unknown;
}

export type SaidAtInit = Said & Pick<Whose, "session"> & { readonly isNewUser: unknown };

/** Whom an event is about, and what of the session its context says where it says nothing else; null is nothing. */
export interface Whose {
  readonly uuid: unknown;
  readonly session: SessionFields | null;
}

export interface SessionFields {
  readonly sessionId?: string;
  readonly newSession?: true;
}

export class Calls {
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** `whoseOf` is asked whom the event is about, and in which session, with what the payload says. */
  event(payload: EventPayload, whoseOf: (named: unknown) => Whose): EventHandle {
    return this.#hand(readEvent(payload, whoseOf));
  }

  init(payload: InitPayload, { uuid, attributes, isNewUser, session }: SaidAtInit): EventHandle {
    return this.#say(() => {
      const { context, profile, mode, id } = payload;
      return { kind: "init", uuid, isNewUser, mode, attributes, profile, context: withScope(context, session), id };
    }, payload);
  }

  attributes(options: SetAttributesOptions, { uuid, attributes, mode }: Said & { readonly mode: string }): EventHandle {
    // The encoder would take it for an empty object: with `replace`, all there is would go.
    if (isAbsent(attributes)) return this.#refuse(noAttributes);
    return this.#say(() => {
      const { profile, id } = options;
      return { kind: "attributes", uuid, mode, attributes, profile, id };
    }, options);
  }

  /** `read` may throw, for it reads what is the caller's. */
  #say(read: () => Call, from: unknown): EventHandle {
    return this.#hand(isObject(from) ? attempt(read) : null);
  }

  /** Null is what could not be read. */
  #hand(call: Call | null): EventHandle {
    if (call === null) return this.#refuse(unreadable);
    if (isAbsent(call.uuid)) return this.#refuse(noUser);
    return this.#outbox.trackVendor(call, this.#outbox.stamp());
  }

  #refuse(problem: Pick<Problem, "path" | "message">): EventHandle {
    return this.#outbox.refuse(this.#outbox.stamp().id, problem);
  }
}

/** Most calls are events: they are read without a function made for each. */
function readEvent(payload: unknown, whoseOf: (named: unknown) => Whose): Call | null {
  if (!isObject(payload)) return null;
  try {
    const { uuid: named, event, attributes, timestamp, context, id } = payload;
    const { uuid, session } = whoseOf(named);
    return { kind: "event", uuid, event, attributes, timestamp, context: withScope(context, session), id };
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function attempt(read: () => Call): Call | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** The context, above what the scope says of the surroundings, above the session: both are in the context on this wire. */
function withScope(context: unknown, session: SessionFields | null): unknown {
  const scope = current();
  if (scope === undefined && session === null) return context;
  const sessionId = scope?.sessionId;
  const around = { ...session, ...(sessionId === undefined ? {} : { sessionId }), ...scope?.context };
  const own = context ?? {};
  return typeof own === "object" ? scopedContext(own, { context: around }) : own;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
