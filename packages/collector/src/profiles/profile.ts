/** What is known of a person, and the ways in which an event changes it. Pure: every change is a new value. */
import type { JsonObject } from "@oncewire/protocol";
import type { Attribution } from "./surroundings.js";

/** A person of a project, under every id that was found to be theirs. */
export interface Profile {
  /** Names the profile, whichever ids come and go. */
  readonly key: string;
  readonly project: string;
  /** Ids that were given as a user's; the newest last. */
  readonly userIds: readonly string[];
  /** Every other id that leads here; the newest last. */
  readonly anonymousIds: readonly string[];
  /** What callers said of the person: traits, attributes. */
  readonly attributes: JsonObject;
  /** Fields of the person that A-Track keeps apart from attributes. */
  readonly person: JsonObject;
  /** Traits of each group the person is in, by group id. */
  readonly groups: JsonObject;
  readonly events: number;
  /** Milliseconds since the epoch, by the events' own times. */
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** Where the person came from when the first session began. */
  readonly acquisition: Attribution | null;
  /** All sessions there ever were. */
  readonly sessions: number;
  /** The newest of them, the newest last. */
  readonly sessionIds: readonly string[];
  readonly currentSession: string | null;
  /** Changes that were left out because they were too large, and ids because they were too many. */
  readonly leftOut: number;
}

/** Bounds of one profile: whatever is sent, it stays a small document. */
export const profileBounds = {
  /** JSON text of the attributes, of the person's fields, and of the groups, each. */
  maxTextLength: 32_768,
  maxUserIds: 100,
  maxAnonymousIds: 100,
  maxSessionIds: 50,
} as const;

export interface FirstSight {
  readonly key: string;
  readonly project: string;
  readonly timeMs: number;
}

export function newProfile({ key, project, timeMs }: FirstSight): Profile {
  return {
    key,
    project,
    userIds: [],
    anonymousIds: [],
    attributes: {},
    person: {},
    groups: {},
    events: 0,
    firstSeenMs: timeMs,
    lastSeenMs: timeMs,
    acquisition: null,
    sessions: 0,
    sessionIds: [],
    currentSession: null,
    leftOut: 0,
  };
}

/** Every event does this: the fields are written out, because a spread of as many costs several times as much. */
export function seen(profile: Profile, timeMs: number): Profile {
  return {
    key: profile.key,
    project: profile.project,
    userIds: profile.userIds,
    anonymousIds: profile.anonymousIds,
    attributes: profile.attributes,
    person: profile.person,
    groups: profile.groups,
    events: profile.events + 1,
    firstSeenMs: Math.min(profile.firstSeenMs, timeMs),
    lastSeenMs: Math.max(profile.lastSeenMs, timeMs),
    acquisition: profile.acquisition,
    sessions: profile.sessions,
    sessionIds: profile.sessionIds,
    currentSession: profile.currentSession,
    leftOut: profile.leftOut,
  };
}

export type KeptFields = "attributes" | "person" | "groups";

/**
 * Given fields take the place of those of the same name, or of all. Shallow: a field is one value, null like any other.
 * What would grow over its bound changes nothing and is counted.
 */
export function withFields(
  profile: Profile,
  which: KeptFields,
  { mode, fields }: { readonly mode: "merge" | "replace"; readonly fields: JsonObject },
): Profile {
  if (mode === "merge" && Object.keys(fields).length === 0) return profile;
  const changed = mode === "replace" ? fields : { ...profile[which], ...fields };
  if (JSON.stringify(changed).length > profileBounds.maxTextLength) return { ...profile, leftOut: profile.leftOut + 1 };
  return { ...profile, [which]: changed };
}

/**
 * Two profiles that turned out to be one person. Where both know a field, `into` does: it is the one that was named.
 */
export function joined(into: Profile, from: Profile): Profile {
  const earliest = from.firstSeenMs < into.firstSeenMs ? from : into;
  const latest = from.lastSeenMs > into.lastSeenMs ? from : into;
  const other = latest === into ? from : into;
  const all: Profile = {
    ...into,
    events: into.events + from.events,
    firstSeenMs: earliest.firstSeenMs,
    lastSeenMs: latest.lastSeenMs,
    acquisition: earliest.acquisition ?? into.acquisition ?? from.acquisition,
    sessions: into.sessions + from.sessions,
    sessionIds: [...other.sessionIds, ...latest.sessionIds],
    currentSession: latest.currentSession ?? other.currentSession,
    leftOut: into.leftOut + from.leftOut,
  };
  return (["attributes", "person", "groups"] as const).reduce(
    (profile, which) => withFields({ ...profile, [which]: from[which] }, which, { mode: "merge", fields: into[which] }),
    all,
  );
}
