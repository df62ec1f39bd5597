/** A visit as the collector keeps it. Whether an event begins one is decided by `decideSession`, as at the sender's end. */
import type { JsonObject, OpenSession, SessionActivity, SessionBeginning } from "@oncewire/protocol";
import type { Attribution, Surroundings } from "./surroundings.js";

/** `senderId` is another than `id` once the sender went on using it for a new session. */
export interface Session extends OpenSession {
  readonly project: string;
  /** The key of whose session it is. */
  readonly profile: string;
  /** Why it did not go on as the one before. */
  readonly began: SessionBeginning;
  readonly events: number;
  readonly attribution: Attribution;
  readonly device: JsonObject;
}

/** What an event says that matters to a session. */
export interface Activity extends SessionActivity {
  readonly surroundings: Surroundings;
}

export interface Beginning {
  readonly id: string;
  readonly project: string;
  readonly profile: string;
  readonly began: SessionBeginning;
}

export function beginSession({ id, project, profile, began }: Beginning, activity: Activity): Session {
  const { timeMs, senderId, campaignKey, surroundings } = activity;
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
    campaignKey,
    device: surroundings.device(),
  };
}

/**
 * What is known stays: a session's attribution and device are what the first event says that says anything of them.
 * Nearly every event does this: the fields are written out, because a spread of as many costs several times as much.
 */
export function continueSession(session: Session, { timeMs, senderId, surroundings }: Activity): Session {
  return {
    id: session.id,
    project: session.project,
    profile: session.profile,
    senderId: session.senderId ?? senderId,
    began: session.began,
    startedMs: Math.min(session.startedMs, timeMs),
    lastActiveMs: Math.max(session.lastActiveMs, timeMs),
    events: session.events + 1,
    attribution: isEmpty(session.attribution) ? surroundings.attribution() : session.attribution,
    campaignKey: session.campaignKey,
    device: isEmpty(session.device) ? surroundings.device() : session.device,
  };
}

function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false;
  return true;
}
