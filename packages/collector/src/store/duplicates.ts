import type { Engine } from "./engine.js";
import { eachIdHash, sealedIdSql } from "./event-id.js";
import type { LoggedEvent } from "./event-store.js";
import { sealedFiles, type Manifest, type Segment } from "./manifest.js";
import { SeenWindow } from "./seen-window.js";
import type { IdHash } from "./seen-ids.js";
import { isStoreError } from "./store-error.js";

export type WindowLoading =
  | { readonly kind: "loaded"; readonly window: SeenWindow }
  /** Its footer is whole and its ids are not. */
  | { readonly kind: "unreadable"; readonly segment: Segment };

/** Reads the ids of the newest sealed events: at least `maxIds` of them, where there are so many. */
export async function loadSeenWindow(engine: Engine, manifest: Manifest, maxIds: number): Promise<WindowLoading> {
  const newest = newestSegments(manifest, maxIds);
  const reachesAll = newest.length === manifest.segments.length;
  const window = new SeenWindow({
    maxIds,
    expectedIds: newest.reduce((sum, segment) => sum + eventRows(segment), 0),
    floor: reachesAll ? manifest.first : (newest.at(-1)?.from ?? manifest.first),
  });
  for (const segment of newest) {
    const name = segment.files.events?.name;
    if (name === undefined) continue;
    try {
      eachIdHash(await engine.words(`SELECT ${sealedIdSql} FROM read_parquet('${name}')`), (id) => window.add(id));
    } catch (error) {
      if (!isStoreError(error) || error.code !== "engine-failed") throw error;
      return { kind: "unreadable", segment };
    }
  }
  return { kind: "loaded", window };
}

/** An event on its way in, and what stands for its id. */
export interface Candidate {
  readonly logged: LoggedEvent;
  readonly hash: IdHash;
}

/** Which of the candidates are in sealed files that the window does not reach back to. */
export async function findOlderDuplicates(
  engine: Engine,
  { manifest, window }: { readonly manifest: Manifest; readonly window: SeenWindow },
  candidates: readonly Candidate[],
): Promise<ReadonlySet<Candidate>> {
  const older = manifest.segments.filter((segment) => segment.from < window.floor);
  const files = sealedFiles(older, "events").map(({ name }) => `'${name}'`);
  const asked = files.length === 0 ? [] : candidates.filter(({ hash }) => !window.has(hash));
  if (asked.length === 0) return new Set();
  const rows = await engine.rows(
    "SELECT asked.place FROM (SELECT unnest($1) AS project, unnest($2) AS id, unnest($3) AS place) asked " +
      `SEMI JOIN read_parquet([${files.join(", ")}]) held ON asked.project = held.project AND asked.id = held.id`,
    [
      asked.map(({ logged }) => logged.event.project),
      asked.map(({ logged }) => logged.event.id),
      asked.map((_, place) => String(place)),
    ],
  );
  return new Set(rows.flatMap(([place]) => asked[Number(place)] ?? []));
}

function newestSegments(manifest: Manifest, maxIds: number): readonly Segment[] {
  const newest: Segment[] = [];
  let rows = 0;
  for (const segment of manifest.segments.toReversed()) {
    if (rows >= maxIds) break;
    newest.push(segment);
    rows += eventRows(segment);
  }
  return newest;
}

function eventRows(segment: Segment): number {
  return segment.files.events?.rows ?? 0;
}
