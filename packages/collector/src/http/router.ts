/** Every path the collector answers, in one place. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Receiver, RequestHead, WireResponse } from "@oncewire/protocol";
import { listBad, listEvents } from "../api/events-api.js";
import { metricsContentType } from "../api/metrics.js";
import { openApiDocument } from "../api/open-api.js";
import { listSessions, readPerson } from "../api/people-api.js";
import type { PeopleReader } from "../api/people-api.js";
import { BadQuery } from "../api/query-reader.js";
import { listRequests } from "../api/requests-api.js";
import type { LogReader } from "../api/requests-api.js";
import { countEvents, runSql } from "../api/sql-api.js";
import type { SqlReader } from "../api/sql-api.js";
import type { LiveFeed } from "../live/live-feed.js";
import type { EventReader } from "../store/event-store.js";
import { isStoreError } from "../store/store-error.js";
import type { StoreErrorCode } from "../store/store-error.js";
import type { CutReason } from "../report.js";
import type { ReadAccess } from "./access.js";
import { gatewayReply, healthReply } from "./health.js";
import type { Health } from "./health.js";
import type { IngestHandler } from "./ingest-handler.js";
import { microPrefix } from "./micro-handler.js";
import type { MicroHandler } from "./micro-handler.js";
import type { LivePage } from "./page.js";
import { jsonReply, send, textReply } from "./reply.js";
import { isHeadProblem, readHead, refuseHead } from "./request-head.js";
import type { HeadProblem } from "./request-head.js";
import { createRouteTable } from "./route-table.js";
import type { FoundRoute } from "./route-table.js";
import { versionReply } from "./version.js";
import type { ShowHandler } from "./show-handler.js";

export interface RouterParts {
  readonly receivers: readonly Receiver[];
  readonly ingest: IngestHandler;
  readonly store: EventReader;
  readonly sql: SqlReader;
  readonly log: LogReader;
  readonly live: LiveFeed;
  readonly micro: MicroHandler;
  readonly people: PeopleReader;
  readonly show: ShowHandler;
  readonly access: ReadAccess;
  readonly page: LivePage;
  readonly stats: () => unknown;
  readonly metrics: () => string;
  readonly health: () => Health;
  /** Told of a connection that is ended because of what came on it. */
  readonly onCut: (reason: CutReason) => void;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

type Reading = (head: RequestHead) => Promise<WireResponse>;

export function createRouter(parts: RouterParts): Handler {
  const findRoute = createRouteTable(parts.receivers);
  const readings = readingsOf(parts);

  return (request, response) => {
    const head = readHead(request);
    const found = isHeadProblem(head) ? null : findRoute(head);
    if (isHeadProblem(head) || found === null || head.method === "OPTIONS") {
      return answer({ parts, readings, head, found, request, response });
    }
    const { receiver, route } = found;
    return parts.ingest({ receiver, route, head, request, response });
  };
}

interface OtherExchange extends Omit<ReaderExchange, "head"> {
  readonly head: RequestHead | HeadProblem;
  readonly found: FoundRoute | null;
}

/** Whatever brings no events. */
async function answer({ head, found, ...exchange }: OtherExchange): Promise<void> {
  const { parts, request, response } = exchange;
  if (isHeadProblem(head)) return refuseHead(head, response, parts.onCut);
  if (head.path.startsWith(microPrefix)) return parts.micro({ head, request, response });
  const shown = parts.show({ head, request, response });
  if (shown !== null) return shown;
  passOver(request, response);
  // A path that brings events also answers a browser's question whether it may.
  if (found !== null) return send(response, preflightReply(found.receiver), found.receiver.headers(head));
  const open = openReply(parts, head);
  if (open !== null) return send(response, open);
  return answerReader({ ...exchange, head });
}

/** A short body is passed over, so that the connection can be used again; a long one, or one without end, is not worth it. */
function passOver(request: IncomingMessage, response: ServerResponse): void {
  const { "content-length": length = "0", "transfer-encoding": coding } = request.headers;
  if (coding !== undefined || Number(length) > maxPassedOverBytes) response.shouldKeepAlive = false;
  request.resume();
}

const maxPassedOverBytes = 64 * 1024;

/** What is asked of the store and of the collector itself, by those who may read. */
function readingsOf({ store, sql, people, log, stats, metrics }: RouterParts): ReadonlyMap<string, Reading> {
  return new Map<string, Reading>([
    ["/api/events", (head) => answered(() => listEvents(store, head))],
    ["/api/bad", (head) => answered(() => listBad(store, head))],
    ["/api/counts", (head) => answered(() => countEvents(sql, head))],
    ["/api/profiles", (head) => answered(() => readPerson(people, head))],
    ["/api/sessions", (head) => answered(() => listSessions(people, head))],
    ["/api/sql", (head) => answered(() => runSql(sql, head))],
    ["/api/requests", (head) => answered(() => listRequests(log, head))],
    ["/api/stats", () => Promise.resolve(jsonReply(200, stats()))],
    ["/api/openapi.json", () => Promise.resolve(jsonReply(200, openApiDocument()))],
    ["/metrics", () => Promise.resolve(textReply(200, metrics(), { "content-type": metricsContentType }))],
  ]);
}

interface ReaderExchange {
  readonly parts: RouterParts;
  readonly readings: ReadonlyMap<string, Reading>;
  readonly head: RequestHead;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answerReader({ parts, readings, head, request, response }: ReaderExchange): Promise<void> {
  const reading = readings.get(head.path);
  const page = parts.page.file(head.path);
  const isLive = head.path === livePath;
  if (reading === undefined && page === null && !isLive) return send(response, notFound);
  if (head.method !== "GET") return send(response, textReply(405, "", { allow: "GET" }));
  const refused = parts.access.refuse(head, request.socket.remoteAddress ?? "");
  if (refused !== null) return send(response, refused);
  if (isLive) return parts.live.subscribe(request, response);
  if (page !== null) return send(response, page);
  return send(response, reading === undefined ? notFound : await reading(head));
}

/** The store may be away for a moment, or refuse what only it can judge, such as a cursor. */
async function answered(ask: () => Promise<unknown>): Promise<WireResponse> {
  try {
    return jsonReply(200, await ask());
  } catch (error) {
    if (error instanceof BadQuery) return problem(400, "invalid-query", error.message);
    if (!isStoreError(error)) throw error;
    return problem(storeErrorStatus[error.code] ?? 503, error.code, error.message);
  }
}

/** What the question is to blame for; for anything else it may be asked again. */
const storeErrorStatus: Partial<Record<StoreErrorCode, number>> = {
  "invalid-query": 400,
  "sql-refused": 400,
  "sql-failed": 400,
  "sql-timeout": 504,
};

function problem(status: number, code: string, message: string): WireResponse {
  return jsonReply(status, { error: { code, message } });
}

const livePath = "/api/live";
const notFound = textReply(404, "404 page not found\n");

function preflightReply({ preflightStatus = 204 }: Receiver): WireResponse {
  return { status: preflightStatus, headers: {}, body: new Uint8Array() };
}

const robots = textReply(200, "User-agent: * \nDisallow: / \n");

/** What anyone may ask: health, version and robots. A browser at `/` gets the page instead. */
function openReply(parts: RouterParts, head: RequestHead): WireResponse | null {
  if (head.method !== "GET") return null;
  if (head.path === "/robots.txt") return robots;
  if (head.path === "/version") return versionReply;
  const wantsPage = (head.headers["accept"] ?? "").includes("text/html");
  if (head.path === "/" && !wantsPage) return gatewayReply(parts.health());
  return healthReply(head.path, parts.health);
}
