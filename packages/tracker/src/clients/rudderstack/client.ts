/**
 * RudderStack in its own words: the six calls and the options of its server SDKs, in front of the engine that delivers
 * for every destination. No call throws, rejects or blocks because of delivery.
 */
import type { Alias, EventType, Group, Identify, Page, Screen, Track } from "@oncewire/protocol/rudderstack";
import { OutboxClient, type Client } from "../../client.js";
import type { EventHandle, EventResult } from "../../handle.js";
import { Outbox } from "../../outbox.js";
import { systemRuntime } from "../../runtime.js";
import { withFields } from "../../with-fields.js";
import { resolveClientOptions, type RudderStackClientOptions } from "./client-options.js";
import { logWork } from "./debug-log.js";
import { rudderStack } from "./destination.js";
import { createFailureHandler } from "./failures.js";

/** What each call takes. */
export interface RudderStackMessages {
  readonly identify: Omit<Identify, "type">;
  readonly track: Omit<Track, "type">;
  readonly page: Omit<Page, "type">;
  readonly screen: Omit<Screen, "type">;
  readonly group: Omit<Group, "type">;
  readonly alias: Omit<Alias, "type">;
}

/**
 * `Answer` is what a call gives: a handle on the event, or with `syncMode` the promise of how it ended. Neither it nor
 * any other promise of this client rejects.
 */
export interface RudderStack<Answer = EventHandle> extends Client {
  identify(message: RudderStackMessages["identify"]): Answer;
  track(message: RudderStackMessages["track"]): Answer;
  page(message: RudderStackMessages["page"]): Answer;
  screen(message: RudderStackMessages["screen"]): Answer;
  group(message: RudderStackMessages["group"]): Answer;
  alias(message: RudderStackMessages["alias"]): Answer;
}

/**
 * Throws a `TrackerError` for an option that is missing, unknown, given twice or out of its bounds.
 *
 * @example
 * const rudder = createRudderStack({ writeKey, dataPlaneUrl, onError: (error, events) => log(error.status, events) });
 * rudder.track({ userId: "123456", event: "Article Read", properties: { title: "The Independence" } });
 * await rudder.close();
 */
export function createRudderStack(
  options: RudderStackClientOptions & { readonly syncMode: true },
): RudderStack<Promise<EventResult>>;
export function createRudderStack(
  options: RudderStackClientOptions & { readonly syncMode?: false | undefined },
): RudderStack;
export function createRudderStack(options: RudderStackClientOptions): RudderStack<EventHandle | Promise<EventResult>>;
export function createRudderStack(given: RudderStackClientOptions): RudderStack<EventHandle | Promise<EventResult>> {
  const { runtime = systemRuntime, ...rest } = given;
  const options = resolveClientOptions(rest);
  const destination = { ...rudderStack(options.destination), afterFailure: createFailureHandler(options) };
  const outbox = new Outbox({ destinations: [destination], options: options.tracker, runtime });
  const note = options.debugLogger === null ? null : logWork(outbox, options.debugLogger);
  return options.syncMode
    ? new RudderStackClient(outbox, note, (handle) => handle.delivered)
    : new RudderStackClient(outbox, note, (handle) => handle);
}

type Note = (line: string) => void;

class RudderStackClient<Answer> extends OutboxClient implements RudderStack<Answer> {
  readonly #note: Note | null;
  readonly #answer: (handle: EventHandle) => Answer;

  constructor(outbox: Outbox, note: Note | null, answer: (handle: EventHandle) => Answer) {
    super(outbox);
    this.#note = note;
    this.#answer = answer;
  }

  identify(message: RudderStackMessages["identify"]): Answer {
    return this.#say("identify", message);
  }

  track(message: RudderStackMessages["track"]): Answer {
    return this.#say("track", message);
  }

  page(message: RudderStackMessages["page"]): Answer {
    return this.#say("page", message);
  }

  screen(message: RudderStackMessages["screen"]): Answer {
    return this.#say("screen", message);
  }

  group(message: RudderStackMessages["group"]): Answer {
    return this.#say("group", message);
  }

  alias(message: RudderStackMessages["alias"]): Answer {
    return this.#say("alias", message);
  }

  #say(type: EventType, message: unknown): Answer {
    const stamp = this.outbox.stamp();
    const handle = this.outbox.trackVendor(typed(type, message), stamp);
    if (this.#note !== null) this.#note(`${type} ${handle.id}${handle.accepted ? "" : " was not accepted"}`);
    return this.#answer(handle);
  }
}

/** The message with its type; what cannot be read goes on as it is, for the encoder to say what is wrong with it. */
function typed(type: EventType, message: unknown): unknown {
  if (typeof message !== "object" || message === null) return message;
  try {
    return withFields(message, { type });
  } catch {
    return message;
  }
}
