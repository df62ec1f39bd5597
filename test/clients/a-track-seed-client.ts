/**
 * A client written from the page of A-Track's SDK and nothing else: it sends the bodies of the "suggested backend
 * contract" over plain HTTP, each in the ways in which HTTP libraries of several languages would.
 */
import { once } from "node:events";
import * as http from "node:http";
import { gzipSync } from "node:zlib";

export interface SeedAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** How a library sends a body. */
export interface SendingStyle {
  readonly name: string;
  readonly headers: http.OutgoingHttpHeaders;
  readonly gzip?: boolean;
  /** In several chunks, with no length said beforehand. */
  readonly chunked?: boolean;
}

export const sendingStyles: readonly SendingStyle[] = [
  { name: "reqwest (Rust)", headers: { "content-type": "application/json", accept: "*/*" } },
  {
    name: "urllib (Python)",
    headers: { "content-type": "application/json", "user-agent": "Python-urllib/3.12", connection: "close" },
  },
  {
    name: "fetch (Node)",
    headers: { "content-type": "application/json", accept: "*/*", "sec-fetch-mode": "cors", "user-agent": "node" },
  },
  {
    name: "net/http (Go)",
    headers: { "content-type": "application/json", "user-agent": "Go-http-client/1.1" },
    chunked: true,
  },
  { name: "HttpClient (.NET)", headers: { "content-type": "application/json; charset=utf-8" }, chunked: true },
  { name: "curl (PHP)", headers: { "content-type": "application/json", expect: "100-continue" } },
  {
    name: "a page (browser)",
    headers: { "content-type": "application/json", origin: "https://shop.example", cookie: "session=1" },
  },
  { name: "a library that says no type", headers: {} },
  {
    name: "a library that packs",
    headers: { "content-type": "application/json", "content-encoding": "gzip" },
    gzip: true,
  },
];

/** The bodies of the page, as they stand there. */
export const seedBodies = {
  "/init": {
    sdkVersion: "0.1.0",
    uuid: "0d54...",
    isNewUser: true,
    mode: "merge",
    context: {},
    attributes: {},
    profile: {},
  },
  "/attributes": {
    sdkVersion: "0.1.0",
    uuid: "0d54...",
    mode: "merge",
    attributes: { plan: "business" },
    profile: {},
  },
  "/event": {
    sdkVersion: "0.1.0",
    uuid: "0d54...",
    event: "invoice_paid",
    attributes: {},
    timestamp: "2026-04-08T12:00:00.000Z",
    context: {},
  },
} as const;

export async function post(
  target: { readonly url: string; readonly key: string | undefined },
  path: string,
  { style, body }: { readonly style: SendingStyle; readonly body: unknown },
): Promise<SeedAnswer> {
  const text = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const bytes = style.gzip === true ? gzipSync(text) : text;
  const key = target.key === undefined ? {} : { "x-a-track-key": target.key };
  const length = style.chunked === true ? {} : { "content-length": bytes.byteLength };
  const request = http.request(target.url + path, { method: "POST", headers: { ...style.headers, ...key, ...length } });
  const answered = once(request, "response");
  if (style.headers.expect !== undefined) {
    request.flushHeaders();
    await once(request, "continue");
  }
  if (style.chunked === true) request.write(bytes.subarray(0, 10));
  request.end(style.chunked === true ? bytes.subarray(10) : bytes);
  return readAnswer(answered);
}

/** What a browser asks before it lets a page send. */
export async function preflight(url: string, path: string): Promise<SeedAnswer> {
  const headers = {
    origin: "https://shop.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,x-a-track-key",
  };
  const request = http.request(url + path, { method: "OPTIONS", headers });
  const answered = once(request, "response");
  request.end();
  return readAnswer(answered);
}

async function readAnswer(answered: Promise<unknown[]>): Promise<SeedAnswer> {
  const [response] = (await answered) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { statusCode: status = 0, headers } = response;
  return { status, headers, text: Buffer.concat(chunks).toString("utf8") };
}
