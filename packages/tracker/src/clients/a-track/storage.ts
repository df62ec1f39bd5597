/**
 * Where the client keeps who the current user is, so that the next process goes on with the same. Any store of texts
 * will do: a `Map` is one, and so are most caches and databases.
 */
import type { JsonObject, JsonValue } from "@oncewire/protocol";
import type { Visit } from "../../context/visit.js";
import type { CurrentUser } from "./payloads.js";

export interface ATrackStorage {
  /** Nothing, null or undefined, where nothing is kept under the key. */
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  /** Has kept the text when it returns, or when the promise it returns resolves. */
  set(key: string, text: string): unknown;
}

/** What the storage answered. One that could not be read may hold a user, and is not written over without need. */
export interface Loaded {
  readonly user: CurrentUser | null;
  /** The user's last session. */
  readonly visit: Visit | null;
  readonly isReadable: boolean;
}

export interface UserStoreParts {
  readonly storage: ATrackStorage;
  readonly key: string;
  readonly onError: (error: unknown) => void;
}

/** One user in a storage. Nothing here throws or rejects: what the storage does wrong is told to `onError`. */
export class UserStore {
  readonly #parts: UserStoreParts;
  /** The text to be written next; only the latest counts. */
  #next: string | null = null;
  #writing: Promise<boolean> | null = null;

  constructor(parts: UserStoreParts) {
    this.#parts = parts;
  }

  /** Answers at once where the storage does. */
  load(): Loaded | Promise<Loaded> {
    const { storage, key } = this.#parts;
    try {
      const text = storage.get(key);
      if (!isPromise(text)) return this.#read(text);
      return Promise.resolve(text).then(
        (value) => this.#read(value),
        (error: unknown) => this.#unreadable(error),
      );
    } catch (error) {
      return this.#unreadable(error);
    }
  }

  /** Resolves with whether the storage has this user or a later one. Writes never overlap. */
  save({ uuid, attributes }: CurrentUser, visit: Visit | null): Promise<boolean> {
    this.#next = JSON.stringify({ uuid, attributes, ...visit });
    return (this.#writing ??= this.#write());
  }

  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<boolean> {
    const { storage, key } = this.#parts;
    let isKept = false;
    while (this.#next !== null) {
      const text = this.#next;
      this.#next = null;
      try {
        // oxlint-disable-next-line no-await-in-loop -- each write waits for the one before it
        await storage.set(key, text);
        isKept = true;
      } catch (error) {
        isKept = false;
        this.#tell(error);
      }
    }
    this.#writing = null;
    return isKept;
  }

  #read(text: unknown): Loaded {
    if (text === null || text === undefined) return { user: null, visit: null, isReadable: true };
    const kept = parseKept(text);
    // What is no user of ours is of no use to anybody: it may be written over.
    if (kept === null)
      this.#tell(new TypeError("Expected a stored user, { uuid, attributes } as JSON; got another text."));
    return { user: kept?.user ?? null, visit: kept?.visit ?? null, isReadable: true };
  }

  #unreadable(error: unknown): Loaded {
    this.#tell(error);
    return { user: null, visit: null, isReadable: false };
  }

  #tell(error: unknown): void {
    try {
      this.#parts.onError(error);
    } catch {
      // The caller's function is the caller's affair.
    }
  }
}

function isPromise(value: unknown): value is Promise<string | null | undefined> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

type Kept = Pick<Loaded, "visit"> & { readonly user: CurrentUser };

function parseKept(text: unknown): Kept | null {
  try {
    const value: JsonValue = typeof text === "string" ? JSON.parse(text) : null;
    if (!isObject(value)) return null;
    const { uuid, attributes } = value;
    if (typeof uuid !== "string" || uuid === "" || !isObject(attributes)) return null;
    return { user: { uuid, attributes }, visit: visitIn(value) };
  } catch {
    return null;
  }
}

/** A user without a session, or with one that cannot be read, is a user all the same. */
function visitIn({ sessionId, lastSeenAt, campaign }: JsonObject): Visit | null {
  if (typeof sessionId !== "string" || sessionId === "" || typeof lastSeenAt !== "string") return null;
  return { sessionId, lastSeenAt, ...(typeof campaign === "string" ? { campaign } : {}) };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
