/**
 * A-Track in its own words: init, track and setAttributes, in front of the engine that delivers for every destination. No
 * call throws, rejects or blocks because of delivery: what could not be sent is kept and sent again.
 *
 * The current user is one for the whole process, as in A-Track's own SDKs: right for a command, a job, a desktop program.
 * A server names its users instead: with `forUser(uuid)`, or within `runInScope`, where `init` makes the user of that
 * scope alone. So two users who are tracked at the same time never mix.
 */
import type { Mode } from "@oncewire/protocol/a-track";
import { fieldOf } from "../../context/safe-read.js";
import { openScope } from "../../context/scope.js";
import type { Stats } from "../../delivery/delivery.js";
import type { EventHandle } from "../../handle.js";
import { Outbox, type FlushOptions } from "../../outbox.js";
import type { Listener, ReportKind } from "../../report.js";
import { Calls } from "./calls.js";
import { resolveClientOptions, type ATrackClientOptions, type ResolvedClientOptions } from "./client-options.js";
import { changed, CurrentUsers, newUser } from "./current-users.js";
import { aTrack } from "./destination.js";
import type { CurrentUser, EventPayload, InitPayload, InitResult, SetAttributesOptions } from "./payloads.js";
import { UserStore, type Loaded } from "./storage.js";

/** One user's calls. They neither ask nor change who the current user is. */
export interface ATrackUser {
  readonly uuid: string;
  init(payload?: InitPayload | null): EventHandle;
  track(payload: EventPayload): EventHandle;
  setAttributes(attributes: object, how?: boolean | SetAttributesOptions | null): EventHandle;
}

export interface ATrack extends AsyncDisposable {
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
  /** The calls of a user, whoever is the current one. */
  forUser(uuid: string): ATrackUser;
  /** With `overflow: "wait"`: resolves when there is room for an event tracked right after. Otherwise at once. */
  ready(): Promise<void>;
  /**
   * Sends what waits, and resolves with the ledger when every call accepted before this one has ended or is durably
   * spooled, or after the timeout. Keeps the process alive meanwhile.
   */
  flush(options?: FlushOptions): Promise<Stats>;
  /** Refuses new calls, flushes, drops what is left, and resolves with the ledger. Later calls share the first. */
  close(options?: Pick<FlushOptions, "timeoutMs">): Promise<Stats>;
  stats(): Stats;
  /** Returns the function that ends the subscription. */
  on<K extends ReportKind>(kind: K, listener: Listener<K>): () => void;
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
  const outbox = new Outbox({ destinations: [aTrack(destination)], options: tracker, runtime });
  return new ATrackClient(outbox, options);
}

class ATrackClient implements ATrack {
  readonly #outbox: Outbox;
  readonly #calls: Calls;
  readonly #options: ResolvedClientOptions;
  readonly #users = new CurrentUsers();
  readonly #store: UserStore;
  #loaded: Loaded | Promise<Loaded> | null = null;
  /** False while the storage may hold a user whom nobody could read. */
  #maySave = false;
  #closing: Promise<Stats> | null = null;

  constructor(outbox: Outbox, options: ResolvedClientOptions) {
    this.#outbox = outbox;
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
    return this.#calls.event(payload, (named) => named ?? this.#users.get()?.uuid);
  }

  setAttributes(attributes: object, how?: boolean | SetAttributesOptions | null): EventHandle {
    return this.#setAttributes(attributes, how, fieldOf(how, "uuid") ?? this.#users.get()?.uuid);
  }

  getUser(): CurrentUser | null {
    return this.#users.get();
  }

  forUser(uuid: string): ATrackUser {
    return {
      uuid,
      init: (payload) => this.#sayInit(payload ?? {}, uuid, false),
      track: (payload) => this.#calls.event(payload, () => uuid),
      setAttributes: (attributes, how) => this.#setAttributes(attributes, how, uuid),
    };
  }

  ready(): Promise<void> {
    return this.#outbox.ready();
  }

