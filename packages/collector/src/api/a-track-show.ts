/**
 * A-Track's reading half. Its pages name `session/show` and `event/show`, which give the enriched session and events, and
 * say no more: parameters and answers are ours, and all of them are in this file.
 */
import type { RequestHead } from "@oncewire/protocol";
import type { EventQuery, EventReader } from "../store/event-store.js";
import type { PeopleReader } from "./people-api.js";
import { BadQuery, QueryReader } from "./query-reader.js";

export interface ShowParts {
  readonly people: PeopleReader;
  readonly store: EventReader;
  /** The project that a public key stands for; null for a key of none. It names the project and opens nothing. */
  readonly projectOf: (publicKey: string) => string | null;
}

export interface ShowAnswer {
  readonly status: number;
  readonly value: unknown;
}

export const showPaths = ["/session/show", "/event/show"] as const;
export type ShowPath = (typeof showPaths)[number];

/** Parameters come in the query, or as the fields of a JSON object. */
export async function answerShow(
  parts: ShowParts,
  path: ShowPath,
  { head, body }: { readonly head: RequestHead; readonly body: Uint8Array },
): Promise<ShowAnswer> {
  const asked = parametersOf(head.query, body);
  switch (path) {
    case "/session/show":
      return await showSession(parts, head, asked);
    case "/event/show":
      return await showEvents(parts, head, asked);
  }
}

/** The session of that id, else the newest of the user, with everything that events told of it. */
async function showSession(parts: ShowParts, head: RequestHead, asked: string): Promise<ShowAnswer> {
  const query = new QueryReader(asked, ["uuid", "sessionId", "project"]);
  const [id, sessionId] = [query.text("uuid") ?? null, query.text("sessionId") ?? null];
  if (id === null && sessionId === null) throw new BadQuery("`uuid` or `sessionId` is required");
  const project = projectFor(parts, head, query);
  const { value: session } = await parts.people.people<"session">({ kind: "session", project, id, sessionId });
  if (session === null) return notFound("session");
  const uuid = id ?? session.userIds.at(-1) ?? session.anonymousIds.at(-1) ?? "";
  const { value: profile } = await parts.people.people<"profile">({ kind: "profile", project, id: uuid });
  const told = profile === null ? {} : { attributes: profile.attributes, profile: profile.profile };
  return { status: 200, value: { ok: true, uuid, session, ...told } };
}

/** Events of a user, of a name, or one by its id; the newest first. */
async function showEvents(parts: ShowParts, head: RequestHead, asked: string): Promise<ShowAnswer> {
  const query = new QueryReader(asked, ["uuid", "eventId", "event", "project", "from", "to", "limit", "cursor"]);
  const named: Readonly<Record<string, string | undefined>> = {
    userId: query.text("uuid"),
    id: query.text("eventId"),
    name: query.text("event"),
    from: query.time("from"),
    to: query.time("to"),
    cursor: query.text("cursor"),
  };
  const given = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
  const limit = query.integer("limit", { least: 1, most: 1_000, byDefault: 100 });
  const selection: EventQuery = { ...given, project: projectFor(parts, head, query), limit };
  const { items, next } = await parts.store.events(selection);
  if (items.length === 0 && named["id"] !== undefined) return notFound("event");
  const events = items.map((event) => ({
    eventId: event.id,
    uuid: event.userId,
    event: event.name,
    kind: event.kind,
    timestamp: event.time,
    sessionId: event.sessionId,
    attributes: event.properties,
    context: event.context,
  }));
  return { status: 200, value: { ok: true, events, next } };
}

function notFound(what: "session" | "event"): ShowAnswer {
  const message = `expected what tells of ${what === "event" ? "an event" : "a session"} that is stored, got nothing known`;
  return { status: 404, value: { error: { code: "not-found", message } } };
}

function projectFor({ projectOf }: ShowParts, head: RequestHead, query: QueryReader): string {
  const key = head.headers["x-a-track-key"];
  return query.text("project") ?? (key === undefined ? null : projectOf(key)) ?? "default";
}

function parametersOf(query: string, body: Uint8Array): string {
  if (body.byteLength === 0) return query;
  const parameters = new URLSearchParams(query);
  for (const [name, value] of Object.entries(objectIn(body))) {
    if (value === null) continue;
    if (typeof value !== "string" && typeof value !== "number")
      throw new BadQuery(`\`${name}\` must be a text or a number`);
    parameters.set(name, String(value));
  }
  return parameters.toString();
}

function objectIn(body: Uint8Array): object {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString());
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Answered below, like any other body that is not one.
  }
  throw new BadQuery("the body must be a JSON object");
}
