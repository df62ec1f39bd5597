/** What one stored event does to profiles and sessions. Events come in the order of the log, each once. */
import { decideSession, sessionIdleMs } from "@oncewire/protocol";
import type { CanonicalEvent, EventKind, JsonObject, OpenSession } from "@oncewire/protocol";
import { readUserChange } from "@oncewire/protocol/a-track";
import { instantMs } from "../store/iso-instant.js";
import { identify } from "./identify.js";
import { derivedId } from "./people.js";
import type { People } from "./people.js";
import { profileBounds, seen, withFields } from "./profile.js";
import type { Profile } from "./profile.js";
import { beginSession, continueSession } from "./session.js";
import type { Activity, Session } from "./session.js";
import { surroundingsOf } from "./surroundings.js";

export function applyEvent(people: People, event: CanonicalEvent): void {
  const timeMs = timeOf(event);
  const profile = identify(people, { event, timeMs });
  if (profile === null) return;
  const told = withTold(seen(profile, timeMs), event);
  const happening = { event, timeMs, seenBeforeMs: profile.lastSeenMs };
  people.keep(isActivity(event) ? withSession(people, told, happening) : told);
}

/** A sender's clock that is ahead must not end sessions before they begin. */
function timeOf({ time, receivedAt }: CanonicalEvent): number {
  const receivedMs = instantMs(receivedAt) ?? Number.NaN;
  const timeMs = instantMs(time);
  return timeMs === null ? receivedMs : Math.min(timeMs, receivedMs);
}

function withTold(profile: Profile, event: CanonicalEvent): Profile {
  if (event.kind === "group") return withGroup(profile, event);
  if (event.kind !== "identify" && event.kind !== "session") return profile;
  const { mode, profile: person } = readUserChange(event.context);
  const changed = withFields(profile, "attributes", { mode, fields: event.properties });
  return withFields(changed, "person", { mode, fields: person });
}

function withGroup(profile: Profile, { groupId, properties }: CanonicalEvent): Profile {
  if (groupId === null || groupId === "") return profile;
  const traits = { ...(profile.groups[groupId] as JsonObject | undefined), ...properties };
  return withFields(profile, "groups", { mode: "merge", fields: { [groupId]: traits } });
}

/** What is said of a user is no sign that they are there: a nightly job says it, too. */
const notActivity: ReadonlySet<EventKind> = new Set(["identify", "alias", "group"]);

function isActivity({ kind }: CanonicalEvent): boolean {
  return !notActivity.has(kind);
}

function withSession(people: People, profile: Profile, happening: Happening): Profile {
  const { event, timeMs } = happening;
  const surroundings = surroundingsOf(event.context);
  const activity: Activity = {
    timeMs,
    // On A-Track's wire only init begins a session; the other wires have no call for it.
    mayBegin: event.protocol !== "a-track" || event.kind === "session",
    senderId: usableSessionId(event),
    campaignKey: surroundings.campaignKey,
    isNewSession: surroundings.isNewSession,
    surroundings,
  };
  const over = sessionSurelyOver(profile, happening);
  const open = over === null ? openSession(people, profile, event) : null;
  const decision = decideSession(activity, over ?? open);
  switch (decision.kind) {
    case "none":
      return profile;
    case "continue":
      return open === null ? profile : withContinued(people, profile, continueSession(open, activity));
    case "begin": {
      const id = freeSessionId(people, profile, event);
      const { project, key } = profile;
      const session = beginSession({ id, project, profile: key, began: decision.began }, activity);
      people.keepSession(session);
      people.listSession(session);
      return withNewest(people, profile, session);
    }
  }
}

function withContinued(people: People, profile: Profile, session: Session): Profile {
  people.keepSession(session);
  return profile.currentSession === session.id ? profile : { ...profile, currentSession: session.id };
}

interface Happening {
  readonly event: CanonicalEvent;
  readonly timeMs: number;
  /** When the person was last seen, before this. */
  readonly seenBeforeMs: number;
}

/**
 * As much of the current session as says that it is over, where that is plain without it: none of a person's sessions has
 * been active after the person was. Those who come back are many, and reading a session takes as long as an event.
 */
function sessionSurelyOver({ currentSession }: Profile, { timeMs, seenBeforeMs }: Happening): OpenSession | null {
  const isIdle = timeMs - seenBeforeMs > sessionIdleMs;
  if (!isIdle || currentSession === null) return null;
  const [startedMs, lastActiveMs] = [seenBeforeMs, seenBeforeMs];
  return { id: currentSession, senderId: null, startedMs, lastActiveMs, campaignKey: null };
}

/** The session that the sender names, if it is this person's, else the newest. */
function openSession(people: People, profile: Profile, event: CanonicalEvent): Session | null {
  const { currentSession, key, project } = profile;
  const sessionId = usableSessionId(event);
  const current = currentSession === null ? null : (people.session(project, currentSession) ?? null);
  if (sessionId === null || current?.senderId === sessionId) return current;
  const named = people.session(project, sessionId);
  return named?.profile === key ? named : current;
}

/** The sender's own id where no session has it yet. */
function freeSessionId(people: People, { key, project }: Profile, event: CanonicalEvent): string {
  const sessionId = usableSessionId(event);
  const isFree = sessionId !== null && people.session(project, sessionId) === undefined;
  return isFree ? sessionId : derivedId("session", project, key, event.id);
}

/** Longer ones are no names, and every session keeps its own. */
const maxSessionIdLength = 256;

function usableSessionId({ sessionId }: CanonicalEvent): string | null {
  return sessionId === null || sessionId === "" || sessionId.length > maxSessionIdLength ? null : sessionId;
}

function withNewest(people: People, profile: Profile, { id, attribution }: Session): Profile {
  const ids = [...profile.sessionIds, id];
  const { maxSessionIds } = profileBounds;
  for (const old of ids.slice(0, -maxSessionIds)) people.forgetSession(profile.project, old);
  return {
    ...profile,
    acquisition: profile.acquisition ?? attribution,
    sessions: profile.sessions + 1,
    sessionIds: ids.slice(-maxSessionIds),
    currentSession: id,
  };
}
