/**
 * Finds whose event it is. An event with a user id and another id says that both are one person; an alias says so of any
 * two ids. Rules, in the order of the log:
 *
 * - An anonymous id that was nobody's becomes the user's, with everything known of it.
 * - An anonymous id that is another user's already goes over to the new one, alone: two users of one browser stay two.
 * - Only an alias joins two users.
 */
import type { CanonicalEvent } from "@oncewire/protocol";
import { maxIdLength, profileKey } from "./people.js";
import type { People } from "./people.js";
import { joined, newProfile, profileBounds } from "./profile.js";
import type { Profile } from "./profile.js";

export interface Occasion {
  readonly event: CanonicalEvent;
  readonly timeMs: number;
}

/** The profile of the event, new or joined if need be; null where the event has no id that could be somebody's. */
export function identify(people: People, occasion: Occasion): Profile | null {
  const { event } = occasion;
  const userId = usable(event.userId);
  const anonymousId = usable(event.anonymousId);
  const previousId = event.kind === "alias" ? usable(event.previousId) : null;
  const id = userId ?? anonymousId;
  if (id === null) return null;
  const known = people.ofId(event.project, id) ?? begun(occasion, id);
  const named = withId(people, known, { id, isUser: userId !== null });
  const aliased = previousId === null ? named : withAlias(people, named, previousId);
  if (userId === null || anonymousId === null) return aliased;
  return withAnonymousId(people, aliased, anonymousId);
}

function usable(id: string | null): string | null {
  return id === null || id === "" || id.length > maxIdLength ? null : id;
}

function begun({ event, timeMs }: Occasion, id: string): Profile {
  const { project } = event;
  return newProfile({ key: profileKey(project, id, event.id), project, timeMs });
}

function withAlias(people: People, profile: Profile, previousId: string): Profile {
  const other = people.ofId(profile.project, previousId);
  if (other?.key === profile.key) return profile;
  if (other === undefined) return withId(people, profile, { id: previousId, isUser: false });
  return join(people, profile, other);
}

function withAnonymousId(people: People, profile: Profile, anonymousId: string): Profile {
  if (profile.anonymousIds.includes(anonymousId)) return profile;
  const other = people.ofId(profile.project, anonymousId);
  if (other?.key === profile.key) return profile;
  if (other !== undefined && other.userIds.length === 0) return join(people, profile, other);
  if (other?.userIds.includes(anonymousId) === true) return profile;
  if (other !== undefined) {
    people.keep({ ...other, anonymousIds: other.anonymousIds.filter((id) => id !== anonymousId) });
  }
  return withId(people, profile, { id: anonymousId, isUser: false });
}

function join(people: People, into: Profile, from: Profile): Profile {
  people.forget(from);
  for (const id of from.sessionIds) {
    const session = people.session(into.project, id);
    if (session !== undefined) people.keepSession({ ...session, profile: into.key });
  }
  for (const id of [...from.userIds, ...from.anonymousIds]) people.lead(into.project, id, into.key);
  const users = from.userIds.map((id) => ({ id, isUser: true }));
  const others = from.anonymousIds.map((id) => ({ id, isUser: false }));
  return [...users, ...others].reduce((profile, owned) => withId(people, profile, owned), joined(into, from));
}

interface OwnedId {
  readonly id: string;
  readonly isUser: boolean;
}

/**
 * Every id that a profile lists leads to it. One that was first seen as an anonymous one may turn out to be a user's;
 * never the other way round.
 */
function withId(people: People, profile: Profile, { id, isUser }: OwnedId): Profile {
  if (profile.userIds.includes(id) || (!isUser && profile.anonymousIds.includes(id))) return profile;
  people.lead(profile.project, id, profile.key);
  const { maxUserIds, maxAnonymousIds } = profileBounds;
  const anonymousIds = profile.anonymousIds.filter((one) => one !== id);
  return isUser
    ? bounded(
        people,
        { ...profile, anonymousIds, userIds: [...profile.userIds, id] },
        { which: "userIds", most: maxUserIds },
      )
    : bounded(
        people,
        { ...profile, anonymousIds: [...anonymousIds, id] },
        { which: "anonymousIds", most: maxAnonymousIds },
      );
}

interface IdBound {
  readonly which: "userIds" | "anonymousIds";
  readonly most: number;
}

/** An id that everybody uses, such as `null` as a text, must not gather them all: the oldest are let go. */
function bounded(people: People, profile: Profile, { which, most }: IdBound): Profile {
  const ids = profile[which];
  if (ids.length <= most) return profile;
  const gone = ids.slice(0, ids.length - most);
  for (const id of gone) people.release(profile.project, id, profile.key);
  return { ...profile, [which]: ids.slice(-most), leftOut: profile.leftOut + gone.length };
}
