/** What the reply to an init tells of the session. A-Track shows no replies, so one that tells nothing is as good. */
import type { WireRequest, WireResponse } from "../http.js";
import { parseJson } from "../parse-json.js";
import { isObject } from "./carried.js";
import { idHeader, idOfHeader } from "./frame.js";

export interface InitReply {
  /** The id of the call that was answered. */
  readonly id: string;
  readonly uuid: string;
  readonly sessionId: string;
}

/** As long as a session's id may be. */
const maxSessionIdLength = 256;

export function readInitReply(request: WireRequest, { status, body }: WireResponse): InitReply | null {
  const id = request.headers[idHeader];
  if (id === undefined || status < 200 || status > 299) return null;
  const parsed = parseJson(body);
  if (parsed.kind === "invalid" || !isObject(parsed.value)) return null;
  const { uuid, sessionId } = parsed.value;
  if (typeof uuid !== "string" || typeof sessionId !== "string") return null;
  if (sessionId === "" || sessionId.length > maxSessionIdLength) return null;
  return { id: idOfHeader(id), uuid, sessionId };
}
