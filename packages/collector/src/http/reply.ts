import type { OutgoingHttpHeader, ServerResponse } from "node:http";
import type { WireHeaders, WireResponse } from "@oncewire/protocol";
import { lingerAfter } from "./lingering.js";

/** Writes a whole answer. */
export function send(
  response: ServerResponse,
  reply: WireResponse,
  extra: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  write(response, reply, extra);
  // The client has said that it is the last one.
  if (!response.shouldKeepAlive) lingerAfter(response);
}

function write(response: ServerResponse, reply: WireResponse, extra: Readonly<Record<string, string>>): void {
  const { status, body, cookies } = reply;
  const headers = listOf(extra, reply.headers);
  if (cookies !== undefined) headers.push("set-cookie", [...cookies]);
  if (!mayHaveBody(status)) {
    response.writeHead(status, headers).end();
    return;
  }
  headers.push("content-length", String(body.byteLength));
  response.writeHead(status, headers);
  if (body.byteLength > maxTextBytes) response.end(body);
  // As text a body goes out in one piece with the head, byte for byte.
  else response.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1"), "latin1");
}

/** Names and values in turn: two objects made into one cost more than everything else here. */
function listOf(extra: WireHeaders, own: WireHeaders): OutgoingHttpHeader[] {
  const list: OutgoingHttpHeader[] = [];
  for (const name in extra) {
    const value = extra[name];
    if (value !== undefined && own[name] === undefined) list.push(name, value);
  }
  for (const name in own) {
    const value = own[name];
    if (value !== undefined) list.push(name, value);
  }
  return list;
}

/** Most answers to events are much shorter; above it a copy costs more than a second piece. */
const maxTextBytes = 1_024;

/** Answers before the body was read whole: the connection cannot be used again, and ends when the client can have read it. */
export function sendAndClose(
  response: ServerResponse,
  reply: WireResponse,
  extra: Readonly<Record<string, string>> = {},
): void {
  send(response, reply, { ...extra, connection: "close" });
  lingerAfter(response);
}

const encoder = new TextEncoder();

export function textReply(status: number, text: string, headers: Readonly<Record<string, string>> = {}): WireResponse {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff", ...headers },
    body: encoder.encode(text),
  };
}

export function jsonReply(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): WireResponse {
  return {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      ...headers,
    },
    body: encoder.encode(JSON.stringify(value)),
  };
}

function mayHaveBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}
