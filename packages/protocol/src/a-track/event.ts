/**
 * What callers may say to A-Track: the three calls of its published SDKs. What each becomes on the wire is a table in
 * docs/protocols/a-track.md. Readings of what A-Track's public pages leave open are marked there and live in this folder.
 */
import type { Carried } from "./carried.js";

export const callNames = ["init", "attributes", "event"] as const;
export type CallName = (typeof callNames)[number];

/** What becomes of the attributes a user has: given ones replace those of the same name, or replace all. */
export const modes = ["merge", "replace"] as const;
export type Mode = (typeof modes)[number];

/** A Date, an ISO 8601 text (UTC where it names no zone), or milliseconds since the epoch. */
export type Timestamp = Date | string | number;

/** What every call takes. */
export interface CommonFields {
  /** The user: any text that is not empty, sent as it is. It need not be a UUID. */
  readonly uuid: string;
  /** The call's id for ever, sent as Idempotency-Key. @default a new UUID */
  readonly id?: string | null | undefined;
}

/** What a call says of the user. */
export interface UserFields {
  /** @default "merge" */
  readonly mode?: Mode | null | undefined;
  /** The caller's own fields, with any JSON value. @default {} */
  readonly attributes?: object | null | undefined;
  /** Fields of the person that A-Track itself knows, such as an email address. @default {} */
  readonly profile?: object | null | undefined;
}

/** What a call says of its surroundings. */
export interface ContextFields {
  /** Page, campaign, device, locale and the like. @default {} */
  readonly context?: object | null | undefined;
  /** What the wire has no field for: `oncewire` in the context. Made by `translate`. */
  readonly carried?: Carried | null | undefined;
}

/** A user is there: begins or continues a session. */
export interface InitCall extends CommonFields, UserFields, ContextFields {
  readonly kind: "init";
  /** Whether the sender has not seen this user before: a hint. @default false */
  readonly isNewUser?: boolean | null | undefined;
}

/** What is known of a user changed. */
export interface AttributesCall extends CommonFields, UserFields {
  readonly kind: "attributes";
}

/** A user did something. */
export interface EventCall extends CommonFields, ContextFields {
  readonly kind: "event";
  /** The event's name, such as `order_created`. */
  readonly event: string;
  /** @default {} */
  readonly attributes?: object | null | undefined;
  /** When it happened. @default the time of the call */
  readonly timestamp?: Timestamp | null | undefined;
}

export type ATrackEvent = InitCall | AttributesCall | EventCall;
