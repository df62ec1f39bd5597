import type { RequestHead } from "@oncewire/protocol";
import { eventKinds } from "@oncewire/protocol";
import type { EventQuery, EventReader } from "../store/event-store.js";

/** An answer of the read API: a status and a value that becomes JSON. */
export interface ApiAnswer {
  readonly status: number;
  readonly value: unknown;
}

const texts = ["project", "kind", "name", "userId", "anonymousId", "sessionId", "id", "from", "to", "cursor"] as const;
const maxLimit = 1_000;
const defaultLimit = 100;

/** `GET /api/events`: what is stored, newest first, narrowed by query parameters named as in `EventQuery`. */
export async function listEvents(store: EventReader, head: RequestHead): Promise<ApiAnswer> {
  const query = readQuery(new URLSearchParams(head.query));
  if (typeof query === "string") return badRequest(query);
  return { status: 200, value: await store.events(query) };
}

/** `GET /api/bad`: what could not be decoded, newest first. */
export async function listBad(store: EventReader, head: RequestHead): Promise<ApiAnswer> {
  const query = readQuery(new URLSearchParams(head.query));
  if (typeof query === "string") return badRequest(query);
  return { status: 200, value: await store.bad(query) };
}

function badRequest(message: string): ApiAnswer {
  return { status: 400, value: { error: { code: "invalid-query", message } } };
}

/** The query, or what is wrong with it. */
function readQuery(parameters: URLSearchParams): EventQuery | string {
  const known: ReadonlySet<string> = new Set([...texts, "limit"]);
  for (const name of parameters.keys()) {
    if (!known.has(name)) return `\`${name}\` is not a parameter; expected one of: ${[...known].join(", ")}`;
  }
  const limit = parameters.get("limit") ?? String(defaultLimit);
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > maxLimit) {
    return `\`limit\` must be an integer from 1 to ${maxLimit}, got ${JSON.stringify(limit)}`;
  }
  const given = texts.flatMap((name) => {
    const value = parameters.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const query: EventQuery = { ...Object.fromEntries(given), limit: Number(limit) };
  return problemWith(query) ?? query;
}

function problemWith({ kind, from, to }: EventQuery): string | null {
  if (kind !== undefined && !(eventKinds as readonly string[]).includes(kind)) {
    return `\`kind\` must be one of ${eventKinds.join(", ")}, got ${JSON.stringify(kind)}`;
  }
  for (const [name, value] of Object.entries({ from, to })) {
    if (value !== undefined && Number.isNaN(Date.parse(value))) {
      return `\`${name}\` must be an ISO 8601 time, got ${JSON.stringify(value)}`;
    }
  }
  return null;
}
