/** Trackers by their namespaces, for code that is far from where they were made. */
import { TrackerError } from "../../errors.js";
import { EmitterConfiguration, type TrackerConfigurationOptions } from "./configuration.js";
import { Emitter } from "./emitter.js";
import type { EmitterOptions } from "./emitter-options.js";
import type { Subject } from "./subject.js";
import { Tracker } from "./tracker.js";

export interface CreateTrackerOptions {
  /** Names the tracker, here and in its events. */
  readonly namespace: string;
  /** The collector's host or address. */
  readonly endpoint: string | URL;
  /** @default "post" */
  readonly method?: "get" | "post" | undefined;
  readonly appId?: string | null | undefined;
  readonly subject?: Subject | null | undefined;
  /** A `TrackerConfiguration`, or what one is made of. */
  readonly trackerConfig?: TrackerConfigurationOptions | undefined;
  /** An `EmitterConfiguration`, or what one is made of. */
  readonly emitterConfig?: EmitterConfiguration | EmitterOptions | undefined;
}

export class TrackerRegistry {
  readonly #trackers = new Map<string, Tracker>();

  /**
   * A tracker with one emitter. Throws a `TrackerError` for a namespace that is taken, and for an option that is
   * missing or out of its bounds.
   */
  createTracker(options: CreateTrackerOptions): Tracker {
    const { namespace, endpoint, method, appId, subject, trackerConfig = {}, emitterConfig = {} } = options;
    this.#checkFree(namespace);
    const given = emitterConfig instanceof EmitterConfiguration ? emitterConfig.options : emitterConfig;
    const emitters = new Emitter(endpoint ?? "", { ...given, method: method ?? given.method });
    const { encodeBase64, jsonEncoder } = trackerConfig;
    const { runtime } = given;
    return this.addTracker(new Tracker({ namespace, emitters, appId, subject, encodeBase64, jsonEncoder, runtime }));
  }

  /** Throws a `TrackerError` for a namespace that is taken, and for what is no tracker. */
  addTracker(tracker: Tracker): Tracker {
    if (!(tracker instanceof Tracker)) throw new TrackerError("E_OPTION", "tracker", "`tracker` must be a Tracker.");
    this.#checkFree(tracker.getNamespace());
    this.#trackers.set(tracker.getNamespace(), tracker);
    return tracker;
  }

  /** Undefined where there is none of this namespace. */
  getTracker(namespace: string): Tracker | undefined {
    return this.#trackers.get(namespace);
  }

  /** Forgets the tracker, which goes on as it was. False where it was not here. */
  removeTracker(tracker: Tracker): boolean {
    return this.removeTrackerByNamespace(tracker.getNamespace());
  }

  removeTrackerByNamespace(namespace: string): boolean {
    return this.#trackers.delete(namespace);
  }

  /** Forgets all trackers, which go on as they were. */
  reset(): void {
    this.#trackers.clear();
  }

  #checkFree(namespace: string): void {
    if (!this.#trackers.has(namespace)) return;
    const message = `\`namespace\` must be one that no tracker has, got ${JSON.stringify(namespace)}, which is taken.`;
    throw new TrackerError("E_OPTION", "namespace", message);
  }
}

/** The registry of this process. */
export const Snowplow: TrackerRegistry = new TrackerRegistry();
