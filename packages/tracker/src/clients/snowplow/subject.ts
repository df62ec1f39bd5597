/** Whose events are tracked, and on what. What a setter is given as null or "" says that there is none. */
import { platforms, type Platform, type SubjectFields } from "@oncewire/protocol/snowplow";
import { demand, oneOf, positiveNumber } from "./contracts.js";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * As a tracker's subject it is said of every event; as an event's subject, of that event alone, and what it does not
 * say the tracker's subject says: a subject that carries a user brings no platform along.
 *
 * @example
 * tracker.setSubject(new Subject().setPlatform("mob").setUserId("alexd").setLang("en"));
 */
export class Subject {
  readonly #fields: Writable<SubjectFields> = {};

  /** What has been said, under the names of the event's `subject`. */
  get fields(): SubjectFields {
    return this.#fields;
  }

  setPlatform(platform: Platform): this {
    demand("platform", platform, oneOf(platforms));
    return this.#set("platform", platform);
  }

  setUserId(userId: SubjectFields["userId"]): this {
    return this.#set("userId", userId);
  }

  setScreenResolution(width: number, height: number): this {
    return this.#set("screenResolution", size(width, height));
  }

  setViewport(width: number, height: number): this {
    return this.#set("viewport", size(width, height));
  }

  /** Bits per pixel. */
  setColorDepth(depth: SubjectFields["colorDepth"]): this {
    return this.#set("colorDepth", depth);
  }

  setTimezone(timezone: SubjectFields["timezone"]): this {
    return this.#set("timezone", timezone);
  }

  setLang(language: SubjectFields["language"]): this {
    return this.#set("language", language);
  }

  setDomainUserId(domainUserId: SubjectFields["domainUserId"]): this {
    return this.#set("domainUserId", domainUserId);
  }

  /** A UUID. */
  setDomainSessionId(domainSessionId: SubjectFields["domainSessionId"]): this {
    return this.#set("domainSessionId", domainSessionId);
  }

  setDomainSessionIndex(index: SubjectFields["domainSessionIndex"]): this {
    return this.#set("domainSessionIndex", index);
  }

  setIpAddress(ipAddress: SubjectFields["ipAddress"]): this {
    return this.#set("ipAddress", ipAddress);
  }

  setUseragent(userAgent: SubjectFields["userAgent"]): this {
    return this.#set("userAgent", userAgent);
  }

  setNetworkUserId(networkUserId: SubjectFields["networkUserId"]): this {
    return this.#set("networkUserId", networkUserId);
  }

  /** What both say; what this one says goes first. */
  combineSubject(other: Subject | null | undefined): SubjectFields {
    return { ...other?.fields, ...this.#fields };
  }

  #set<K extends keyof SubjectFields>(field: K, value: SubjectFields[K]): this {
    this.#fields[field] = value;
    return this;
  }
}

function size(width: number, height: number): { readonly width: number; readonly height: number } {
  demand("width", width, positiveNumber);
  demand("height", height, positiveNumber);
  return { width, height };
}
