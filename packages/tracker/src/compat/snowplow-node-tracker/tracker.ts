/** `newTracker` and its methods. */
import { randomUUID } from "node:crypto";
import { systemRuntime } from "../../runtime.js";
import type { EmitterConfiguration } from "./emitter-configuration.js";
import { newEmitter, type Emitter } from "./emitter.js";
import { GlobalContexts, type ConditionalContextProvider, type ContextPrimitive } from "./global-contexts.js";
import { payloadJsonProcessor, type Payload, type PayloadBuilder, type SelfDescribingJson } from "./payload-builder.js";

export const version = "0.1.0";

export interface TrackerConfiguration {
  readonly namespace: string;
  readonly appId?: string | undefined;
  /** @default true */
  readonly encodeBase64?: boolean | undefined;
}

/** Emitters of the caller's making. */
export interface CustomEmitterConfiguration {
  readonly customEmitter: () => Emitter | readonly Emitter[];
}

export type EmitterChoice = EmitterConfiguration | CustomEmitterConfiguration;

/** A number is the device's timestamp, in milliseconds. */
export type Timestamp = number | { readonly type: "ttm" | "dtm"; readonly value: number };

export interface CorePlugin {
  readonly activateCorePlugin?: (tracker: Tracker) => void;
  readonly contexts?: () => readonly SelfDescribingJson[];
  readonly beforeTrack?: (builder: PayloadBuilder) => void;
  /** False keeps the event from being sent. */
  readonly filter?: (payload: Payload) => boolean;
  readonly afterTrack?: (payload: Payload) => void;
}

/** Throws a `TrackerError` for an address or an option that cannot be used. */
export function newTracker(
  configuration: TrackerConfiguration,
  emitters: EmitterChoice | readonly EmitterChoice[],
): Tracker {
  const choices: readonly EmitterChoice[] = isList(emitters) ? emitters : [emitters];
  return new Tracker(configuration, choices.flatMap(emittersOf));
}

function emittersOf(choice: EmitterChoice): readonly Emitter[] {
  if (!("customEmitter" in choice)) return [newEmitter(choice)];
  const made = choice.customEmitter();
  return isList(made) ? made : [made];
}

type GlobalContext = ConditionalContextProvider | ContextPrimitive;

export class Tracker {
  readonly #emitters: readonly Emitter[];
  readonly #plugins: CorePlugin[] = [];
  readonly #globalContexts = new GlobalContexts();
  #pairs: Payload;
  #encodeBase64: boolean;
  #isActive = true;

  constructor({ namespace, appId, encodeBase64 = true }: TrackerConfiguration, emitters: readonly Emitter[]) {
    this.#emitters = emitters;
    this.#encodeBase64 = encodeBase64;
    this.#pairs = { p: "srv", tv: `oncewire-${version}`, tna: namespace, aid: appId };
  }

