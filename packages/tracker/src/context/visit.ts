/**
 * A visit as the sender's end knows it: which session somebody is in, by the rule that the collector has as well. Pure and
 * plain, so that a cookie, a storage or a message can hold a visit, and its time is the caller's.
 */
import { campaignSigns, decideSession, writeJson } from "@oncewire/protocol";
import type { JsonObject, OpenSession, SessionActivity } from "@oncewire/protocol";

export interface Visit {
  readonly sessionId: string;
  /** When somebody was last seen in it: ISO 8601, UTC, milliseconds. */
  readonly lastSeenAt: string;
  /** Stands for the campaign that the session began with; absent where there was none. */
  readonly campaign?: string;
}

/** What is known at the moment. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** What is known of the surroundings, as `buildRequestContext` gives it: it may tell of a campaign. */
  readonly context?: object | null | undefined;
  /** The session that somebody else has named already. */
  readonly sessionId?: string | null | undefined;
  /** Begins a session whatever there was. @default false */
  readonly newSession?: boolean | undefined;
  /** Names a session that begins here. */
  readonly newId: () => string;
}

/**
 * Somebody is there: goes on with the visit, or begins another after thirty minutes, with a new campaign, with another
 * session's id, or where that is asked for.
 *
 * @example
 * const visit = continueVisit(cookie, { nowMs: Date.now(), context, newId: randomUUID });
 */
export function continueVisit(open: Visit | null, moment: Moment): Visit {
  const { nowMs, newSession = false, newId } = moment;
  const senderId = moment.sessionId ?? null;
  const campaignKey = campaignSigns(plainOf(moment.context)).key;
  const activity = { timeMs: nowMs, senderId, campaignKey, isNewSession: newSession };
  if (open !== null && !hasEnded(open, activity)) return seenAt(open, nowMs);
  const visit = { sessionId: senderId ?? newId(), lastSeenAt: new Date(nowMs).toISOString() };
  return campaignKey === null ? visit : { ...visit, campaign: campaignKey };
}

const nothingSaid = { senderId: null, campaignKey: null, isNewSession: false } as const;

/** Somebody does something: null where the visit is over, for what is done after it belongs to none. */
export function touchVisit(open: Visit, nowMs: number): Visit | null {
  return hasEnded(open, { timeMs: nowMs, ...nothingSaid }) ? null : seenAt(open, nowMs);
}

/** A clock that was put back ends no visit; a visit of no time is none. */
function hasEnded(open: Visit, activity: Omit<SessionActivity, "mayBegin">): boolean {
  if (Number.isNaN(Date.parse(open.lastSeenAt))) return true;
  return decideSession({ ...activity, mayBegin: true }, sessionOf(open)).kind === "begin";
}

function sessionOf({ sessionId, lastSeenAt, campaign }: Visit): OpenSession {
  const lastSeenMs = Date.parse(lastSeenAt);
  return {
    id: sessionId,
    senderId: sessionId,
    startedMs: lastSeenMs,
    lastActiveMs: lastSeenMs,
    campaignKey: campaign ?? null,
  };
}

function seenAt(visit: Visit, nowMs: number): Visit {
  return nowMs <= Date.parse(visit.lastSeenAt) ? visit : { ...visit, lastSeenAt: new Date(nowMs).toISOString() };
}

const limits = { maxBytes: 1_048_576, maxDepth: 198 };

/** As it goes over the wire, whatever it is. */
function plainOf(context: object | null | undefined): JsonObject {
  const written = writeJson(context ?? {}, limits);
  return written.kind === "written" && written.text.startsWith("{") ? JSON.parse(written.text) : {};
}
