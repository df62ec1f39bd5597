/**
 * The test API of Snowplow Micro over the store: what came, good and bad, whichever project it went to. Every answer is
 * given only after everything that was accepted before the question can be found, so that a test asks once and need not
 * wait. Events are those of Snowplow's wire; an id that is known already is kept once, and shown where it came first.
 */
import type { JsonValue, RequestHead } from "@oncewire/protocol";
import type { LoggedRequest } from "../log/accept-log.js";
import { igluUri, parseIgluPath } from "../schemas/iglu-uri.js";
import type { Schemas } from "../schemas/schema-check.js";
import type { EventQuery, EventReader } from "../store/event-store.js";
import { isStoreError } from "../store/store-error.js";
import { badEvent } from "./bad-event.js";
import { findEventType } from "./event-type.js";
import { columnsOf, columnStats, eventsPage, timelineOf } from "./event-table.js";
import { maxLimit, readBadFilter, readGoodFilter } from "./filters.js";
import type { GoodFilter } from "./filters.js";
import { flatBadEvent, flatGoodEvent } from "./flat-event.js";
import type { FlatEvent } from "./flat-event.js";
import { goodEvent, readGoodEvent } from "./good-event.js";
import type { AtomicSource } from "./atomic-event.js";
import type { HiddenMark } from "./hidden-mark.js";
import { askAgain, MicroRefusal } from "./micro-refusal.js";
import { newestFirst } from "./newest-first.js";
import { apiOf } from "./raw-event.js";
import { findRequests } from "./request-finder.js";
import type { RequestLog } from "./request-finder.js";
import { readBuckets, readColumns, readTableQuery } from "./table-query.js";

export interface MicroSources {
  readonly reader: Pick<EventReader, "events" | "bad">;
  readonly sql: (
    text: string,
    bounds: { readonly maxRows: number; readonly timeoutMs: number },
  ) => Promise<{ readonly rows: readonly (readonly unknown[])[] }>;
  readonly log: RequestLog;
  readonly schemas: Schemas;
  readonly mark: HiddenMark;
  /** Resolves when everything accepted before the call can be found. */
  readonly settled: () => Promise<void>;
}

export interface MicroAnswer {
  readonly status: number;
  readonly json: string;
}

export interface MicroApi {
  /** The answer to a GET or a POST below `/micro/`; null where nothing is. */
  answer(head: RequestHead, body: Uint8Array): Promise<MicroAnswer | null>;
}

type Reading = (head: RequestHead, body: Uint8Array) => Promise<string>;

const pageEvents = 500;
const countTimeoutMs = 30_000;
/** Of one answer; the newest that fit are given. */
const maxAnswerCharacters = 32 * 1024 * 1024;
const igluPrefix = "/micro/iglu/";

export function createMicroApi(sources: MicroSources): MicroApi {
  const readings: ReadonlyMap<string, Reading> = new Map<string, Reading>([
    ["/micro/all", () => countAll(sources)],
    ["/micro/good", (head, body) => listGood(sources, readGoodFilter(head, body))],
    ["/micro/bad", (head, body) => listBad(sources, head, body)],
    ["/micro/reset", () => reset(sources)],
    ["/micro/events", async (_, body) => tableAnswer(sources, readTableQuery(body), eventsPage)],
    ["/micro/columns", async () => tableAnswer(sources, null, columnsOf)],
    ["/micro/columnStats", async (_, body) => tableAnswer(sources, readColumns(body), columnStats)],
    ["/micro/timeline", async (_, body) => tableAnswer(sources, readBuckets(body), timelineOf)],
    ["/micro/auth-config", async () => JSON.stringify({ domain: "", audience: "", clientId: "", enabled: false })],
  ]);
  return {
    async answer(head, body) {
      if (head.path.startsWith(igluPrefix)) return igluSchema(sources.schemas, head.path.slice(igluPrefix.length));
      const read = readings.get(head.path);
      if (read === undefined) return null;
      try {
        return { status: 200, json: await read(head, body) };
      } catch (error) {
        const { status, code, message } = refusalOf(error);
        return { status, json: JSON.stringify({ error: { code, message } }) };
      }
    },
  };
}

function refusalOf(error: unknown): MicroRefusal {
  if (error instanceof MicroRefusal) return error;
  // The store may be away for a moment; anything else is a defect, and is told as one.
  if (isStoreError(error)) return askAgain("not-settled", "the store cannot be asked now", error);
  throw error;
}

async function settle({ settled }: MicroSources): Promise<void> {
  try {
    await settled();
  } catch (error) {
    throw askAgain("not-settled", "what was accepted is not in the store yet", error);
  }
}

async function countAll(sources: MicroSources): Promise<string> {
  const { sql, mark } = sources;
  await settle(sources);
  const count = (table: string): string =>
    `SELECT CAST(count(*) AS DOUBLE) FROM ${table} WHERE protocol = 'snowplow' AND position >= ${mark.position}`;
  const text = `SELECT (${count("events")}), (${count("bad_events")})`;
  const { rows } = await sql(text, { maxRows: 1, timeoutMs: countTimeoutMs });
  const [good, bad] = (rows[0] ?? []).map(Number);
  return totals(good ?? 0, bad ?? 0);
}

