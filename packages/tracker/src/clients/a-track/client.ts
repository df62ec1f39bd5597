/**
 * A-Track in its own words: init, track and setAttributes, in front of the engine that delivers for every destination. No
 * call throws, rejects or blocks because of delivery: what could not be sent is kept and sent again.
 *
 * The current user is one for the whole process, as in A-Track's own SDKs: right for a command, a job, a desktop program.
 * A server names its users instead: with `forUser(uuid)`, or within `runInScope`, where `init` makes the user of that
 * scope alone. So two users who are tracked at the same time never mix.
 */
import type { WireRequest, WireResponse } from "@oncewire/protocol";
import { readInitReply, type Mode } from "@oncewire/protocol/a-track";
import { OutboxClient, type Client } from "../../client.js";
import { fieldOf, objectOf, textOf } from "../../context/safe-read.js";
import { openScope } from "../../context/scope.js";
import type { Visit } from "../../context/visit.js";
import type { Stats } from "../../delivery/delivery.js";
import type { EventHandle } from "../../handle.js";
import { Outbox, type FlushOptions } from "../../outbox.js";
import { Calls, type SaidAtInit, type SessionFields, type Whose } from "./calls.js";
import { resolveClientOptions, type ATrackClientOptions, type ResolvedClientOptions } from "./client-options.js";
import { changed, CurrentUsers, newUser } from "./current-users.js";
import { aTrackHeard } from "./destination.js";
import type { CurrentUser, EventPayload, InitPayload, InitResult, SetAttributesOptions } from "./payloads.js";
import { Sessions } from "./sessions.js";
import { UserStore, type Loaded } from "./storage.js";

/** One user's calls. They neither ask nor change who the current user is. */
export interface ATrackUser {
  readonly uuid: string;
  init(payload?: InitPayload | null): EventHandle;
  track(payload: EventPayload): EventHandle;
  setAttributes(attributes: object, how?: boolean | SetAttributesOptions | null): EventHandle;
}

export interface ATrack extends Client {
  /**
   * Makes somebody the current user: the one that the payload names, else the one that there is, else the one that the
   * storage holds, else a new one. Resolves when the storage has the user; the request is on its way or waits, and
   * offline it is kept.
   */
  init(payload?: InitPayload | null): Promise<InitResult>;
  /** Where the payload names no user it is the current one. Without any it is refused and counted as `invalid`. */
  track(payload: EventPayload): EventHandle;
  /** `true` stands for `{ replace: true }`. */
  setAttributes(attributes: object, how?: boolean | SetAttributesOptions | null): EventHandle;
  /** The current user; null before there is one. */
  getUser(): CurrentUser | null;
  /** The session of the process's user, which `init` has begun; null before it, and once it is over. */
  getSession(): Visit | null;
  /** The calls of a user, whoever is the current one. */
  forUser(uuid: string): ATrackUser;
}

/**
 * Throws a `TrackerError` for an option that is missing, unknown or out of its bounds.
 *
 * @example
 * const sdk = createATrack({ publicKey: "pub_xxxxx", geo: "fra" });
 * await sdk.init({ user: { uuid: "server-user-42" } });
 * sdk.track({ event: "order_created", attributes: { orderId: "ord_123", total: 149 } });
 * await sdk.close();
 */
export function createATrack(given: ATrackClientOptions): ATrack {
  const options = resolveClientOptions(given);
  const { destination, tracker, runtime } = options;
  // The first answer cannot come before there is somebody to hear it.
  let client: ATrackClient | null = null;
  const heard = aTrackHeard(destination, (request, response) => client?.heard(request, response));
  const outbox = new Outbox({ destinations: [heard], options: tracker, runtime });
  client = new ATrackClient(outbox, options);
  return client;
}

class ATrackClient extends OutboxClient implements ATrack {
  readonly #calls: Calls;
  readonly #options: ResolvedClientOptions;
  readonly #users = new CurrentUsers();
  readonly #sessions = new Sessions();
  readonly #store: UserStore;
  #loaded: Loaded | Promise<Loaded> | null = null;
  /** False while the storage may hold a user whom nobody could read. */
  #maySave = false;
  #closing: Promise<Stats> | null = null;

  constructor(outbox: Outbox, options: ResolvedClientOptions) {
    super(outbox);
    this.#calls = new Calls(outbox);
    this.#options = options;
    const { storage, storageKey: key, onStorageError: onError } = options;
    this.#store = new UserStore({ storage, key, onError });
  }

