/** The options of the A-Track client: those of its destination, those of the tracker, and whom it remembers where. */
import { createHash, randomUUID } from "node:crypto";
import { TrackerError } from "../../errors.js";
import {
  defaults as trackerDefaults,
  resolveOptions,
  type ResolvedOptions,
  type TrackerOptions,
} from "../../options.js";
import { systemRuntime, type Runtime } from "../../runtime.js";
import type { ATrackOptions } from "./destination.js";
import type { ATrackStorage } from "./storage.js";

export interface ATrackClientOptions extends TrackerOptions, Omit<ATrackOptions, "name"> {
  /**
   * Where the current user is kept, so that the next process goes on with the same: `fileStorage(directory)`, or your
   * own. In the memory of this client where it is not said. It holds one user: in a process that serves many, name the
   * user with `forUser(uuid)` or within `runInScope`.
   */
  readonly storage?: ATrackStorage | undefined;
  /**
   * Told what the storage does wrong. The user then holds for this process alone.
   * @default null
   */
  readonly onStorageError?: ((error: unknown) => void) | null | undefined;
  /** Names a user who has no name yet; a random UUID, version 4, where it is not said. */
  readonly generateUuid?: (() => string) | undefined;
  /**
   * Requests at the same time, each with one call, for this wire has no batches. Calls of one user are never in two.
   * @default 8
   */
  readonly maxInFlight?: number | undefined;
  /** Time, timers, chance and ids; for tests and simulations. The machine's where it is not said. */
  readonly runtime?: Runtime | undefined;
}

export const defaults: { readonly maxInFlight: number; readonly onStorageError: null } = Object.freeze({
  onStorageError: null,
  maxInFlight: 8,
});

export interface ResolvedClientOptions {
  readonly destination: ATrackOptions;
  readonly tracker: ResolvedOptions;
  readonly storage: ATrackStorage;
  /** What the user is kept under: another one for each project. */
  readonly storageKey: string;
  readonly onStorageError: (error: unknown) => void;
  readonly generateUuid: () => string;
  readonly runtime: Runtime;
}

const destinationNames = [
  "publicKey",
  "geo",
  "baseUrl",
  "endpoints",
  "sdkVersion",
  "gzip",
  "maxEventBytes",
  "proxy",
] as const;
const ownNames: readonly string[] = [...destinationNames, "storage", "onStorageError", "generateUuid", "runtime"];
const optionNames: readonly string[] = [...ownNames, ...Object.keys(trackerDefaults)];

/** Throws a `TrackerError` that names the option which is missing, unknown or out of its bounds. */
export function resolveClientOptions(given: ATrackClientOptions): ResolvedClientOptions {
  if (typeof given !== "object" || given === null)
    throw wrong("publicKey", 'is missing: pass `{ publicKey: "pub_…" }`');
  const unknown = Object.keys(given).find((name) => !optionNames.includes(name));
  if (unknown !== undefined) throw wrong(unknown, `is not an option; there are ${optionNames.join(", ")}`);
  const {
    storage = new Map<string, string>(),
    onStorageError = defaults.onStorageError,
    generateUuid = randomUUID,
  } = given;
  checkStorage(storage);
  checkFunction("generateUuid", generateUuid);
  if (onStorageError !== null) checkFunction("onStorageError", onStorageError);
  return {
    destination: {
      ...fieldsOf(given, (name) => destinationNames.some((each) => each === name)),
      publicKey: given.publicKey,
    },
    tracker: resolveOptions({
      ...fieldsOf(given, (name) => !ownNames.includes(name)),
      maxInFlight: given.maxInFlight ?? defaults.maxInFlight,
    }),
    storage,
    storageKey: storageKeyOf(given),
    onStorageError: onStorageError ?? (() => undefined),
    generateUuid: () => generateUuid(),
    runtime: given.runtime ?? systemRuntime,
  };
}

function fieldsOf(given: ATrackClientOptions, isWanted: (name: string) => boolean): object {
  return Object.fromEntries(Object.entries(given).filter(([name]) => isWanted(name)));
}

/** Says nothing of the public key to whoever sees the storage. */
function storageKeyOf({ publicKey, geo }: ATrackClientOptions): string {
  const project = `${publicKey}\n${String(geo ?? "").toLowerCase()}`;
  return `a-track-user-${createHash("sha256").update(project).digest("hex").slice(0, 32)}`;
}

function checkStorage(storage: ATrackStorage): void {
  if (typeof storage?.get === "function" && typeof storage.set === "function") return;
  throw wrong("storage", "must have the methods `get(key)` and `set(key, text)`, as a Map has");
}

function checkFunction(name: string, value: unknown): void {
  if (typeof value !== "function")
    throw wrong(name, `must be a function, got ${value === null ? "null" : typeof value}`);
}

function wrong(name: string, what: string): TrackerError {
  return new TrackerError("E_OPTION", name, `\`${name}\` ${what}.`);
}
