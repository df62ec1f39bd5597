/**
 * What a session is: what somebody did without a pause of thirty minutes, and from one campaign. The client that begins a
 * session and the collector that keeps it decide by this one rule, so that they agree where they see the same; where they
 * do not, what the collector decides is told to the client in its reply.
 */

export const sessionIdleMs: number = 30 * 60 * 1_000;

/** Why a session did not go on as the one before. */
export const sessionBeginnings = ["first", "idle", "campaign", "asked", "sender"] as const;
export type SessionBeginning = (typeof sessionBeginnings)[number];

/** Of a session, what decides whether it goes on. */
export interface OpenSession {
  readonly id: string;
  /** The id by which the sender knows it; null where the sender has named none. */
  readonly senderId: string | null;
  /** Milliseconds since the epoch, by the events' own times. */
  readonly startedMs: number;
  readonly lastActiveMs: number;
  /** Of the campaign it began with; see `campaignSigns`. */
  readonly campaignKey: string | null;
}

/** What of an event decides about sessions. */
export interface SessionActivity {
  readonly timeMs: number;
  /** Whether a session begins where none goes on; else the event is part of one that is there, or of none. */
  readonly mayBegin: boolean;
  /** The session that the sender says it is part of. */
  readonly senderId: string | null;
  readonly campaignKey: string | null;
  /** The sender asked for a new session. */
  readonly isNewSession: boolean;
}

export type SessionDecision =
  | { readonly kind: "none" }
  | { readonly kind: "continue" }
  | { readonly kind: "begin"; readonly began: SessionBeginning };

const none: SessionDecision = { kind: "none" };
const goesOn: SessionDecision = { kind: "continue" };

/** `open` is the session that the event would go on with: the one its sender names, else the person's newest. */
export function decideSession(activity: SessionActivity, open: OpenSession | null): SessionDecision {
  const began = open === null ? "first" : whyNew(activity, open);
  if (open !== null && began === null) return isTooLate(activity, open) ? none : goesOn;
  return activity.mayBegin ? { kind: "begin", began: began ?? "first" } : none;
}

function whyNew(activity: SessionActivity, open: OpenSession): SessionBeginning | null {
  if (activity.isNewSession) return "asked";
  if (activity.timeMs - open.lastActiveMs > sessionIdleMs) return "idle";
  if (isTooLate(activity, open)) return null;
  const { campaignKey, senderId } = activity;
  if (campaignKey !== null && campaignKey !== open.campaignKey) return "campaign";
  return senderId !== null && !isNamed(open, senderId) ? "sender" : null;
}

/** A session has two names where the collector gave it another than its sender did, and the sender may have learnt it. */
function isNamed({ id, senderId }: OpenSession, name: string): boolean {
  return senderId === null || senderId === name || id === name;
}

/** What comes so late that it was before the session is part of none: sessions that are over are not opened again. */
function isTooLate({ timeMs }: SessionActivity, { startedMs }: OpenSession): boolean {
  return startedMs - timeMs > sessionIdleMs;
}
