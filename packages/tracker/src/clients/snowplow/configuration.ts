/** Settings of a tracker and of its emitter as objects of their own, as `Snowplow.createTracker` takes them. */
import { TrackerError } from "../../errors.js";
import { isRetryCode, resolveEmitterOptions, type EmitterOptions } from "./emitter-options.js";
import type { JsonEncoder } from "./json-encoder.js";

export interface TrackerConfigurationOptions {
  /** Whether self-describing data and entities travel in base64. @default true */
  readonly encodeBase64?: boolean | null | undefined;
  /** Called for values that JSON has no form for; what it gives is sent in their place. @default null */
  readonly jsonEncoder?: JsonEncoder | null | undefined;
}

export class TrackerConfiguration {
  readonly encodeBase64: boolean;
  readonly jsonEncoder: JsonEncoder | null;

  /** Throws a `TrackerError` for a setting of the wrong type. */
  constructor({ encodeBase64 = true, jsonEncoder = null }: TrackerConfigurationOptions = {}) {
    if (encodeBase64 !== null && typeof encodeBase64 !== "boolean") {
      throw new TrackerError("E_OPTION", "encodeBase64", "`encodeBase64` must be true or false.");
    }
    if (jsonEncoder !== null && typeof jsonEncoder !== "function") {
      throw new TrackerError("E_OPTION", "jsonEncoder", "`jsonEncoder` must be a function or null.");
    }
    this.encodeBase64 = encodeBase64 ?? false;
    this.jsonEncoder = jsonEncoder;
  }
}

export class EmitterConfiguration {
  readonly #given: EmitterOptions;
  /** This object's own, whatever others are told. */
  readonly #retryCodes: Map<number, boolean>;

  /** Throws a `TrackerError` for an option that is unknown or out of its bounds. */
  constructor(given: EmitterOptions = {}) {
    const { runtime: _, ...options } = given;
    resolveEmitterOptions(options);
    this.#given = { ...given };
    const codes = Object.entries(given.customRetryCodes ?? {});
    this.#retryCodes = new Map(codes.map(([status, willRetry]) => [Number(status), willRetry]));
  }

  /** What an emitter is made with. */
  get options(): EmitterOptions {
    return { ...this.#given, customRetryCodes: Object.fromEntries(this.#retryCodes) };
  }

  /** Whether answers with this status are tried again. False where that cannot be said: of a status of success, say. */
  setRetryCode(status: number, willRetry: boolean = true): boolean {
    if (!isRetryCode(status, willRetry)) return false;
    this.#retryCodes.set(status, willRetry);
    return true;
  }
}
