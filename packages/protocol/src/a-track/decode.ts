/** A request that came in, as one canonical event or one bad one; the answer is A-Track's contract as far as it is known. */
import type { Arrival } from "../codec.js";
import { decoded } from "../decoded.js";
import type { Decoded } from "../decoded.js";
import type { JsonValue } from "../event.js";
import type { WireRequest, WireResponse } from "../http.js";
import { isoTime } from "../iso-time.js";
import { parseJson } from "../parse-json.js";
import type { Problem, Problems } from "../problem.js";
import { isObject } from "./carried.js";
import { callNames } from "./event.js";
import type { CallName } from "./event.js";
import { idHeader, idOfHeader } from "./frame.js";
import { errorReply, jsonReply } from "./reply.js";
import { toCanonical } from "./translate.js";
import { problemCodes, validateBody } from "./validate.js";
import type { ProblemCode } from "./validate.js";

/** Why something that came in is not an event. */
export type BadCode = "invalid-json" | "too-deep" | ProblemCode;
export const badCodes: readonly BadCode[] = ["invalid-json", "too-deep", ...problemCodes];

/** Objects and lists within one another: the encoder's 198, in a field of the context of a body. */
const maxDepth = 200;

export function decode(request: WireRequest, arrival: Arrival): Decoded {
  const parsed = parseJson(request.body);
  if (parsed.kind === "invalid") {
    return bad([fault("invalid-json", `a JSON object, got something else: ${parsed.message}`)], parsed.text, arrival);
  }
  const { value: body, scan } = parsed;
  if (scan.depth > maxDepth) {
    return bad([fault("too-deep", `at most ${maxDepth} levels, got ${scan.depth}; send it flatter`)], null, arrival);
  }
  const call = callNames.find((name) => name === arrival.route);
  if (call === undefined || !isObject(body)) {
    return bad([fault("not-an-event", "a JSON object with the fields of this call, got another value")], body, arrival);
  }
  const checked = validateBody(call, body);
  if (!checked.ok) return bad(checked.problems, body, arrival);
  const valid = checked.value;
  const id = idOf(request, arrival, call);
  const { project, receivedAtMs } = arrival;
  return decoded({
    count: 1,
    events: () => [toCanonical(valid, { id, project, receivedAt: isoTime(receivedAtMs), body })],
    bad: [],
    reply: () => (call === "event" ? eventReply(id) : jsonReply(200, { ok: true, uuid: valid.uuid })),
  });
}

/** The answer to an event that is kept under this id. */
export function eventReply(eventId: string): WireResponse {
  return jsonReply(200, { ok: true, eventId });
}

function fault(code: BadCode, expected: string): Problem {
  return { path: "", code, message: `Expected ${expected}.` };
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The id under which the call is kept once. One step of a sender may use the same key for its init and its event; so a
 * key that is no UUID names an event, and on the other paths it counts together with the path.
 */
export function idOf(request: WireRequest, arrival: Arrival, call: CallName): string {
  const header = request.headers[idHeader];
  if (header === undefined || header === "") return arrival.requestId;
  const key = idOfHeader(header);
  return call === "event" || uuid.test(key) ? key : `${call}:${key}`;
}

function bad(problems: Problems, wire: JsonValue, arrival: Arrival): Decoded {
  const [first] = problems;
  return {
    count: 0,
    events: [],
    bad: [
      {
        id: arrival.requestId,
        protocol: "a-track",
        project: arrival.project,
        receivedAt: isoTime(arrival.receivedAtMs),
        code: first.code,
        message: problems.map(said).join(" "),
        wire,
      },
    ],
    reply: errorReply(400, { code: first.code, message: first.message, field: first.path }),
  };
}

function said({ path, message }: Problem): string {
  return path === "" ? message : `${path}: ${message}`;
}
