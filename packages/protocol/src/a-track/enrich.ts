/** Replies with what the server knows of the user: who is new is its to say, and what the attributes come to. */
import type { Arrival, Decoded, Enrichment, UserTruth } from "../codec.js";
import { callNames } from "./event.js";
import type { CallName } from "./event.js";
import { jsonReply } from "./reply.js";

export function enrich({ events }: Decoded, { route }: Arrival): Enrichment | null {
  const [event] = events;
  const call = callNames.find((name) => name === route);
  if (event === undefined || event.userId === null || call === undefined) return null;
  const { id: eventId, userId } = event;
  const told = fieldsOf[call];
  if (told === null) return null;
  return { userId, eventId, reply: (truth) => jsonReply(200, { ok: true, uuid: userId, ...told(truth) }) };
}

/** What a call is about, and nothing else. */
const fieldsOf: Readonly<Record<CallName, ((truth: UserTruth) => object) | null>> = {
  init: ({ isNewUser, sessionId }) => ({ isNewUser, sessionId }),
  attributes: ({ attributes }) => (attributes === null ? {} : { attributes }),
  event: null,
};
