/**
 * What became of an id: where it is stored, and each time it came, as far back as the accept log reaches. The log is
 * searched for the text of the id, and for what stands for it on Snowplow's wire; what a request holds under it is known
 * only when the request is decoded.
 */
import { eventIdOf } from "@oncewire/protocol/snowplow";
import type { CollectorClient } from "../collector-client.js";
import { createLogDecoder } from "../delivering/log-decoder.js";
import type { LogDecoder, LoggedRequest } from "../delivering/log-decoder.js";

export interface Explanation {
  readonly id: string;
  readonly stored: readonly StoredEvent[];
  readonly arrivals: readonly Fate[];
  /** Requests that hold the text, too, and were not looked into: there are too many. */
  readonly unexamined: number;
  /** The log is kept from this position on; what came before cannot be listed. */
  readonly logFirst: number;
}

export interface StoredEvent {
  readonly position: number;
  readonly project: string;
  readonly kind: string;
  readonly name: string | null;
  readonly time: string;
}

/** `gone`: it was in the store, which no longer keeps it. `mentioned`: the text stands there, but is no event's id. */
export interface Fate extends Arrival {
  readonly outcome: "stored" | "duplicate" | "bad" | "pending" | "gone" | "mentioned";
  readonly detail: string;
}

interface Arrival {
  readonly position: number;
  readonly protocol: string;
  readonly route: string;
  readonly project: string;
  readonly receivedAt: string;
}

interface Bad {
  readonly position: number;
  readonly code: string;
  readonly message: string;
}

const maxExamined = 1_000;

export async function explainId(client: CollectorClient, id: string): Promise<Explanation> {
  const { items: stored } = await client.get<{ items: StoredEvent[] }>("/api/events", { id, limit: 1_000 });
  const bad = await badWhere(client, `id = ${sqlText(id)}`);
  const log = await searchLog(client, id);
  const derived = await requestsOf(client, [...stored, ...bad], log);
  const all = [...log.arrivals, ...derived].toSorted((one, other) => one.position - other.position);
  const arrivals = all.slice(0, maxExamined);
  const known = { stored, bad: [...bad, ...(await badAt(client, arrivals, id))], loadedTo: log.loadedTo };
  const beyondLog = bad.filter(({ position }) => !all.some((one) => one.position === position)).map(fateOfBad);
  const fates: Fate[] = [];
  const examiner = { client, id, decode: createLogDecoder() };
  for (const arrival of arrivals) {
    const outcome = plainOutcome(arrival, known) ?? outcomeOf(arrival, known, await holdsEvent(examiner, arrival));
    fates.push({ ...withoutBody(arrival), ...outcome });
  }
  return {
    id,
    stored,
    arrivals: [...beyondLog, ...fates],
    unexamined: all.length - arrivals.length,
    logFirst: log.first,
  };
}

interface Known {
  readonly stored: readonly StoredEvent[];
  readonly bad: readonly Bad[];
  readonly loadedTo: number;
}

type Outcome = Pick<Fate, "outcome" | "detail">;

/** What the store knows of the request itself; null when it has to be decoded. */
function plainOutcome({ position }: Arrival, { stored, bad }: Known): Outcome | null {
  if (stored.some((one) => one.position === position)) return { outcome: "stored", detail: "" };
  const refused = bad.find((one) => one.position === position);
  return refused === undefined ? null : { outcome: "bad", detail: `${refused.code}: ${refused.message}` };
}

function outcomeOf({ position, project }: Arrival, { stored, loadedTo }: Known, isEvent: boolean): Outcome {
  if (!isEvent) return { outcome: "mentioned", detail: "the request holds this text, but not as an event's id" };
  const earlier = stored.filter((one) => one.position < position);
  const first = earlier.find((one) => one.project === project) ?? earlier[0];
  if (first !== undefined) return { outcome: "duplicate", detail: `of the event stored at position ${first.position}` };
  if (position >= loadedTo) return { outcome: "pending", detail: "accepted, and not in the store yet" };
  return { outcome: "gone", detail: "it was stored, and the store no longer keeps it" };
}

function fateOfBad({ position, code, message }: Bad): Fate {
  const nowhere = { protocol: "", route: "", project: "", receivedAt: "" };
  return { position, ...nowhere, outcome: "bad", detail: `${code}: ${message}` };
}

function withoutBody({ position, protocol, route, project, receivedAt }: Arrival): Arrival {
  return { position, protocol, route, project, receivedAt };
}

interface Examiner {
  readonly client: CollectorClient;
  readonly id: string;
  readonly decode: LogDecoder;
}

async function holdsEvent({ client, id, decode }: Examiner, { position }: Arrival): Promise<boolean> {
  const request = await requestAt(client, position);
  return request !== undefined && (decode(request)?.events.some((event) => event.id === id) ?? false);
}

async function requestAt(client: CollectorClient, position: number): Promise<LoggedRequest | undefined> {
  const { items } = await client.get<{ items: readonly LoggedRequest[] }>("/api/requests", {
    from: position,
    limit: 1,
  });
  return items.find((one) => one.position === position);
}

interface LogSearch {
  readonly arrivals: readonly Arrival[];
  readonly first: number;
  readonly loadedTo: number;
}

async function searchLog(client: CollectorClient, id: string): Promise<LogSearch> {
  const { pending } = await client.get<{ pending: number }>("/api/stats");
  const arrivals: Arrival[] = [];
  const containing = [...new Set([id, eventIdOf(id)])];
  let next: number | null = 0;
  let [first, durable] = [0, 0];
  while (next !== null) {
    const page: { items: Arrival[]; next: number | null; first: number; durable: number } = await client.get(
      "/api/requests",
      { from: next, limit: 1_000, containing },
    );
    arrivals.push(...page.items);
    ({ next, first, durable } = page);
  }
  // Pending are events and not requests, so this is the least it can be: nothing stored is called pending by it.
  return { arrivals, first, loadedTo: pending === 0 ? durable : durable - pending };
}

/** The requests behind ids that did not come with them: the collector gave them. */
async function requestsOf(
  client: CollectorClient,
  found: readonly { readonly position: number }[],
  { arrivals, first }: LogSearch,
): Promise<readonly Arrival[]> {
  const listed = new Set(arrivals.map(({ position }) => position));
  const positions = found.map(({ position }) => position).filter((one) => one >= first && !listed.has(one));
  const requests = await Promise.all([...new Set(positions)].map((position) => requestAt(client, position)));
  return requests.filter((request) => request !== undefined);
}

function badAt(client: CollectorClient, arrivals: readonly Arrival[], id: string): Promise<readonly Bad[]> {
  const positions = arrivals.map(({ position }) => position);
  if (positions.length === 0) return Promise.resolve([]);
  return badWhere(client, `position IN (${positions.join(", ")}) AND contains(wire, ${sqlText(id)})`);
}

async function badWhere(client: CollectorClient, where: string): Promise<readonly Bad[]> {
  const query = `SELECT CAST(position AS DOUBLE), code, message FROM bad_events WHERE ${where} ORDER BY position`;
  const { rows } = await client.get<{ rows: readonly (readonly [number, string, string])[] }>("/api/sql", { query });
  return rows.map(([position, code, message]) => ({ position, code, message }));
}

function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