  async init(payload: InitPayload | null = {}): Promise<InitResult> {
    if (openScope() !== undefined) return this.#beginInScope(payload ?? {});
    const loaded = (this.#loaded ??= this.#store.load());
    // Where the storage answers at once, the user is the current one before this function returns.
    return this.#beginInProcess(payload ?? {}, loaded instanceof Promise ? await loaded : loaded);
  }

  track(payload: EventPayload): EventHandle {
    const nowMs = this.#options.runtime.nowMs();
    let visit: Visit | null = null;
    const handle = this.#calls.event(payload, (named): Whose => {
      const uuid = named ?? this.#users.get()?.uuid;
      visit = this.#sessions.current(uuid, nowMs);
      return { uuid, session: visit === null ? null : { sessionId: visit.sessionId } };
    });
    if (visit !== null && this.#isTaken(handle)) this.#seen(visit);
    return handle;
  }

  setAttributes(attributes: object, how?: boolean | SetAttributesOptions | null): EventHandle {
    return this.#setAttributes(attributes, how, fieldOf(how, "uuid") ?? this.#users.get()?.uuid);
  }

  getUser(): CurrentUser | null {
    return this.#users.get();
  }

  getSession(): Visit | null {
    return this.#sessions.current(this.#users.getOfProcess()?.uuid, this.#options.runtime.nowMs());
  }

  forUser(uuid: string): ATrackUser {
    return {
      uuid,
      init: (payload) =>
        this.#sayInit(payload ?? {}, { uuid, isNewUser: false, session: sessionFields(payload, null) }),
      track: (payload) => this.#calls.event(payload, () => ({ uuid, session: null })),
      setAttributes: (attributes, how) => this.#setAttributes(attributes, how, uuid),
    };
  }