  /**
   * Hands the event to every emitter, and gives its pairs; undefined where a plugin has filtered it, and after
   * `deactivate`. What plugins and emitters do wrong harms neither the caller nor the event.
   */
  track(
    builder: PayloadBuilder,
    context?: readonly SelfDescribingJson[] | null,
    timestamp?: Timestamp | null,
  ): Payload | undefined {
    if (!this.#isActive) return undefined;
    builder.withJsonProcessor(payloadJsonProcessor(this.#encodeBase64));
    builder.add("eid", builder.getPayload()["eid"] ?? randomUUID());
    builder.addDict(this.#pairs);
    addTimestamp(builder, timestamp);
    this.#addContexts(builder, context ?? []);
    this.#eachPlugin(({ beforeTrack }) => beforeTrack?.(builder));
    const payload = builder.build();
    if (!this.#isWanted(payload)) return undefined;
    for (const emitter of this.#emitters) void hand(emitter, payload);
    this.#eachPlugin(({ afterTrack }) => afterTrack?.(payload));
    return payload;
  }

  /** Resolves when every emitter has sent what it has; never rejects. */
  async flush(): Promise<void> {
    await Promise.allSettled(this.#emitters.map((emitter) => emitter.flush()));
  }

  /** From now on `track` does nothing. What has been tracked is sent. */
  deactivate(): void {
    this.#isActive = false;
  }

  addPlugin({ plugin }: { readonly plugin: CorePlugin }): void {
    this.#plugins.push(plugin);
    plugin.activateCorePlugin?.(this);
  }

  addGlobalContexts(contexts: readonly GlobalContext[] | Readonly<Record<string, GlobalContext>>): void {
    this.#globalContexts.add(valuesOf(contexts));
  }

  removeGlobalContexts(contexts: readonly GlobalContext[]): void {
    this.#globalContexts.remove(contexts);
  }

  clearGlobalContexts(): void {
    this.#globalContexts.clear();
  }

  getBase64Encoding(): boolean {
    return this.#encodeBase64;
  }

  setBase64Encoding(encodeBase64: boolean): void {
    this.#encodeBase64 = encodeBase64;
  }

  /** The pair is added to every event. */
  addPayloadPair(key: string, value: unknown): void {
    this.#pairs[key] = value;
  }

  addPayloadDict(payload: Payload): void {
    Object.assign(this.#pairs, payload);
  }

  /** These pairs take the place of all others, the tracker's own among them. */
  resetPayloadPairs(payload: Payload): void {
    this.#pairs = { ...payload };
  }

  setTrackerVersion(trackerVersion: string): void {
    this.addPayloadPair("tv", trackerVersion);
  }

  setTrackerNamespace(namespace: string): void {
    this.addPayloadPair("tna", namespace);
  }

  setAppId(appId: string): void {
    this.addPayloadPair("aid", appId);
  }

  setPlatform(platform: string): void {
    this.addPayloadPair("p", platform);
  }

  setUserId(userId: string): void {
    this.addPayloadPair("uid", userId);
  }

  setDomainUserId(userId: string): void {
    this.addPayloadPair("duid", userId);
  }

  setNetworkUserId(userId: string): void {
    this.addPayloadPair("nuid", userId);
  }

  setSessionId(sessionId: string): void {
    this.addPayloadPair("sid", sessionId);
  }

  setSessionIndex(sessionIndex: string | number): void {
    this.addPayloadPair("vid", Number(sessionIndex) || undefined);
  }

  setScreenResolution(width: string | number, height: string | number): void {
    this.addPayloadPair("res", `${width}x${height}`);
  }

  setViewport(width: string | number, height: string | number): void {
    this.addPayloadPair("vp", `${width}x${height}`);
  }

  setColorDepth(depth: string | number): void {
    this.addPayloadPair("cd", depth);
  }

  setTimezone(timezone: string): void {
    this.addPayloadPair("tz", timezone);
  }

  setLang(language: string): void {
    this.addPayloadPair("lang", language);
  }

  setIpAddress(ipAddress: string): void {
    this.addPayloadPair("ip", ipAddress);
  }

  setUseragent(userAgent: string): void {
    this.addPayloadPair("ua", userAgent);
  }

  #addContexts(builder: PayloadBuilder, given: readonly SelfDescribingJson[]): void {
    const entities = [...given];
    this.#eachPlugin(({ contexts }) => entities.push(...(contexts?.() ?? [])));
    const event = builder.getPayload();
    const eventType = String(event["e"]);
    entities.push(
      ...this.#globalContexts.entitiesFor({ event, eventType, eventSchema: schemaOf(builder) ?? eventType }),
    );
    if (entities.length > 0) builder.addJson("cx", "co", { schema: contextsSchema, data: entities });
  }

  #isWanted(payload: Payload): boolean {
    let isWanted = true;
    this.#eachPlugin(({ filter }) => {
      if (filter?.(payload) === false) isWanted = false;
    });
    return isWanted;
  }

  #eachPlugin(ask: (plugin: CorePlugin) => unknown): void {
    for (const plugin of this.#plugins) {
      try {
        ask(plugin);
      } catch {
        // A plugin is its author's affair.
      }
    }
  }
}

const contextsSchema = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0";

/** The schema of the event within its envelope. */
function schemaOf(builder: PayloadBuilder): string | null {
  const event = builder.getJson().find(({ keyIfEncoded }) => keyIfEncoded === "ue_px");
  const data: unknown = event === undefined ? null : Reflect.get(event.json, "data");
  const schema: unknown = typeof data === "object" && data !== null ? Reflect.get(data, "schema") : null;
  return typeof schema === "string" ? schema : null;
}

function addTimestamp(builder: PayloadBuilder, timestamp: Timestamp | null | undefined): void {
  if (typeof timestamp === "object" && timestamp !== null) builder.add(timestamp.type, timestamp.value);
  else if (typeof timestamp === "number") builder.add("dtm", timestamp);
  if (builder.getPayload()["dtm"] === undefined) builder.add("dtm", systemRuntime.nowMs());
}

async function hand(emitter: Emitter, payload: Payload): Promise<void> {
  try {
    await emitter.input(payload);
  } catch {
    // An emitter of the caller's making.
  }
}

function valuesOf<T>(given: readonly T[] | Readonly<Record<string, T>>): readonly T[] {
  return isList(given) ? given : Object.values(given);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