  flush(options: FlushOptions = {}): Promise<Stats> {
    return this.#outbox.flush(options);
  }

  close(options: Pick<FlushOptions, "timeoutMs"> = {}): Promise<Stats> {
    return (this.#closing ??= this.#close(options.timeoutMs ?? this.#options.tracker.flushTimeoutMs));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  stats(): Stats {
    return this.#outbox.stats();
  }

  on<K extends ReportKind>(kind: K, listener: Listener<K>): () => void {
    return this.#outbox.on(kind, listener);
  }

  async #close(timeoutMs: number): Promise<Stats> {
    let isOver = (): void => undefined;
    const over = new Promise<void>((resolve) => (isOver = resolve));
    const timer = this.#options.runtime.holdFor(timeoutMs, isOver);
    const stored = Promise.race([this.#store.settled(), over]);
    const stats = await this.#outbox.close({ timeoutMs });
    await stored;
    timer.cancel();
    return stats;
  }

  async #beginInProcess(payload: InitPayload, stored: Loaded): Promise<InitResult> {
    const before = this.#users.get() ?? stored.user;
    const begun = this.#begin(payload, before, (uuid) => uuid !== before?.uuid);
    if (begun.user === null) return resultOf(begun, before, false);
    if (begun.isNamed || stored.isReadable) this.#maySave = true;
    return resultOf(begun, before, this.#maySave && (await this.#store.save(begun.user)));
  }

  #beginInScope(payload: InitPayload): InitResult {
    const before = this.#users.getOfScope();
    // Whom the caller names may be known elsewhere; a uuid that was made just now is not.
    const begun = this.#begin(payload, before, (_uuid, isNamed) => !isNamed && before === null);
    return resultOf(begun, before, false);
  }

  #begin(payload: InitPayload, before: CurrentUser | null, isNew: (uuid: unknown, isNamed: boolean) => boolean): Begun {
    const named = fieldOf(fieldOf(payload, "user"), "uuid") ?? undefined;
    const isNamed = named !== undefined;
    const uuid = named ?? before?.uuid ?? this.#options.generateUuid();
    const isNewUser = fieldOf(payload, "isNewUser") ?? isNew(uuid, isNamed);
    const handle = this.#sayInit(payload, uuid, isNewUser);
    if (typeof uuid !== "string" || uuid === "") return { user: null, handle, isNewUser: false, isNamed };
    const known = before?.uuid === uuid ? before : newUser(uuid);
    const user = this.#isTaken(handle)
      ? changed(known, { attributes: attributesOf(payload), mode: modeOf(payload) })
      : known;
    this.#users.begin(user);
    return { user, handle, isNewUser: isNewUser === true, isNamed };
  }

  #sayInit(payload: InitPayload, uuid: unknown, isNewUser: unknown): EventHandle {
    return this.#calls.init(payload, { uuid, isNewUser, attributes: attributesOf(payload) });
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
    // Never rejects: the store tells of its errors itself.
    if (updated?.isOfProcess && this.#maySave) void this.#store.save(updated.user);
    return handle;
  }

  /** Whether what a call says of a user holds: also where nothing is sent, by option. */
  #isTaken({ accepted }: EventHandle): boolean {
    return accepted || !this.#options.tracker.send;
  }
}

interface Begun {
  /** Null where the call named somebody who cannot be named so. */
  readonly user: CurrentUser | null;
  /** Whether the call said who it is. */
  readonly isNamed: boolean;
  readonly isNewUser: boolean;
  readonly handle: EventHandle;
}

function resultOf({ user, isNewUser, handle }: Begun, before: CurrentUser | null, isStored: boolean): InitResult {
  return { uuid: (user ?? before)?.uuid ?? "", isNewUser, isStored, handle };
}

function attributesOf(payload: InitPayload): unknown {
  return fieldOf(fieldOf(payload, "user"), "attributes");
}

function modeOf(payload: InitPayload): Mode {
  return fieldOf(payload, "mode") === "replace" ? "replace" : "merge";
}
