/** What is told of people to those who ask: documents as answers, times as texts. */
import type { JsonObject, SessionBeginning, UserTruth } from "@oncewire/protocol";
import { profileKey } from "./people.js";
import type { People } from "./people.js";
import type { Profile } from "./profile.js";
import type { ProfiledStore } from "./profiled-store.js";
import type { Session } from "./session.js";
import type { Attribution } from "./surroundings.js";

/** What can be asked. An `id` is any id of the person, a user's or another. */
export type PeopleQuestion =
  | { readonly kind: "profile"; readonly project: string; readonly id: string }
  /** Newest first: of one person, or of everybody. */
  | {
      readonly kind: "sessions";
      readonly project: string;
      readonly id: string | null;
      readonly limit: number;
      /** The `next` of the answer before. */
      readonly cursor: string | null;
    }
  /** One session by its id, or a person's newest. */
  | {
      readonly kind: "session";
      readonly project: string;
      readonly id: string | null;
      readonly sessionId: string | null;
    }
  | { readonly kind: "truth"; readonly project: string; readonly id: string; readonly eventId: string };

export type PeopleQuestionOf<Kind extends keyof PeopleAnswers> = Extract<PeopleQuestion, { readonly kind: Kind }>;

export interface PeopleAnswers {
  readonly profile: ProfileView;
  readonly sessions: SessionPage;
  readonly session: SessionView;
  readonly truth: UserTruth;
}

export interface PeopleAnswer<Kind extends keyof PeopleAnswers = keyof PeopleAnswers> {
  /** Null where nobody is known by that, or where people cannot be asked about for the moment. */
  readonly value: PeopleAnswers[Kind] | null;
  /** Log positions that are stored and not in the answer yet: 0 but while profiles are made anew. */
  readonly behind: number;
  /** People who were let go, those seen longest ago, because there were too many. */
  readonly forgotten: number;
}

export interface ProfileView {
  readonly project: string;
  readonly userIds: readonly string[];
  readonly anonymousIds: readonly string[];
  readonly attributes: JsonObject;
  readonly profile: JsonObject;
  readonly groups: JsonObject;
  readonly events: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly sessions: number;
  readonly acquisition: Attribution | null;
  readonly session: SessionView | null;
  readonly leftOut: number;
}

export interface SessionView {
  readonly project: string;
  readonly sessionId: string;
  readonly senderSessionId: string | null;
  readonly userIds: readonly string[];
  readonly anonymousIds: readonly string[];
  readonly began: SessionBeginning;
  readonly startedAt: string;
  readonly lastActiveAt: string;
  readonly durationMs: number;
  readonly events: number;
  readonly attribution: Attribution;
  readonly device: JsonObject;
}

export interface SessionPage {
  readonly items: readonly SessionView[];
  readonly next: string | null;
}

export function answerAboutPeople({ people, behind }: ProfiledStore, question: PeopleQuestion): PeopleAnswer {
  if (people === null) return { value: null, behind, forgotten: 0 };
  return { value: answer(people, question), behind, forgotten: people.forgotten };
}

function answer(people: People, question: PeopleQuestion): PeopleAnswer["value"] {
  switch (question.kind) {
    case "profile":
      return profileView(people, people.ofId(question.project, question.id));
    case "sessions":
      return sessionPage(people, question);
    case "session":
      return sessionView(people, findSession(people, question));
    case "truth":
      return truthOf(people, question);
  }
}

function findSession(
  people: People,
  { project, id, sessionId }: PeopleQuestion & { kind: "session" },
): Session | undefined {
  if (sessionId !== null) return people.session(project, sessionId);
  const current = id === null ? null : people.ofId(project, id)?.currentSession;
  return current === null || current === undefined ? undefined : people.session(project, current);
}

function sessionPage(
  people: People,
  { project, id, limit, cursor }: PeopleQuestion & { kind: "sessions" },
): SessionPage {
  const ids = id === null ? people.newestSessions(project) : (people.ofId(project, id)?.sessionIds ?? []);
  const newestFirst = ids.toReversed();
  const from = cursor === null ? 0 : newestFirst.indexOf(cursor) + 1;
  // A session that the list does not hold any more is older than all that it holds.
  if (cursor !== null && from === 0) return { items: [], next: null };
  const page = newestFirst.slice(from, from + limit);
  const items = page.flatMap((sessionId) => sessionView(people, people.session(project, sessionId)) ?? []);
  return { items, next: from + limit < newestFirst.length ? (page.at(-1) ?? null) : null };
}

function truthOf(people: People, { project, id, eventId }: PeopleQuestion & { kind: "truth" }): UserTruth | null {
  const profile = people.ofId(project, id);
  if (profile === undefined) return null;
  return {
    isNewUser: profile.key === profileKey(project, id, eventId),
    sessionId: profile.currentSession,
    attributes: profile.attributes,
  };
}

function profileView(people: People, profile: Profile | undefined): ProfileView | null {
  if (profile === undefined) return null;
  const { project, userIds, anonymousIds, attributes, groups, events, sessions, acquisition, leftOut } = profile;
  const { currentSession } = profile;
  return {
    project,
    userIds,
    anonymousIds,
    attributes,
    profile: profile.person,
    groups,
    events,
    firstSeen: isoOf(profile.firstSeenMs),
    lastSeen: isoOf(profile.lastSeenMs),
    sessions,
    acquisition,
    session: currentSession === null ? null : sessionView(people, people.session(project, currentSession)),
    leftOut,
  };
}

function sessionView(people: People, session: Session | undefined): SessionView | null {
  if (session === undefined) return null;
  const { project, id, senderId, began, startedMs, lastActiveMs, events, attribution, device } = session;
  const whose = people.byKey(project, session.profile);
  return {
    project,
    sessionId: id,
    senderSessionId: senderId,
    userIds: whose?.userIds ?? [],
    anonymousIds: whose?.anonymousIds ?? [],
    began,
    startedAt: isoOf(startedMs),
    lastActiveAt: isoOf(lastActiveMs),
    durationMs: lastActiveMs - startedMs,
    events,
    attribution,
    device,
  };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
