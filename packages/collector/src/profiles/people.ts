/** Profiles and sessions as documents: which names they have, and what leads to them. */
import { hash } from "node:crypto";
import type { Documents } from "./documents.js";
import type { Profile } from "./profile.js";
import type { Session } from "./session.js";

/** Longer ids belong to nobody: no system makes such, and each is kept as part of a profile. */
export const maxIdLength = 1_024;
/** So many sessions of a project can be listed; older ones are found by their id or their person. */
const maxListedSessions = 1_000;
/** So many are in a list of their own, since each that begins makes the list anew. */
const maxNewestSessions = 50;

/** What is put under a name of one kind is got as that kind: the names keep them apart. */
export class People {
  readonly #documents: Documents;
  readonly #ids = new Names("id");
  readonly #profiles = new Names("profile");
  readonly #sessions = new Names("session");

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** Whose id that is, a user's or any other: within a project an id is one person's. */
  ofId(project: string, id: string): Profile | undefined {
    const link = this.#documents.get(this.#ids.of(project, id)) as IdLink | undefined;
    return link === undefined ? undefined : this.byKey(project, link.profile);
  }

  byKey(project: string, key: string): Profile | undefined {
    return this.#documents.get(this.#profiles.of(project, key)) as Profile | undefined;
  }

  keep(profile: Profile): void {
    this.#documents.put(this.#profiles.of(profile.project, profile.key), profile);
  }

  forget({ project, key }: Profile): void {
    this.#documents.remove(this.#profiles.of(project, key));
  }

  /** Lets a person go with all that leads to them; returns how many documents that were. */
  forgetPerson(profile: Profile): number {
    const { project, key, userIds, anonymousIds, sessionIds } = profile;
    const ids = [...userIds, ...anonymousIds];
    for (const id of ids) this.release(project, id, key);
    for (const id of sessionIds) this.forgetSession(project, id);
    this.forget(profile);
    this.#documents.put(forgottenName, { people: this.forgotten + 1 } satisfies Forgotten);
    return 1 + ids.length + sessionIds.length;
  }

  /** How many people were let go because there were too many. */
  get forgotten(): number {
    return (this.#documents.get(forgottenName) as Forgotten | undefined)?.people ?? 0;
  }

  lead(project: string, id: string, profile: string): void {
    const at = this.#ids.of(project, id);
    // Most events are of an id that leads there already, and what is put is written.
    const link = this.#documents.get(at) as IdLink | undefined;
    if (link?.profile !== profile) this.#documents.put(at, { profile } satisfies IdLink);
  }

  /** The id leads nowhere, unless it leads to another by now. */
  release(project: string, id: string, profile: string): void {
    const at = this.#ids.of(project, id);
    if ((this.#documents.get(at) as IdLink | undefined)?.profile === profile) this.#documents.remove(at);
  }

  session(project: string, id: string): Session | undefined {
    return this.#documents.get(this.#sessions.of(project, id)) as Session | undefined;
  }

  keepSession(session: Session): void {
    this.#documents.put(this.#sessions.of(session.project, session.id), session);
  }

  forgetSession(project: string, id: string): void {
    this.#documents.remove(this.#sessions.of(project, id));
  }

  /** The newest sessions of a project, the newest last; one may be forgotten already. */
  newestSessions(project: string): readonly string[] {
    return [...this.#listed(olderSessionsName(project)), ...this.#listed(newestSessionsName(project))].slice(
      -maxListedSessions,
    );
  }

  listSession({ project, id }: Session): void {
    const newest = this.#listed(newestSessionsName(project));
    const isFull = newest.length >= maxNewestSessions;
    if (isFull) this.#list(olderSessionsName(project), this.newestSessions(project));
    this.#list(newestSessionsName(project), isFull ? [id] : [...newest, id]);
  }

  #listed(at: string): readonly string[] {
    return (this.#documents.get(at) as SessionList | undefined)?.ids ?? [];
  }

  #list(at: string, ids: readonly string[]): void {
    this.#documents.put(at, { ids } satisfies SessionList);
  }
}

interface IdLink {
  readonly profile: string;
}

interface Forgotten {
  readonly people: number;
}

const forgottenName = "forgotten";

interface SessionList {
  readonly ids: readonly string[];
}

function newestSessionsName(project: string): string {
  return name("sessions", project, "");
}

function olderSessionsName(project: string): string {
  return name("older-sessions", project, "");
}

/** The profile, if the document of that name is one. */
export function profileNamed(at: string, document: object): Profile | null {
  return at.startsWith("profile:") ? (document as Profile) : null;
}

/** Names of one kind. Who is read is written next, and a text that is the same one is found sooner than its like. */
class Names {
  readonly #kind: string;
  #project = "";
  #id = "";
  #name: string;

  constructor(kind: string) {
    this.#kind = kind;
    this.#name = name(kind, "", "");
  }

  of(project: string, id: string): string {
    if (id === this.#id && project === this.#project) return this.#name;
    this.#name = name(this.#kind, project, id);
    [this.#project, this.#id] = [project, id];
    return this.#name;
  }
}

/** No project and no id can pass for a part of another: the project's length comes first. */
function name(kind: string, project: string, id: string): string {
  return `${kind}:${project.length}:${project}:${id}`;
}

/** The key of the profile that an event of an id begins: it tells who was new to which event. */
export function profileKey(project: string, id: string, eventId: string): string {
  return derivedId("profile", project, id, eventId);
}

/** A name for something new, the same at every reading of the log. */
export function derivedId(...parts: readonly string[]): string {
  const hex = hash("md5", JSON.stringify(parts), "hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
