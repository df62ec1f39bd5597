/** What the client's calls take and give. */
import type { JsonObject } from "@oncewire/protocol";
import type { Mode, Timestamp } from "@oncewire/protocol/a-track";
import type { EventHandle } from "../../handle.js";

/** What may be said of the user at `init`. */
export interface UserContext {
  /** Your own name for the user: any text that is not empty, sent as it is. */
  readonly uuid?: string | null | undefined;
  /** Your own fields, with any JSON value. */
  readonly attributes?: object | null | undefined;
}

/** Every field may be left out; what `buildInitPayload` makes of a request is one of these. */
export interface InitPayload {
  readonly user?: UserContext | null | undefined;
  /** Page, campaign, device, locale and the like. */
  readonly context?: object | null | undefined;
  /** Fields of the person that A-Track itself knows, such as an email address. */
  readonly profile?: object | null | undefined;
  /** Whether `user.attributes` join those there are, or replace them. @default "merge" */
  readonly mode?: Mode | null | undefined;
  /**
   * Begins a session whatever there was. Otherwise one goes on for thirty minutes after the user was last seen, and until
   * another campaign. @default false
   */
  readonly newSession?: boolean | null | undefined;
  /** A hint. What is not said is whether the storage held another user, or none; of users elsewhere it is false. */
  readonly isNewUser?: boolean | null | undefined;
  /** The call's id for ever, sent as Idempotency-Key. @default a new UUID */
  readonly id?: string | null | undefined;
}

/** What a user did. */
export interface EventPayload {
  /** The event's name, such as `order_created`. */
  readonly event: string;
  /** The user, where it is not the current one, who stays the current one. */
  readonly uuid?: string | null | undefined;
  readonly attributes?: object | null | undefined;
  /** When it happened. @default the time of the call */
  readonly timestamp?: Timestamp | null | undefined;
  readonly context?: object | null | undefined;
  /** The event's id for ever, sent as Idempotency-Key. @default a new UUID */
  readonly id?: string | null | undefined;
}

export interface SetAttributesOptions {
  /** Whether the attributes take the place of all there were; else of those of the same names. @default false */
  readonly replace?: boolean | null | undefined;
  /** The user, where it is not the current one. */
  readonly uuid?: string | null | undefined;
  /** Fields of the person that A-Track itself knows, such as an email address. */
  readonly profile?: object | null | undefined;
  /** The call's id for ever, sent as Idempotency-Key. @default a new UUID */
  readonly id?: string | null | undefined;
}

/** A user as this process knows it. */
export interface CurrentUser {
  readonly uuid: string;
  /** What `init` and `setAttributes` have said, by their modes; what A-Track knows beside it is not here. */
  readonly attributes: JsonObject;
}

export interface InitResult {
  /** The user from now on: given, stored or generated. Empty where the call was refused and there is no user. */
  readonly uuid: string;
  readonly isNewUser: boolean;
  /** The session that was begun or continued; null in a scope, where only the scope or the collector names one. */
  readonly sessionId: string | null;
  /** Whether the storage has the user. Within a scope it is never asked. */
  readonly isStored: boolean;
  /** What becomes of the request. */
  readonly handle: EventHandle;
}
