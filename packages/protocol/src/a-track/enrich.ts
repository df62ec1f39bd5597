/** Replies with what the server knows of the user: who is new is its to say, and what the attributes come to. */
import type { Arrival, Enrichment, UserTruth } from "../codec.js";
import type { Decoded } from "../decoded.js";
import { callNames } from "./event.js";
import type { CallName } from "./event.js";
import { jsonReply } from "./reply.js";

export function enrich(decoded: Decoded, { route }: Arrival): Enrichment | null {
  const call = callNames.find((name) => name === route);
  const told = call === undefined ? null : fieldsOf[call];
  if (told === null) return null;
  const [event] = decoded.events;
  if (event === undefined || event.userId === null) return null;
  const { id: eventId, userId } = event;
  return { userId, eventId, reply: (truth) => jsonReply(200, { ok: true, uuid: userId, ...told(truth) }) };
}

/** What a call is about, and nothing else. */
const fieldsOf: Readonly<Record<CallName, ((truth: UserTruth) => object) | null>> = {
  init: ({ isNewUser, sessionId }) => ({ isNewUser, sessionId }),
  attributes: ({ attributes }) => (attributes === null ? {} : { attributes }),
  event: null,
};
