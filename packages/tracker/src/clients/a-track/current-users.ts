/**
 * Whom a call is about that names nobody: the scope's user, or the process's where the scope has none. What `init` says
 * within a scope holds there, so that two requests in one process never mix; what it says outside of any is the user of a
 * process that has only one.
 */
import { writeJson, type JsonObject } from "@oncewire/protocol";
import type { Mode } from "@oncewire/protocol/a-track";
import { openScope, type Scope } from "../../context/scope.js";
import type { CurrentUser } from "./payloads.js";

/** A user, and in which scopes he is it; null for the process's. */
interface Place {
  readonly user: CurrentUser;
  readonly person: object | null;
}

/** What is said of a user's attributes. */
export interface AttributesChange {
  readonly attributes: unknown;
  readonly mode: Mode;
}

export class CurrentUsers {
  readonly #ofScopes = new WeakMap<object, CurrentUser>();
  #ofProcess: CurrentUser | null = null;

  get(): CurrentUser | null {
    return this.#find()?.user ?? null;
  }

  /** The one of the process, whatever the scope. */
  getOfProcess(): CurrentUser | null {
    return this.#ofProcess;
  }

  /** The same, where there is a scope whose user it is. */
  getOfScope(): CurrentUser | null {
    const place = this.#find();
    return place === null || place.person === null ? null : place.user;
  }

  /** Makes it the user of the scope, or of the process. */
  begin(user: CurrentUser): void {
    this.#put(user, openScope()?.person ?? null);
  }

  /** Where the user is the current one: what it is from now on, and whether it is the process's. */
  update(
    uuid: unknown,
    change: AttributesChange,
  ): { readonly user: CurrentUser; readonly isOfProcess: boolean } | null {
    const place = this.#find();
    if (place === null || place.user.uuid !== uuid) return null;
    const user = changed(place.user, change);
    this.#put(user, place.person);
    return { user, isOfProcess: place.person === null };
  }

  #find(): Place | null {
    const open = openScope();
    const user = open === undefined ? null : (this.#ofScopes.get(open.person) ?? namedBy(open.scope));
    if (open !== undefined && user !== null) return { user, person: open.person };
    return this.#ofProcess === null ? null : { user: this.#ofProcess, person: null };
  }

  #put(user: CurrentUser, person: object | null): void {
    if (person === null) this.#ofProcess = user;
    else this.#ofScopes.set(person, user);
  }
}

const noAttributes: JsonObject = Object.freeze({});

/** A user of whom nothing is known yet. */
export function newUser(uuid: string): CurrentUser {
  return Object.freeze({ uuid, attributes: noAttributes });
}

/** The user as the change leaves it: by top-level field, or all of it. */
export function changed(user: CurrentUser, { attributes, mode }: AttributesChange): CurrentUser {
  const given = snapshotOf(attributes);
  const next = mode === "replace" ? given : { ...user.attributes, ...given };
  return Object.freeze({ uuid: user.uuid, attributes: Object.freeze(next) });
}

const limits = { maxBytes: 1_048_576, maxDepth: 198 };

/** As it goes over the wire: later changes of the caller's object are no changes of the user. */
function snapshotOf(attributes: unknown): JsonObject {
  if (attributes === undefined || attributes === null) return noAttributes;
  const written = writeJson(attributes, limits);
  return written.kind === "written" && written.text.startsWith("{") ? JSON.parse(written.text) : noAttributes;
}

function namedBy({ userId, anonymousId }: Scope): CurrentUser | null {
  const uuid = userId ?? anonymousId;
  return uuid === undefined ? null : newUser(uuid);
}
