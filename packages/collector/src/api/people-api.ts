/** Profiles and sessions, as they are derived from everything that is stored. */
import type { RequestHead } from "@oncewire/protocol";
import type { PeopleAnswer, PeopleAnswers, PeopleQuestionOf } from "../profiles/people-reader.js";
import { BadQuery, QueryReader } from "./query-reader.js";

export interface PeopleReader {
  people<Kind extends keyof PeopleAnswers>(question: PeopleQuestionOf<Kind>): Promise<PeopleAnswer<Kind>>;
}

/** The project of a collector that was given no keys. */
const defaultProject = "default";

/** `GET /api/profiles?userId=` or `?anonymousId=`: whose that id is; null where nobody is known by it. */
export async function readPerson(reader: PeopleReader, head: RequestHead): Promise<unknown> {
  const query = new QueryReader(head.query, ["project", "userId", "anonymousId"]);
  const id = idOf(query);
  if (id === null) throw new BadQuery("`userId` or `anonymousId` is required");
  const question = { kind: "profile", project: projectOf(query), id } as const;
  const { value, behind, forgotten } = await reader.people<"profile">(question);
  return { profile: value, behind, forgotten };
}

/** `GET /api/sessions`: the newest first, of one person, or of everybody in the project. */
export async function listSessions(reader: PeopleReader, head: RequestHead): Promise<unknown> {
  const query = new QueryReader(head.query, ["project", "userId", "anonymousId", "sessionId", "limit", "cursor"]);
  const limit = query.integer("limit", { least: 1, most: 1_000, byDefault: 100 });
  const [project, id, cursor] = [projectOf(query), idOf(query), query.text("cursor") ?? null];
  const sessionId = query.text("sessionId");
  if (sessionId !== undefined) {
    const { value, behind } = await reader.people<"session">({ kind: "session", project, id: null, sessionId });
    return { items: value === null ? [] : [value], next: null, behind };
  }
  const { value, behind } = await reader.people<"sessions">({ kind: "sessions", project, id, limit, cursor });
  return { ...(value ?? { items: [], next: null }), behind };
}

/** Within a project an id is one person's, whether it came as a user's or as another. */
function idOf(query: QueryReader): string | null {
  return query.text("userId") ?? query.text("anonymousId") ?? null;
}

function projectOf(query: QueryReader): string {
  return query.text("project") ?? defaultProject;
}
