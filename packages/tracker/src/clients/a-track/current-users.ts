/**
 * Whom a call is about that names nobody: the innermost scope's user, or the process's where no scope around has one. What
 * `init` says within a scope holds in that scope and within it, so that two requests in one process never mix; what it
 * says outside of any is the user of a process that has only one.
 */
import { writeJson, type JsonObject } from "@oncewire/protocol";
import type { Mode } from "@oncewire/protocol/a-track";
import { openScope, type OpenScope } from "../../context/scope.js";
import type { CurrentUser } from "./payloads.js";

/** A user, and the scope whose user it is; null for the process's. */
interface Place {
  readonly user: CurrentUser;
  readonly scope: OpenScope | null;
}

/** What is said of a user's attributes. */
export interface AttributesChange {
  readonly attributes: unknown;
  readonly mode: Mode;
}

export class CurrentUsers {
  readonly #ofScopes = new WeakMap<OpenScope, CurrentUser>();
  #ofProcess: CurrentUser | null = null;

  get(): CurrentUser | null {
    return this.#find()?.user ?? null;
  }

  /** The same, where there is a scope whose user it is. */
  getOfScope(): CurrentUser | null {
    const place = this.#find();
    return place?.scope ? place.user : null;
  }

  /** Makes it the user of the innermost scope, or of the process. */
  begin(user: CurrentUser): void {
    this.#put(user, openScope() ?? null);
  }

  /** Where the user is the current one: what it is from now on, and whether it is the process's. */
  update(
    uuid: unknown,
    change: AttributesChange,
  ): { readonly user: CurrentUser; readonly isOfProcess: boolean } | null {
    const place = this.#find();
    if (place === null || place.user.uuid !== uuid) return null;
    const user = changed(place.user, change);
    this.#put(user, place.scope);
    return { user, isOfProcess: place.scope === null };
  }

  #find(): Place | null {
    for (let scope = openScope(); scope !== undefined; scope = scope.outer) {
      const user = this.#ofScopes.get(scope) ?? namedBy(scope);
      if (user !== null) return { user, scope };
    }
    return this.#ofProcess === null ? null : { user: this.#ofProcess, scope: null };
  }

  #put(user: CurrentUser, scope: OpenScope | null): void {
    if (scope === null) this.#ofProcess = user;
    else this.#ofScopes.set(scope, user);
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

function namedBy({ namesUser, scope }: OpenScope): CurrentUser | null {
  const uuid = namesUser ? (scope.userId ?? scope.anonymousId) : undefined;
  return uuid === undefined ? null : newUser(uuid);
}