/** Hides what was answered before: its position is below the end of the log. */
async function reset({ log, mark }: MicroSources): Promise<string> {
  try {
    await mark.moveTo(log.durable);
  } catch (error) {
    throw askAgain("not-reset", "what came before is hidden, until the next start only", error);
  }
  return totals(0, 0);
}

function totals(good: number, bad: number): string {
  return JSON.stringify({ total: good + bad, good, bad });
}

async function listGood(sources: MicroSources, filter: GoodFilter): Promise<string> {
  const { reader, log, mark } = sources;
  const list = new AnswerList(filter.limit);
  const query = { ...narrowed(filter), limit: pageEvents };
  await settle(sources);
  for await (const page of newestFirst((cursor) => reader.events({ ...query, ...cursor }), mark.position)) {
    const found = page.map(readGoodEvent).filter((source) => isAskedFor(source, filter));
    const requests = await findRequests(
      log,
      found.slice(0, list.room).map(({ event }) => event.position),
    );
    for (const source of found) {
      if (list.isFull) return list.json();
      list.add(goodEvent(source, requests.get(source.event.position) ?? null));
    }
    if (list.isFull) break;
  }
  return list.json();
}

/** What of the filter the store itself can answer; the rest is looked at event by event. */
function narrowed({ eventId, eventType }: GoodFilter): Partial<EventQuery> {
  const kind = eventType === null ? null : (findEventType(eventType)?.kind ?? null);
  return { ...(eventId === null ? {} : { id: eventId }), ...(kind === null ? {} : { kind }) };
}

function isAskedFor({ type, schema, described }: AtomicSource, filter: GoodFilter): boolean {
  if (filter.eventType !== null && (type === null || type !== findEventType(filter.eventType))) return false;
  if (filter.schema !== null && filter.schema !== schema) return false;
  return filter.contexts.every((uri) => described.entities.some((entity) => entity.schema === uri));
}

async function listBad(sources: MicroSources, head: RequestHead, body: Uint8Array): Promise<string> {
  const { reader, log, mark } = sources;
  const { vendor, version, limit } = readBadFilter(head, body);
  const list = new AnswerList(limit);
  const isAsked = (request: LoggedRequest | null): boolean => {
    const api = apiOf(request);
    return (vendor === null || vendor === api.vendor) && (version === null || version === api.version);
  };
  await settle(sources);
  for await (const page of newestFirst((cursor) => reader.bad({ limit: pageEvents, ...cursor }), mark.position)) {
    const requests = await findRequests(
      log,
      page.map(({ position }) => position),
    );
    for (const bad of page) {
      if (list.isFull) return list.json();
      const request = requests.get(bad.position) ?? null;
      if (isAsked(request)) list.add(await badEvent(bad, request));
    }
  }
  return list.json();
}

/** What is said of the newest events, good and bad. */
async function tableAnswer<T>(
  sources: MicroSources,
  query: T,
  say: (rows: readonly FlatEvent[], query: T) => unknown,
): Promise<string> {
  const { reader, mark } = sources;
  await settle(sources);
  const good = newestFirst((cursor) => reader.events({ limit: pageEvents, ...cursor }), mark.position);
  const bad = newestFirst((cursor) => reader.bad({ limit: pageEvents, ...cursor }), mark.position);
  const rows = [
    ...(await newest(good, (event) => flatGoodEvent(readGoodEvent(event)))),
    ...(await newest(bad, flatBadEvent)),
  ];
  return JSON.stringify(
    say(
      rows.toSorted((one, other) => other.receivedAtMs - one.receivedAtMs),
      query,
    ),
  );
}

/** As many as an answer may hold, by their number and by what was received of them. */
async function newest<T extends { readonly wire: JsonValue }>(
  pages: AsyncIterable<readonly T[]>,
  flat: (item: T) => FlatEvent,
): Promise<FlatEvent[]> {
  const rows: FlatEvent[] = [];
  let characters = 0;
  for await (const page of pages) {
    for (const item of page) {
      characters += JSON.stringify(item.wire).length;
      if (rows.length >= maxLimit || (characters > maxAnswerCharacters && rows.length > 0)) return rows;
      rows.push(flat(item));
    }
  }
  return rows;
}

/** A list written item by item, so that a long one is never in memory twice. */
class AnswerList {
  readonly #limit: number;
  readonly #texts: string[] = [];
  #characters = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get room(): number {
    return this.#limit - this.#texts.length;
  }

  get isFull(): boolean {
    return this.room <= 0 || this.#characters >= maxAnswerCharacters;
  }

  add(item: object): void {
    const text = JSON.stringify(item);
    this.#texts.push(text);
    this.#characters += text.length;
  }

  json(): string {
    return `[${this.#texts.join(",")}]`;
  }
}

/** A schema as a registry gives it: with the name that it has there. */
function igluSchema(schemas: Schemas, path: string): MicroAnswer {
  const self = parseIgluPath(path);
  const schema = self === null ? undefined : schemas.get(igluUri(self));
  if (self === null || schema === undefined) return { status: 404, json: JSON.stringify(schemaNotFound) };
  return { status: 200, json: JSON.stringify({ $schema: metaSchema, self, ...schema }) };
}

const metaSchema = "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#";
const schemaNotFound = { value: { oncewire: { errors: [{ error: "NotFound" }], attempts: 1 } } };
