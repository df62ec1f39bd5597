/**
 * A visit: what a person did without a pause of thirty minutes, and from one campaign. Decided here and nowhere else,
 * from the events in the order of the log.
 */
import type { JsonObject } from "@oncewire/protocol";
import type { Attribution, Surroundings } from "./surroundings.js";

export interface Session {
  readonly id: string;
  readonly project: string;
  /** The key of whose session it is. */
  readonly profile: string;
  /** The id by which the sender knows it: another than `id` once the sender went on using it for a new session. */
  readonly senderId: string | null;
  /** Why it did not go on as the one before. */
  readonly began: SessionBeginning;
  /** Milliseconds since the epoch, by the events' own times. */
  readonly startedMs: number;
  readonly lastActiveMs: number;
  readonly events: number;
  readonly attribution: Attribution;
  readonly campaignKey: string | null;
  readonly device: JsonObject;
}

export const sessionBeginnings = ["first", "idle", "campaign", "asked", "sender"] as const;
export type SessionBeginning = (typeof sessionBeginnings)[number];

export const sessionIdleMs: number = 30 * 60 * 1_000;

/** What of an event decides about sessions. */
export interface Activity {
  readonly timeMs: number;
  /** Whether a session begins where none is open; else the event only goes on with one. */
  readonly mayBegin: boolean;
  readonly senderId: string | null;
  readonly surroundings: Surroundings;
}

export type SessionDecision =
  | { readonly kind: "none" }
  | { readonly kind: "continue"; readonly session: Session }
  | { readonly kind: "begin"; readonly began: SessionBeginning };

const none: SessionDecision = { kind: "none" };

/** `open` is the session that the event would go on with: the one its sender names, else the person's newest. */
export function decideSession(activity: Activity, open: Session | null): SessionDecision {
  const began = whyNew(activity, open);
  if (open !== null && began === null) return isTooLate(activity, open) ? none : { kind: "continue", session: open };
  return activity.mayBegin ? { kind: "begin", began: began ?? "first" } : none;
}

function whyNew({ timeMs, senderId, surroundings }: Activity, open: Session | null): SessionBeginning | null {
  if (open === null) return "first";
  if (surroundings.isNewSession) return "asked";
  if (timeMs - open.lastActiveMs > sessionIdleMs) return "idle";
  if (open.startedMs - timeMs > sessionIdleMs) return null;
  const { campaignKey } = surroundings;
  if (campaignKey !== null && campaignKey !== open.campaignKey) return "campaign";
  return senderId !== null && open.senderId !== null && senderId !== open.senderId ? "sender" : null;
}

/** What comes so late that it was before the session is part of none: sessions that are over are not opened again. */
function isTooLate({ timeMs }: Activity, open: Session): boolean {
  return open.startedMs - timeMs > sessionIdleMs;
}

export interface Beginning {
  readonly id: string;
  readonly project: string;
  readonly profile: string;
  readonly began: SessionBeginning;
}

export function beginSession({ id, project, profile, began }: Beginning, activity: Activity): Session {
  const { timeMs, senderId, surroundings } = activity;
  return {
    id,
    project,
    profile,
    senderId,
    began,
    startedMs: timeMs,
    lastActiveMs: timeMs,
    events: 1,
    attribution: surroundings.attribution(),
    campaignKey: surroundings.campaignKey,
    device: surroundings.device(),
  };
}

/** What is known stays: a session's attribution and device are what the first event says that says anything of them. */
export function continueSession(session: Session, { timeMs, senderId, surroundings }: Activity): Session {
  return {
    ...session,
    senderId: session.senderId ?? senderId,
    startedMs: Math.min(session.startedMs, timeMs),
    lastActiveMs: Math.max(session.lastActiveMs, timeMs),
    events: session.events + 1,
    attribution: isEmpty(session.attribution) ? surroundings.attribution() : session.attribution,
    device: isEmpty(session.device) ? surroundings.device() : session.device,
  };
}

function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false;
  return true;
}
