/**
 * What callers may say to RudderStack: the six calls of its event spec. The fields are those of the official SDKs;
 * docs/protocols/rudderstack.md has the table of what each becomes on the wire.
 */

export const eventTypes = ["identify", "track", "page", "screen", "group", "alias"] as const;
export type EventType = (typeof eventTypes)[number];

/** Text, or a number that is sent as text. A number above 2^53 is refused: it would arrive as another one. */
export type Id = string | number | bigint;

/** A Date, an ISO 8601 text (UTC where it names no zone), or milliseconds since the epoch. */
export type Timestamp = Date | string | number;

/** What every call takes. One of `userId` and `anonymousId` is required; of alias: `userId`. */
export interface CommonFields {
  readonly userId?: Id | null | undefined;
  readonly anonymousId?: Id | null | undefined;
  /** The group it happened in; required by group. */
  readonly groupId?: Id | null | undefined;
  /** An earlier id of the user; required by alias. */
  readonly previousId?: Id | null | undefined;
  /** What is known of the surroundings: `ip`, `userAgent`, `page`, `campaign`, `traits`, … `library` is always ours. */
  readonly context?: object | null | undefined;
  /** Destinations to switch on or off. @default { All: true } */
  readonly integrations?: object | null | undefined;
  /** When it happened, taken by RudderStack as it is. Without it the time of the call, corrected for a wrong clock. */
  readonly timestamp?: Timestamp | null | undefined;
  /** When it happened by this machine's clock; RudderStack corrects it. @default the time of the call */
  readonly originalTimestamp?: Timestamp | null | undefined;
  /** The address that the event came from, where it is passed on for someone else. */
  readonly request_ip?: string | null | undefined;
  /** The event's id for ever. @default a new UUID */
  readonly messageId?: Id | null | undefined;
}

/** Who a user is. */
export interface Identify extends CommonFields {
  readonly type: "identify";
  readonly traits?: object | null | undefined;
}

/** What a user did. */
export interface Track extends CommonFields {
  readonly type: "track";
  /** The event's name. */
  readonly event: string;
  readonly properties?: object | null | undefined;
}

/** A page that was seen. */
export interface Page extends CommonFields {
  readonly type: "page";
  readonly name?: string | null | undefined;
  readonly category?: string | null | undefined;
  readonly properties?: object | null | undefined;
}

/** A screen of an app that was seen. */
export interface Screen extends CommonFields {
  readonly type: "screen";
  readonly name?: string | null | undefined;
  readonly category?: string | null | undefined;
  readonly properties?: object | null | undefined;
}

/** The group a user belongs to. */
export interface Group extends CommonFields {
  readonly type: "group";
  readonly groupId: Id;
  readonly traits?: object | null | undefined;
}

/** Joins an earlier id to `userId`. */
export interface Alias extends CommonFields {
  readonly type: "alias";
  readonly userId: Id;
  readonly previousId: Id;
  /** Kept by whoever reads them; RudderStack's destinations do not. */
  readonly properties?: object | null | undefined;
}

/** Root fields beyond the ones named here are sent as they are, as the official Node SDK does. */
export type RudderStackEvent = Identify | Track | Page | Screen | Group | Alias;
