import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { WireResponse } from "@oncewire/protocol";

/** Writes a whole answer. `closing` ends the connection after it: what the client still sends is not read. */
export function send(
  response: ServerResponse,
  reply: WireResponse,
  extra: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  const headers: OutgoingHttpHeaders = {
    ...extra,
    ...reply.headers,
    ...(reply.cookies === undefined ? {} : { "set-cookie": [...reply.cookies] }),
    "content-length": String(reply.body.byteLength),
  };
  if (!mayHaveBody(reply.status)) {
    const { "content-length": _, ...rest } = headers;
    response.writeHead(reply.status, rest).end();
    return;
  }
  response.writeHead(reply.status, headers).end(reply.body);
}

/** Answers before the body was read whole: the connection cannot be used again. */
export function sendAndClose(
  response: ServerResponse,
  reply: WireResponse,
  extra: Readonly<Record<string, string>> = {},
): void {
  send(response, reply, { ...extra, connection: "close" });
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