  override close(options: Pick<FlushOptions, "timeoutMs"> = {}): Promise<Stats> {
    return (this.#closing ??= this.#close(options.timeoutMs ?? this.#options.tracker.flushTimeoutMs));
  }

  async #close(timeoutMs: number): Promise<Stats> {
    let isOver = (): void => undefined;
    const over = new Promise<void>((resolve) => (isOver = resolve));
    const timer = this.#options.runtime.holdFor(timeoutMs, isOver);
    const user = this.#users.getOfProcess();
    if (user !== null && this.#sessions.isUnsaved) this.#save(user);
    const stored = Promise.race([this.#store.settled(), over]);
    const stats = await this.outbox.close({ timeoutMs });
    await stored;
    timer.cancel();
    return stats;
  }

  /** Answers are read for what they tell of the session that was begun last, and for nothing else. */
  heard(request: WireRequest, response: WireResponse): void {
    if (!this.#sessions.awaitsReply) return;
    const reply = readInitReply(request, response);
    const user = this.#users.getOfProcess();
    if (reply !== null && this.#sessions.answered(reply) && user !== null) this.#save(user);
  }

  async #beginInProcess(payload: InitPayload, stored: Loaded): Promise<InitResult> {
    const current = this.#users.getOfProcess();
    if (current === null && stored.user !== null) this.#sessions.restore(stored.user.uuid, stored.visit);
    const before = current ?? stored.user;
    const begun = this.#begin(payload, before, (uuid) => uuid !== before?.uuid);
    if (begun.user === null) return resultOf(begun, before, false);
    if (begun.isNamed || stored.isReadable) this.#maySave = true;
    const kept = this.#maySave && (await this.#store.save(begun.user, this.#sessions.save(begun.user.uuid)));
    return resultOf(begun, before, kept);
  }

  #seen(visit: Visit): void {
    const user = this.#users.getOfProcess();
    if (this.#sessions.touch(visit) && user !== null) this.#save(user);
  }

  /** Never rejects: the store tells of its errors itself. */
  #save(user: CurrentUser): void {
    if (this.#maySave) void this.#store.save(user, this.#sessions.save(user.uuid));
  }

  #beginInScope(payload: InitPayload): InitResult {
    const before = this.#users.getOfScope();
    // Whom the caller names may be known elsewhere; a uuid that was made just now is not.
    const begun = this.#begin(payload, before, (_uuid, isNamed) => !isNamed && before === null);
    return resultOf(begun, before, false);
  }

  #begin(payload: InitPayload, before: CurrentUser | null, isNew: IsNew): Begun {
    const { uuid, isNamed, isNewUser } = this.#whom(payload, before, isNew);
    const visit = this.#visitAt(payload, uuid);
    const handle = this.#sayInit(payload, { uuid, isNewUser, session: sessionFields(payload, visit) });
    if (typeof uuid !== "string" || uuid === "") return { user: null, visit, handle, isNewUser: false, isNamed };
    if (visit !== null && this.#isTaken(handle)) this.#sessions.begin(uuid, visit, handle.id);
    const known = before?.uuid === uuid ? before : newUser(uuid);
    const user = this.#isTaken(handle)
      ? changed(known, { attributes: attributesOf(payload), mode: modeOf(payload) })
      : known;
    this.#users.begin(user);
    return { user, visit, handle, isNewUser: isNewUser === true, isNamed };
  }

  #whom(payload: InitPayload, before: CurrentUser | null, isNew: IsNew): Whom {
    const named = fieldOf(fieldOf(payload, "user"), "uuid") ?? undefined;
    const isNamed = named !== undefined;
    const uuid = named ?? before?.uuid ?? this.#options.generateUuid();
    return { uuid, isNamed, isNewUser: fieldOf(payload, "isNewUser") ?? isNew(uuid, isNamed) };
  }

  /** The session that an init begins or continues; null in a scope, and for nobody. */
  #visitAt(payload: InitPayload, uuid: unknown): Visit | null {
    if (openScope() !== undefined || typeof uuid !== "string" || uuid === "") return null;
    const context = objectOf(payload, "context");
    return this.#sessions.next(uuid, {
      nowMs: this.#options.runtime.nowMs(),
      context,
      sessionId: textOf(context, "sessionId", maxSessionIdLength),
      newSession: fieldOf(payload, "newSession") === true,
      newId: () => this.#options.runtime.id(),
    });
  }

  #sayInit(payload: InitPayload, said: Omit<SaidAtInit, "attributes">): EventHandle {
    return this.#calls.init(payload, { ...said, attributes: attributesOf(payload) });
  }

  #setAttributes(
    attributes: object,
    how: boolean | SetAttributesOptions | null | undefined,
    uuid: unknown,
  ): EventHandle {
    const options = typeof how === "boolean" ? { replace: how } : (how ?? {});
    const mode = fieldOf(options, "replace") === true ? "replace" : "merge";
    const handle = this.#calls.attributes(options, { uuid, mode, attributes });
    const updated = this.#isTaken(handle) ? this.#users.update(uuid, { attributes, mode }) : null;
    if (updated?.isOfProcess) this.#save(updated.user);
    return handle;
  }

  /** Whether what a call says of a user holds: also where nothing is sent, by option. */
  #isTaken({ accepted }: EventHandle): boolean {
    return accepted || !this.#options.tracker.send;
  }
}

type IsNew = (uuid: unknown, isNamed: boolean) => boolean;

interface Whom {
  readonly uuid: unknown;
  /** Whether the call said who it is. */
  readonly isNamed: boolean;
  readonly isNewUser: unknown;
}

interface Begun {
  /** Null where the call named somebody who cannot be named so. */
  readonly user: CurrentUser | null;
  readonly visit: Visit | null;
  /** Whether the call said who it is. */
  readonly isNamed: boolean;
  readonly isNewUser: boolean;
  readonly handle: EventHandle;
}

function resultOf(
  { user, visit, isNewUser, handle }: Begun,
  before: CurrentUser | null,
  isStored: boolean,
): InitResult {
  const sessionId = user === null ? null : (visit?.sessionId ?? null);
  return { uuid: (user ?? before)?.uuid ?? "", isNewUser, sessionId, isStored, handle };
}

/** A longer one is no session's for the collector either. */
const maxSessionIdLength = 256;

/** What an init says of the session. Without a visit of ours, the collector is asked to begin one. */
function sessionFields(payload: InitPayload | null | undefined, visit: Visit | null): SessionFields | null {
  const isAsked = fieldOf(payload, "newSession") === true;
  if (visit === null) return isAsked ? { newSession: true } : null;
  return { sessionId: visit.sessionId, ...(isAsked ? { newSession: true } : {}) };
}

function attributesOf(payload: InitPayload): unknown {
  return fieldOf(fieldOf(payload, "user"), "attributes");
}

function modeOf(payload: InitPayload): Mode {
  return fieldOf(payload, "mode") === "replace" ? "replace" : "merge";
}
