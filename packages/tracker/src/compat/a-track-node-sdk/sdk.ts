/**
 * The names and the promises of `@a-track/node-sdk`, over our client. A promise resolves when A-Track has answered, so
 * that a script may end after it; or as soon as a request has failed, for then the call is kept and sent again, and
 * nobody is made to wait. It rejects for the caller's mistakes alone, with a `TrackerError`.
 */
import { createATrack, type ATrack, type ATrackUser } from "../../clients/a-track/client.js";
import type { ATrackClientOptions } from "../../clients/a-track/client-options.js";
import type { CurrentUser, EventPayload, InitPayload, SetAttributesOptions } from "../../clients/a-track/payloads.js";
import { fieldOf } from "../../context/safe-read.js";
import type { Stats } from "../../delivery/delivery.js";
import type { EventHandle } from "../../handle.js";
import type { FlushOptions } from "../../outbox.js";
import type { Listener, ReportKind } from "../../report.js";

/** Beside `publicKey` and `geo`, all that `createATrack` takes. What cannot be sent as it is always rejects. */
export type SdkOptions = Omit<ATrackClientOptions, "onInvalid">;

/**
 * Throws a `TrackerError` for an option that is missing, unknown or out of its bounds.
 *
 * @example
 * const sdk = createATrackNodeSdk({ publicKey: "pub_xxxxx", geo: "fra" });
 * const { uuid } = await sdk.init();
 * await sdk.track({ event: "order_created", attributes: { orderId: "ord_123", total: 149 } });
 */
export function createATrackNodeSdk(options: SdkOptions): ATrackSdk {
  return new ATrackSdk(options);
}

export class ATrackSdk implements AsyncDisposable {
  readonly #client: ATrack;
  /** Those who wait for an answer, and are let go when a request fails. */
  readonly #waiting = new Set<() => void>();
  /** Ends when every call made so far has been handed over; null where all have been. */
  #line: Promise<void> | null = null;

  constructor(options: SdkOptions) {
    this.#client = createATrack({ ...options, onInvalid: "throw" });
    const letGo = (): void => {
      for (const resolve of this.#waiting) resolve();
    };
    this.#client.on("retrying", letGo);
    this.#client.on("paused", letGo);
  }

  async init(payload?: InitPayload | null): Promise<{ readonly uuid: string; readonly isNewUser: boolean }> {
    const { uuid, isNewUser, handle } = await this.#inLine(() => this.#client.init(payload));
    await this.#answered(handle);
    return { uuid, isNewUser };
  }

  /** Before any `init`, an event that names no user makes one, as `init()` would. */
  async track(payload: EventPayload): Promise<void> {
    const handOver = (): EventHandle => this.#client.track(payload);
    await this.#answered(await this.#inLine(() => this.#withUser(payload, handOver)));
  }

  /** `true` stands for `{ replace: true }`. */
  async setAttributes(attributes: object, how?: boolean | SetAttributesOptions | null): Promise<void> {
    const handOver = (): EventHandle => this.#client.setAttributes(attributes, how);
    await this.#answered(await this.#inLine(() => this.#withUser(how, handOver)));
  }

  getUser(): CurrentUser | null {
    return this.#client.getUser();
  }

  /** The calls of one user of many, which return at once. */
  forUser(uuid: string): ATrackUser {
    return this.#client.forUser(uuid);
  }

  flush(options: FlushOptions = {}): Promise<Stats> {
    return this.#client.flush(options);
  }

  close(options: Pick<FlushOptions, "timeoutMs"> = {}): Promise<Stats> {
    return this.#client.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  stats(): Stats {
    return this.#client.stats();
  }

  on<K extends ReportKind>(kind: K, listener: Listener<K>): () => void {
    return this.#client.on(kind, listener);
  }

  /** Calls are handed over in the order in which they were made, also where one waits for the storage first. */
  #inLine<T>(step: () => Promise<T>): Promise<T> {
    const handed = this.#line === null ? step() : this.#line.then(step);
    const leave = (): void => {
      if (this.#line === line) this.#line = null;
    };
    const line = handed.then(leave, leave);
    this.#line = line;
    return handed;
  }

  /** Sees to it that there is a user, where the call does not name one. */
  async #withUser(call: unknown, handOver: () => EventHandle): Promise<EventHandle> {
    const named = fieldOf(call, "uuid") ?? null;
    if (named === null && this.#client.getUser() === null) await this.#client.init();
    return handOver();
  }

  async #answered({ delivered }: EventHandle): Promise<void> {
    const isFailing = Object.values(this.#client.stats().destinations).some(({ state }) => state !== "open");
    if (isFailing) return;
    let letGo = (): void => undefined;
    const failed = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    this.#waiting.add(letGo);
    await Promise.race([delivered, failed]);
    this.#waiting.delete(letGo);
  }
}
