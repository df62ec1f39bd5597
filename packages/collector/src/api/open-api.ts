/** The read API as an OpenAPI document; docs/openapi.json is this, and tests compare both with the running server. */
import { eventKinds, protocolNames, sessionBeginnings } from "@oncewire/protocol";
import { cutReasons, refusalReasons, unkeptReasons } from "../report.js";

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const textOrNull: Schema = { type: ["string", "null"] };
const count: Schema = { type: "integer", minimum: 0 };
const time: Schema = { type: "string", format: "date-time" };
const timeOrNull: Schema = { type: ["string", "null"], format: "date-time" };
const anyObject: Schema = { type: "object" };
const protocol: Schema = { enum: protocolNames };
const next: Schema = { type: ["string", "null"], description: "Give it as `cursor` to read on; null at the end." };

function object(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

function countsBy(reasons: readonly string[]): Schema {
  return object(Object.fromEntries(reasons.map((reason) => [reason, count])));
}

function orNull(schema: Schema): Schema {
  return { ...schema, type: ["object", "null"] };
}

function list(items: Schema): Schema {
  return { type: "array", items };
}

const event = object({
  position: count,
  id: text,
  protocol,
  project: text,
  kind: { enum: eventKinds },
  name: textOrNull,
  userId: textOrNull,
  anonymousId: textOrNull,
  previousId: textOrNull,
  groupId: textOrNull,
  sessionId: textOrNull,
  occurredAt: timeOrNull,
  sentAt: timeOrNull,
  receivedAt: time,
  time,
  properties: anyObject,
  entities: list(object({ schema: text, data: {} })),
  context: anyObject,
  library: { type: ["object", "null"], properties: { name: text, version: textOrNull } },
  wire: { description: "The message as received." },
});

const badEvent = object({
  position: count,
  id: text,
  protocol,
  project: text,
  receivedAt: time,
  code: text,
  message: text,
  wire: {},
});

const request: Schema = {
  type: "object",
  properties: {
    position: count,
    protocol,
    route: text,
    project: text,
    receivedAt: time,
    requestId: text,
    remoteAddress: text,
    head: anyObject,
    body: { type: "string", contentEncoding: "base64", description: "As received. Not there with `containing`." },
  },
  required: ["position", "protocol", "route", "project", "receivedAt", "requestId", "remoteAddress", "head"],
  additionalProperties: false,
};

const stats = object({
  requests: count,
  receivedBytes: count,
  accepted: { ...count, description: "accepted = stored + duplicates + unstorable + pending" },
  bad: count,
  stored: count,
  duplicates: count,
  unstorable: { ...count, description: "Events that no row can hold; bad events are kept instead of them." },
  pending: count,
  refused: countsBy(refusalReasons),
  unkept: { ...countsBy(unkeptReasons), description: "Requests answered of which there was nothing to keep." },
  cut: { ...countsBy(cutReasons), description: "Connections ended by a limit." },
});

const behind: Schema = {
  ...count,
  description: "Log positions that are not in it yet; 0 but while profiles are made anew.",
};

const forgotten: Schema = {
  ...count,
  description: "People let go, those seen longest ago, because there were too many.",
};

const session = object({
  project: text,
  sessionId: text,
  senderSessionId: textOrNull,
  userIds: list(text),
  anonymousIds: list(text),
  began: { enum: sessionBeginnings },
  startedAt: time,
  lastActiveAt: time,
  durationMs: count,
  events: count,
  attribution: anyObject,
  device: anyObject,
});

const profile = object({
  project: text,
  userIds: list(text),
  anonymousIds: list(text),
  attributes: anyObject,
  profile: anyObject,
  groups: anyObject,
  events: count,
  firstSeen: time,
  lastSeen: time,
  sessions: count,
  acquisition: { type: ["object", "null"], description: "The attribution of the first session." },
  session: orNull(session),
  leftOut: { ...count, description: "Changes that were too large, and ids that were too many." },
});

const shownEvent = object({
  eventId: text,
  uuid: textOrNull,
  event: textOrNull,
  kind: { enum: eventKinds },
  timestamp: time,
  sessionId: textOrNull,
  attributes: anyObject,
  context: anyObject,
});

const isOk: Schema = { enum: [true] };

const sqlAnswer = object({
  columns: list(object({ name: text, type: text })),
  rows: list({ type: "array" }),
  truncated: { type: "boolean" },
});

const counts = object({
  items: list(object({ time: timeOrNull, key: textOrNull, count })),
  truncated: { type: "boolean" },
});

const requests = object({
  items: list(request),
  next: { type: ["integer", "null"], description: "Give it as `from` to read on; null at the end of the log." },
  first: count,
  durable: count,
});

const error = object({ error: object({ code: text, message: text }) });

interface Parameter {
  readonly name: string;
  readonly schema: Schema;
  readonly required?: true;
  readonly description?: string;
}

const project: Parameter = { name: "project", schema: text };
const limit = (most: number, byDefault: number): Parameter => ({
  name: "limit",
  schema: { type: "integer", minimum: 1, maximum: most, default: byDefault },
});
const cursor: Parameter = { name: "cursor", schema: text, description: "The `next` of the answer before." };
const filters: readonly Parameter[] = [
  project,
  { name: "kind", schema: { enum: eventKinds } },
  ...["name", "userId", "anonymousId", "sessionId", "id"].map((name): Parameter => ({ name, schema: text })),
  { name: "from", schema: time, description: "On `time`, inclusive." },
  { name: "to", schema: time, description: "On `time`, exclusive." },
];

/** Within a project an id is one person's, whether it came as a user's or as another. */
const anyId: readonly Parameter[] = ["userId", "anonymousId"].map((name) => ({ name, schema: text }));

interface Operation {
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly answer: Schema;
}

const operations: Readonly<Record<string, Operation>> = {
  "/api/events": {
    summary: "Stored events, newest first.",
    parameters: [...filters, limit(1_000, 100), cursor],
    answer: object({ items: list(event), next }),
  },
  "/api/bad": {
    summary: "What could not be decoded, newest first, with its reason.",
    parameters: [project, limit(1_000, 100), cursor],
    answer: object({ items: list(badEvent), next }),
  },
  "/api/counts": {
    summary: "How many events there are, by time and by one of their fields.",
    parameters: [
      ...filters,
      { name: "by", schema: { enum: ["minute", "hour", "day", "week", "month"] } },
      { name: "group", schema: { enum: ["project", "protocol", "kind", "name"] } },
    ],
    answer: counts,
  },
  "/api/profiles": {
    summary: "Whose an id is, and what is known of that person; null where nobody is. One of the ids is required.",
    parameters: [project, ...anyId],
    answer: object({ profile: orNull(profile), behind, forgotten }),
  },
  "/api/sessions": {
    summary: "Sessions, newest first: of one person, of everybody, or one by its id.",
    parameters: [project, ...anyId, { name: "sessionId", schema: text }, limit(1_000, 100), cursor],
    answer: object({ items: list(session), next, behind }),
  },
  "/session/show": {
    summary: "A-Track: a user's newest session or one by its id, with what is known of the user. POST takes JSON.",
    parameters: [{ name: "uuid", schema: text }, { name: "sessionId", schema: text }, project],
    answer: object({ ok: isOk, uuid: text, session, attributes: anyObject, profile: anyObject }),
  },
  "/event/show": {
    summary: "A-Track: events of a user, of a name, or one by its id, newest first. POST takes JSON.",
    parameters: [
      ...["uuid", "eventId", "event"].map((name): Parameter => ({ name, schema: text })),
      project,
      ...filters.filter(({ name }) => name === "from" || name === "to"),
      limit(1_000, 100),
      cursor,
    ],
    answer: object({ ok: isOk, events: list(shownEvent), next }),
  },
  "/api/sql": {
    summary: "One SELECT over the tables `events` and `bad_events`.",
    parameters: [
      { name: "query", schema: text, required: true },
      limit(100_000, 1_000),
      { name: "timeoutMs", schema: { type: "integer", minimum: 1, maximum: 300_000, default: 30_000 } },
    ],
    answer: sqlAnswer,
  },
  "/api/requests": {
    summary: "The accept log: requests as received, in the order they came, as far back as the log is kept.",
    parameters: [
      { name: "from", schema: count, description: "A log position." },
      limit(1_000, 100),
      {
        name: "containing",
        schema: list(text),
        description: "Only requests that hold this text, or one of these, without their bodies.",
      },
    ],
    answer: requests,
  },
  "/api/stats": { summary: "The ledger since the start.", parameters: [], answer: stats },
  "/api/openapi.json": { summary: "This document.", parameters: [], answer: anyObject },
};

const json = (schema: Schema): object => ({ "application/json": { schema } });

export function openApiDocument(): object {
  const paths = Object.entries(operations).map(([path, { summary, parameters, answer }]) => {
    const get = {
      summary,
      parameters: parameters.map((parameter) => ({ in: "query", ...parameter })),
      responses: {
        "200": { description: "The answer.", content: json(answer) },
        default: { description: "What is wrong, and what to do.", content: json(error) },
      },
    };
    return [path, { get }];
  });
  return {
    openapi: "3.1.0",
    info: { title: "oncewire collector: read API", version: "1" },
    security: [{}, { bearer: [] }],
    paths: Object.fromEntries(paths),
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer", description: "The secret key." } } },
  };
}
