/** Every path the collector answers, in one place. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Receiver, RequestHead, WireResponse } from "@oncewire/protocol";
import { listBad, listEvents } from "../api/events-api.js";
import type { ApiAnswer } from "../api/events-api.js";
import type { LiveFeed } from "../live/live-feed.js";
import type { EventReader } from "../store/event-store.js";
import { isStoreError } from "../store/store-error.js";
import type { ReadAccess } from "./access.js";
import type { IngestHandler } from "./ingest-handler.js";
import type { LivePage } from "./page.js";
import { jsonReply, send, textReply } from "./reply.js";
import { isHeadProblem, readHead } from "./request-head.js";
import { createRouteTable } from "./route-table.js";

export interface RouterParts {
  readonly receivers: readonly Receiver[];
  readonly ingest: IngestHandler;
  readonly store: EventReader;
  readonly live: LiveFeed;
  readonly access: ReadAccess;
  readonly page: LivePage;
  readonly stats: () => unknown;
  readonly health: () => Health;
}

/** Whether the collector can do its work; `accepting` false means senders are told to come back later. */
export interface Health {
  readonly accepting: boolean;
  readonly fault: string | null;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

type Reading = (head: RequestHead) => Promise<ApiAnswer>;

export function createRouter(parts: RouterParts): Handler {
  const findRoute = createRouteTable(parts.receivers);
  const readings: ReadonlyMap<string, Reading> = new Map<string, Reading>([
    ["/api/events", (head) => listEvents(parts.store, head)],
    ["/api/bad", (head) => listBad(parts.store, head)],
    ["/api/stats", () => Promise.resolve({ status: 200, value: parts.stats() })],
  ]);

  return async (request, response) => {
    const head = readHead(request);
    if (isHeadProblem(head)) return send(response, textReply(head.status, `${head.message}\n`));
    const found = isOwnPath(readings, parts.page, head.path) ? null : findRoute(head);
    // A path that brings events also answers a browser's question whether it may.
    if (found !== null && head.method !== "OPTIONS") return parts.ingest({ ...found, head, request, response });
    request.resume();
    if (found !== null) return send(response, noContent, found.receiver.headers(head));
    const remote = request.socket.remoteAddress ?? "";
    const open = openReply(parts, head);
    if (open !== null) return send(response, open);
    return answerReader({ parts, readings, head, remote, request, response });
  };
}

function isOwnPath(readings: ReadonlyMap<string, Reading>, page: LivePage, path: string): boolean {
  return readings.has(path) || path === livePath || page.file(path) !== null;
}

interface ReaderExchange {
  readonly parts: RouterParts;
  readonly readings: ReadonlyMap<string, Reading>;
  readonly head: RequestHead;
  readonly remote: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answerReader({ parts, readings, head, remote, request, response }: ReaderExchange): Promise<void> {
  const reading = readings.get(head.path);
  const page = parts.page.file(head.path);
  const isLive = head.path === livePath;
  if (reading === undefined && page === null && !isLive) return send(response, notFound);
  if (head.method !== "GET") return send(response, textReply(405, "", { allow: "GET" }));
  const refused = parts.access.refuse(head, remote);
  if (refused !== null) return send(response, refused);
  if (isLive) return parts.live.subscribe(request, response);
  if (page !== null) return send(response, page);
  const { status, value } = await answerOf(reading, head);
  return send(response, jsonReply(status, value));
}

/** The store may be away for a moment, or refuse what only it can judge, such as a cursor. */
async function answerOf(reading: Reading | undefined, head: RequestHead): Promise<ApiAnswer> {
  if (reading === undefined) return { status: 404, value: null };
  try {
    return await reading(head);
  } catch (error) {
    if (!isStoreError(error)) throw error;
    return {
      status: error.code === "invalid-query" ? 400 : 503,
      value: { error: { code: error.code, message: error.message } },
    };
  }
}

const livePath = "/api/live";
const notFound = textReply(404, "404 page not found\n");
const noContent: WireResponse = { status: 204, headers: {}, body: new Uint8Array() };
const robots = textReply(200, "User-agent: * \nDisallow: / \n");

/** What anyone may ask: health and robots. A browser at `/` gets the page instead. */
function openReply(parts: RouterParts, head: RequestHead): WireResponse | null {
  if (head.method !== "GET") return null;
  if (head.path === "/robots.txt") return robots;
  const wantsPage = (head.headers["accept"] ?? "").includes("text/html");
  if (head.path === "/health" || (head.path === "/" && !wantsPage)) return healthReply(parts.health());
  return null;
}

/** The words are those of RudderStack's gateway, whose clients and probes read them. */
function healthReply({ accepting, fault }: Health): WireResponse {
  const word = accepting ? "TRUE" : "FALSE";
  const value = {
    appType: "EMBEDDED",
    server: "UP",
    db: accepting ? "UP" : "DOWN",
    acceptingEvents: word,
    routingEvents: "TRUE",
    mode: "NORMAL",
    ...(fault === null ? {} : { fault }),
  };
  return jsonReply(accepting ? 200 : 503, value, accepting ? {} : { "retry-after": "5" });
}
