/** The place of an event, by its address. The database is read again when its file has changed; one that is damaged is not taken. */
import type { CanonicalEvent, JsonObject } from "@oncewire/protocol";
import type { Runtime } from "../runtime.js";
import type { Enrich } from "./enrichment.js";
import { readPlaceDatabase, stampOf } from "./place-database.js";
import type { PlaceDatabase } from "./place-database.js";

export interface PlaceParts {
  /** The database's file. */
  readonly path: string;
  readonly runtime: Pick<Runtime, "monotonicMs">;
  readonly onFailure: (message: string) => void;
}

/** Whether the file has changed is looked up at the first event after so long. */
const lookEveryMs = 10_000;

export function createPlaceStep({ path, runtime, onFailure }: PlaceParts): Enrich {
  let database: PlaceDatabase | null = null;
  let stamp: string | null = null;
  let lookAtMs = -Infinity;
  const look = (): void => {
    const nowMs = runtime.monotonicMs();
    if (nowMs < lookAtMs) return;
    lookAtMs = nowMs + lookEveryMs;
    try {
      const found = stampOf(path);
      if (found === stamp) return;
      // What cannot be read is not tried again before it changes.
      stamp = found;
      database = readPlaceDatabase(path);
    } catch (error) {
      onFailure(`geo: the database is not taken: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return (event) => {
    const { ip } = event.context;
    if (typeof ip !== "string" || isPlaced(event)) return null;
    look();
    const geo = database?.placeOf(ip) ?? null;
    return geo === null ? null : { geo };
  };
}

/** RudderStack's senders call it `location`. */
function isPlaced({ context }: CanonicalEvent): boolean {
  return [context["geo"], context["location"]].some(
    (place) => typeof place === "object" && place !== null && (place as JsonObject)["country"] !== undefined,
  );
}
